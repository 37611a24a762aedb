"""What the search of an exported model can be given, by name; known without Keras.

The graph has these inputs, the runtime fills them, and each has a value that asks for nothing.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from summarizer.types import Tensor
from summarizer.vocabulary.special_tokens import PAD

BOUNDARY = -1  # in a phrase: whatever does not go on with a word
STRATEGIES = ("beam", "sample", "diverse")  # by their numbers in the graph; greedy: sample of 1
UNLIMITED = 1_000_000  # words

# What the graph gives, see `search.Found`; one of an earlier version lacks the last.
OUTPUTS = ("pieces", "log_prob", "score", "attention", "gate", "steps")

# Name → dtype and rank. B documents, S their pieces, K beams, T positions, N vocabulary.
INPUTS = {
    "document": ("int32", 2),  # [B, S]
    "beam": ("int32", 0),
    "minimum": ("int32", 0),  # pieces
    "maximum": ("int32", 0),  # pieces, the end included
    "penalty": ("float32", 0),  # alpha of the length normalisation
    "block": ("int32", 0),  # no sequence of so many pieces twice
    "allowed": ("bool", 2),  # [B, N], what the generator may write
    "selected": ("bool", 2),  # [B, S], what the pointer may copy
    "average": ("bool", 0),  # normalise by the length itself
    "coverage": ("float32", 0),  # beta of the coverage penalty
    "strategy": ("int32", 0),
    "groups": ("int32", 0),  # the beams are in so many groups; a divisor of K
    "diversity": ("float32", 0),  # strength, between the groups
    "temperature": ("float32", 0),
    "top_k": ("int32", 0),  # sample among so many pieces; 0: all
    "top_p": ("float32", 0),  # sample among pieces of so much probability
    "noise": ("float32", 3),  # [B, K, T], evenly from [0, 1)
    "constrained": ("bool", 0),  # whether any of the following asks for something
    "prefix": ("int32", 2),  # [B, P]
    "forced": ("int32", 3),  # [B, F, L]
    "banned": ("int32", 3),  # [B, Q, M]
    "begins": ("bool", 1),  # [N]
    "words": ("int32", 2),  # [B, N], words that a piece adds; -1: a space
    "shortest": ("int32", 0),  # words
    "longest": ("int32", 0),  # words
}


def neutral_inputs(document: Any, beam: int, size: int) -> dict[str, Any]:
    """Return values that ask for a plain beam search of documents int32 [B, S].

    `minimum`, `maximum`, `penalty` and `block` are still to be given.
    """
    batch = len(document)
    values = {
        "document": document,
        "beam": beam,
        "allowed": np.ones((batch, size), bool),
        "selected": np.ones(np.shape(document), bool),
        "average": False,
        "coverage": 0.0,
        "strategy": 0,
        "groups": 1,
        "diversity": 0.0,
        "temperature": 1.0,
        "top_k": 0,
        "top_p": 1.0,
        "noise": np.zeros((batch, 1, 1)),
        "constrained": False,
        "prefix": np.zeros((batch, 1)),
        "forced": np.zeros((batch, 1, 1)),
        "banned": np.zeros((batch, 1, 1)),
        "begins": np.ones(size, bool),
        "words": np.zeros((batch, size)),
        "shortest": 0,
        "longest": UNLIMITED,
    }
    return arrays(values)


def arrays(values: dict[str, Any]) -> dict[str, Any]:
    """Return values as arrays of the dtypes that the graph takes."""
    return {name: np.asarray(value, INPUTS[name][0]) for name, value in values.items()}


def pad_sequences(rows: Sequence[Sequence[int]], width: int = 0) -> Tensor:
    """Return sequences of ids as int32 [B, S], padded with `PAD` at their ends.

    Args:
        rows: sequences of ids.
        width: minimum of S.
    """
    padded = np.full((len(rows), max([width, *map(len, rows)])), PAD, np.int32)
    for i, row in enumerate(rows):
        padded[i, : len(row)] = row
    return padded
