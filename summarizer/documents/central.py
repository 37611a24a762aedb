"""Tell how central each sentence is to its document.

Source: continuous LexRank, Erkan & Radev 2004, "LexRank: Graph-based Lexical Centrality as
Salience in Text Summarization", equations 1 (cosine of TF-IDF) and 5 (the walk), with all
similarities between different sentences as weights.
"""

from collections.abc import Sequence

import numpy as np

DAMPING = 0.15  # how often the walk begins anew anywhere
STEPS = 100
CLOSE = 1e-6  # of the sum 1


def centrality(sentences: Sequence[Sequence[int]]) -> np.ndarray:
    """Return how often a random walk from sentence to similar sentence comes by each.

    Memory and time grow with the number of terms: the similarities are never all written down.

    Args:
        sentences: the terms of each, as numbers; one without terms is like no other.

    Returns:
        float64 [n], above 0, sum 1 (empty where there are no sentences).
    """
    n = len(sentences)
    if not n:
        return np.zeros(0)
    row = np.repeat(np.arange(n), [len(s) for s in sentences])
    terms = np.concatenate([np.asarray(s, np.int64) for s in sentences])
    names, term = np.unique(terms, return_inverse=True)
    cell, count = np.unique(row * len(names) + term, return_counts=True)
    row, term = cell // max(len(names), 1), cell % max(len(names), 1)
    spread = np.bincount(term, minlength=len(names))  # sentences with the term
    weight = count * np.log((1 + n) / spread[term])  # above 0 also for a term of every sentence
    weight = weight / np.sqrt(np.bincount(row, weight**2, n))[row]

    # None to itself: a sentence that is like no other would keep whoever comes by.
    filled = np.bincount(row, minlength=n) > 0

    def similarities_times(vector: np.ndarray) -> np.ndarray:
        by_term = np.bincount(term, weight * vector[row], len(names))
        product: np.ndarray = np.bincount(row, weight * by_term[term], n) - vector * filled
        return product.clip(min=0)

    degree = np.maximum(similarities_times(np.ones(n)), 1e-12)
    rank = np.full(n, 1 / n)
    for _ in range(STEPS):
        following = DAMPING / n + (1 - DAMPING) * similarities_times(rank / degree)
        following /= following.sum()
        if np.abs(following - rank).sum() < CLOSE:
            return following
        rank = following
    return rank
