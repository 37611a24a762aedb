"""Finds texts that are nearly the same among very many, from a few numbers of each.

A text is the set of its windows of 32 bytes of letters and digits: some seven words of English, 16
letters of Russian, ten characters of Chinese. Two texts resemble each other by the share of windows
that they have in common. A sketch is the 16 smallest hashes of a text's windows, and the share
among the 16 smallest of two sketches together estimates the resemblance: with a standard deviation
of at most 0.13.

Source: Broder (1997), "On the resemblance and containment of documents", sections 2 and 3.
"""

from typing import Any

import numpy as np

WINDOW = 32  # bytes; a power of two
KEPT = 16  # hashes of a sketch
NONE = np.uint64(2**64 - 1)  # in place of a hash, where a text has fewer windows

_BASE = 0x9E3779B97F4A7C15
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_SHIFT = np.uint64(31)
_AT_ONCE = 1 << 16  # pairs
_PARTS = 16  # of all hashes, one after the other: to sort them takes five times their memory


def sketch(letters: bytes) -> Any:
    """Return the sketch of a text, uint64 [KEPT], ascending; NONE where nothing is left.

    Args:
        letters: of the text, as `fingerprints.letters` gives them; of fewer than WINDOW bytes
            there is no sketch.
    """
    # The hash of 2w bytes is made of the hashes of their halves, modulo 2^64.
    rolled, width = np.frombuffer(letters, np.uint8).astype(np.uint64) + np.uint64(1), 1
    while width < WINDOW:
        rolled = rolled[:-width] * np.uint64(pow(_BASE, width, 2**64)) + rolled[width:]
        width *= 2
    rolled = (rolled ^ (rolled >> _SHIFT)) * _MIX
    smallest = np.unique(rolled ^ (rolled >> _SHIFT))[:KEPT]
    found = np.full(KEPT, NONE)
    found[: len(smallest)] = smallest
    return found


def near(sketches: Any, alike: float) -> tuple[Any, Any]:
    """Return pairs of texts of at least such a resemblance, by their numbers.

    Of texts that share a hash each is compared with the first and with the one before it: so hardly
    one that is nearly another is missed, but not every pair of them is found.

    Args:
        sketches: uint64 [n, KEPT].
        alike: resemblance, 0 to 1.

    Returns:
        first, second: int64 [m] each, first < second.
    """
    links = _links(sketches)
    kept = [np.zeros(0, np.int64)]
    for begin in range(0, len(links), _AT_ONCE):
        part = links[begin : begin + _AT_ONCE]
        first, second = np.divmod(part, len(sketches))
        kept.append(part[resemblance(sketches[first], sketches[second]) >= alike])
    first, second = np.divmod(np.concatenate(kept), max(len(sketches), 1))
    return first, second


def resemblance(one: Any, other: Any) -> Any:
    """Estimate how alike texts are, float64 [m], from their sketches, uint64 [m, KEPT] each."""
    both = np.sort(np.concatenate([one, other], axis=1), axis=1)
    new = np.ones(both.shape, bool)
    new[:, 1:] = both[:, 1:] != both[:, :-1]
    counted = (np.cumsum(new, axis=1) <= KEPT) & (both != NONE)
    return (counted & ~new).sum(axis=1) / np.maximum((counted & new).sum(axis=1), 1)


def _links(sketches: Any) -> Any:
    """Which texts to compare: first * n + second, int64, each once."""
    values, count = sketches.ravel(), len(sketches)
    part = (values & np.uint64(_PARTS - 1)).astype(np.uint8)  # the smallest differ there as well
    part[values == NONE] = _PARTS
    parts = (_links_among(np.flatnonzero(part == i), values, count) for i in range(_PARTS))
    return np.unique(np.concatenate(list(parts)))


def _links_among(places: Any, values: Any, count: int) -> Any:
    """Which of `count` texts share one of the hashes at some places; as `_links`, not once."""
    places = places[np.argsort(values[places], kind="stable")]  # equal ones as their texts follow
    values, owner = values[places], places // KEPT
    again = np.flatnonzero(values[1:] == values[:-1]) + 1
    begins = np.arange(len(values))
    begins[again] = 0
    begins = np.maximum.accumulate(begins)
    firsts = np.concatenate([owner[again - 1], owner[begins[again]]])
    return firsts * count + np.tile(owner[again], 2)
