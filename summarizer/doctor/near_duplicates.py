"""Find nearly equal texts in a large collection with MinHash signatures.

A text is treated as the set of its windows of 32 bytes of letters and digits: about seven words of
English, 16 letters of Russian or ten characters of Chinese. The resemblance of two texts is the
Jaccard similarity of their sets. The share of equal values in two signatures of 64 values estimates
it with a standard error of at most 0.0625.

Source: Broder (1997), "On the resemblance and containment of documents", sections 2 and 3.
"""

import numpy as np
from numpy.typing import NDArray

WINDOW = 32  # bytes
SIGNATURE_SIZE = 64  # values; even, because a band has two
EMPTY = 2**32 - 1  # all values of the signature of a text without a window

_CHUNK = 1 << 16  # pairs compared at once


def signature(letters: bytes) -> NDArray[np.uint32]:
    """Return the MinHash signature of a text, uint32 [SIGNATURE_SIZE].

    Args:
        letters: letters and digits of the text, as `fingerprints.letters` returns them.
    """
    import rensa

    minhash = rensa.RMinHash(num_perm=SIGNATURE_SIZE, seed=0)
    minhash.update(letters[i : i + WINDOW] for i in range(len(letters) - WINDOW + 1))
    return np.array(minhash.digest(), np.uint32)


def find_near_duplicates(signatures: NDArray[np.uint32], threshold: float) -> NDArray[np.int64]:
    """Return pairs of texts whose estimated resemblance reaches a threshold.

    Two texts are compared if a band of two values is equal in both signatures. Texts with
    resemblance 0.5 share one of the 32 bands with probability 1 - (1 - 0.25)^32 = 0.9999. Among
    the texts that share a band, each is compared with the first and with the previous one only: the
    work stays linear in the number of texts, and nearly every text that has a near-duplicate is
    paired with one of them.

    Args:
        signatures: uint32 [n, SIGNATURE_SIZE].
        threshold: resemblance, 0 to 1.

    Returns:
        int64 [m, 2], rows of `signatures`, each pair once, the smaller row first.
    """
    rows = np.flatnonzero((signatures != EMPTY).any(axis=1))
    signatures = np.ascontiguousarray(signatures[rows])
    pairs = [np.zeros((0, 2), np.int64)]
    for band in signatures.view(np.uint64).T:
        candidates = _candidates(band)
        pairs.append(candidates[_resemblance(signatures, candidates) >= threshold])
    return rows[np.unique(np.concatenate(pairs), axis=0)]


def _candidates(band: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Pair each text with the first and the previous text that have the same band, int64 [m, 2]."""
    order = np.argsort(band, kind="stable")
    values = band[order]
    repeats = np.flatnonzero(values[1:] == values[:-1]) + 1
    group_starts = np.arange(len(values))
    group_starts[repeats] = 0
    group_starts = np.maximum.accumulate(group_starts)
    earlier = np.concatenate([order[repeats - 1], order[group_starts[repeats]]])
    return np.stack([earlier, np.tile(order[repeats], 2)], axis=1)


def _resemblance(signatures: NDArray[np.uint32], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Estimate the resemblance of pairs of texts, float64 [m], from their signatures."""
    estimates = np.empty(len(pairs))
    for begin in range(0, len(pairs), _CHUNK):
        first, second = pairs[begin : begin + _CHUNK].T
        equal = signatures[first] == signatures[second]
        estimates[begin : begin + _CHUNK] = equal.mean(axis=1)
    return estimates
