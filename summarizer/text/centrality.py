"""Centrality of each sentence in its document, by LexRank and TextRank.

Both rank sentences by how often a random walk between similar sentences visits them. They differ in
the similarity.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

DAMPING = 0.15  # probability that the walk restarts at a random sentence
MAX_STEPS = 100
TOLERANCE = 1e-6  # sum of absolute changes of a step at which the walk has converged

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def centrality(sentences: Sequence[Sequence[int]]) -> Floats:
    """Return the LexRank centrality of each sentence.

    Source: continuous LexRank, Erkan & Radev 2004, "LexRank: Graph-based Lexical Centrality as
    Salience in Text Summarization", equations 1 (cosine of TF-IDF) and 5 (the walk), with all
    similarities between different sentences as weights.

    Memory and time grow with the number of terms: the matrix of similarities is never built.

    Args:
        sentences: term ids of each sentence. A sentence without terms is similar to no other.

    Returns:
        float64 [n], above 0, sum 1 ([0] without sentences).
    """
    n = len(sentences)
    row, term, size = _terms(sentences)
    cell, count = np.unique(row * size + term, return_counts=True)
    row, term = cell // size, cell % size
    document_frequency = np.bincount(term, minlength=size)  # sentences with the term
    weight = count * np.log((1 + n) / document_frequency[term])  # above 0 also for a common term
    weight = weight / np.sqrt(np.bincount(row, weight**2, n))[row]

    # A sentence is not similar to itself: one that is similar to no other would keep the walk.
    has_terms = np.bincount(row, minlength=n) > 0

    def similarities_times(vector: Floats) -> Floats:
        by_term = np.bincount(term, weight * vector[row], size)
        product: Floats = np.bincount(row, weight * by_term[term], n) - vector * has_terms
        return product.clip(min=0)

    return _walk(similarities_times, n)


def textrank(sentences: Sequence[Sequence[int]]) -> Floats:
    """Return the TextRank centrality of each sentence.

    Source: Mihalcea & Tarau 2004, "TextRank: Bringing Order into Texts", section 4: the number of
    terms that two sentences share, divided by the sum of the logarithms of their lengths. The sum
    is 0 if both sentences have one term; it is then replaced by 1.

    The matrix of similarities is built: memory grows with n squared, time with n squared and the
    number of terms.

    Args:
        sentences: term ids of each sentence. A sentence without terms is similar to no other.

    Returns:
        float64 [n], above 0, sum 1 ([0] without sentences).
    """
    row, term, size = _terms(sentences)
    has_term = np.zeros((len(sentences), size), np.float32)
    has_term[row, term] = 1
    shared = (has_term @ has_term.T).astype(np.float64)
    np.fill_diagonal(shared, 0)
    log_lengths = np.log([max(len(sentence), 1) for sentence in sentences])
    sums = log_lengths[:, None] + log_lengths
    weights = shared / np.where(sums > 0, sums, 1)
    return _walk(lambda vector: weights @ vector, len(sentences))


def _terms(sentences: Sequence[Sequence[int]]) -> tuple[Ints, Ints, int]:
    """Return (sentence of each term, dense id of each term, number of different terms).

    Both arrays are int64 [total number of terms].
    """
    row = np.repeat(np.arange(len(sentences)), np.array([len(s) for s in sentences], np.int64))
    terms = np.concatenate([np.zeros(0, np.int64), *(np.asarray(s, np.int64) for s in sentences)])
    names, term = np.unique(terms, return_inverse=True)
    return row, term, max(len(names), 1)


def _walk(similarities_times: Callable[[Floats], Floats], n: int) -> Floats:
    """Return the stationary probabilities of the walk, float64 [n].

    Args:
        similarities_times: multiplies the symmetric similarities, float64 [n, n], by a vector.
        n: number of sentences.
    """
    degree = similarities_times(np.ones(n))
    degree[degree < 1e-9] = np.inf  # similar to no other, apart from rounding: a dead end
    rank = np.full(n, 1 / max(n, 1))
    for _ in range(MAX_STEPS if n else 0):
        following = DAMPING / n + (1 - DAMPING) * similarities_times(rank / degree)
        following /= following.sum()
        if np.abs(following - rank).sum() < TOLERANCE:
            return following
        rank = following
    return rank
