"""Tell how central each sentence is to its document.

A random walk goes from sentence to similar sentence; the more central one is, the more often the
walk comes by. LexRank and TextRank differ in what they call similar.
"""

from collections.abc import Callable, Sequence

import numpy as np

DAMPING = 0.15  # how often the walk begins anew anywhere
STEPS = 100
CLOSE = 1e-6  # of the sum 1


def centrality(sentences: Sequence[Sequence[int]]) -> np.ndarray:
    """Return how central each sentence is by LexRank.

    Source: continuous LexRank, Erkan & Radev 2004, "LexRank: Graph-based Lexical Centrality as
    Salience in Text Summarization", equations 1 (cosine of TF-IDF) and 5 (the walk), with all
    similarities between different sentences as weights.

    Memory and time grow with the number of terms: the similarities are never all written down.

    Args:
        sentences: the terms of each, as numbers; one without terms is like no other.

    Returns:
        float64 [n], above 0, sum 1 (empty where there are no sentences).
    """
    n = len(sentences)
    row, term, size = _terms(sentences)
    cell, count = np.unique(row * size + term, return_counts=True)
    row, term = cell // size, cell % size
    spread = np.bincount(term, minlength=size)  # sentences with the term
    weight = count * np.log((1 + n) / spread[term])  # above 0 also for a term of every sentence
    weight = weight / np.sqrt(np.bincount(row, weight**2, n))[row]

    # None to itself: a sentence that is like no other would keep whoever comes by.
    filled = np.bincount(row, minlength=n) > 0

    def similarities_times(vector: np.ndarray) -> np.ndarray:
        by_term = np.bincount(term, weight * vector[row], size)
        product: np.ndarray = np.bincount(row, weight * by_term[term], n) - vector * filled
        return product.clip(min=0)

    return _walk(similarities_times, n)


def textrank(sentences: Sequence[Sequence[int]]) -> np.ndarray:
    """Return how central each sentence is by TextRank.

    Source: Mihalcea & Tarau 2004, "TextRank: Bringing Order into Texts", section 4: the terms that
    two sentences share, over the sum of the logarithms of their lengths. Where that sum is 0, both
    are of one term; it is taken as 1 there.

    All similarities are written down: memory grows with the square of n, time with that and the
    number of terms.

    Args:
        sentences: the terms of each, as numbers; one without terms is like no other.

    Returns:
        float64 [n], above 0, sum 1 (empty where there are no sentences).
    """
    row, term, size = _terms(sentences)
    held = np.zeros((len(sentences), size), np.float32)
    held[row, term] = 1
    shared = (held @ held.T).astype(np.float64)
    np.fill_diagonal(shared, 0)
    logs = np.log([max(len(sentence), 1) for sentence in sentences])
    sums = logs[:, None] + logs
    weights = shared / np.where(sums > 0, sums, 1)
    return _walk(lambda vector: weights @ vector, len(sentences))


def _terms(sentences: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray, int]:
    """The sentence and the number of each term from 0 on, int64 [terms]; how many there are."""
    row = np.repeat(np.arange(len(sentences)), np.array([len(s) for s in sentences], np.int64))
    terms = np.concatenate([np.zeros(0, np.int64), *(np.asarray(s, np.int64) for s in sentences)])
    names, term = np.unique(terms, return_inverse=True)
    return row, term, max(len(names), 1)


def _walk(similarities_times: Callable[[np.ndarray], np.ndarray], n: int) -> np.ndarray:
    """How often a walk comes by each of n sentences.

    Args:
        similarities_times: multiplies the symmetric similarities, float64 [n, n], by a vector.
        n: sentences.
    """
    degree = similarities_times(np.ones(n))
    degree[degree < 1e-9] = np.inf  # like no other but for rounding: nobody goes on from there
    rank = np.full(n, 1 / max(n, 1))
    for _ in range(STEPS if n else 0):
        following = DAMPING / n + (1 - DAMPING) * similarities_times(rank / degree)
        following /= following.sum()
        if np.abs(following - rank).sum() < CLOSE:
            return following
        rank = following
    return rank
