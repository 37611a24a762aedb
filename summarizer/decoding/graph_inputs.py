"""Names, dtypes and neutral values of the inputs of an exported search; imports no Keras.

The runtime fills these inputs. The neutral value of an input switches its feature off.
"""

import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from summarizer import plugins
from summarizer.decoding.strategy_specs import NOISE, read_spec
from summarizer.types import Tensor
from summarizer.vocabulary.special_tokens import PAD, START

BOUNDARY = -1  # element of a phrase: any token that does not continue a word
UNLIMITED = 1_000_000  # words

# Strategies of graphs that do not list them, by their numbers; such graphs run greedy search as
# sampling from the one best token.
STRATEGIES = ("beam", "sample", "diverse")
STRATEGIES_KEY = "strategies"  # in the metadata of a graph: JSON list of its strategies

# Outputs of the graph, the fields of `search.SearchResult` in order. Old graphs lack the last.
OUTPUTS = ("pieces", "log_prob", "score", "attention", "gate", "steps")

HEADS = ("sentence", "keep")
"""Outputs of the graph of a model with heads: probabilities, float32 [B, S]."""

# Inputs of every search: name → dtype and rank. B documents, S document tokens, K beams,
# T summary positions, N vocabulary.
SEARCH_INPUTS = {
    "document": ("int32", 2),  # [B, S]
    "beam": ("int32", 0),  # K
    "minimum": ("int32", 0),  # tokens
    "maximum": ("int32", 0),  # tokens, the end included
    "penalty": ("float32", 0),  # alpha of the length normalization
    "block": ("int32", 0),  # length of the n-grams that may not repeat; 0: no blocking
    "allowed": ("bool", 2),  # [B, N], tokens that the generator may write
    "selected": ("bool", 2),  # [B, S], tokens that the pointer may copy
    "average": ("bool", 0),  # normalize by the length itself
    "coverage": ("float32", 0),  # beta of the coverage penalty
    "strategy": ("int32", 0),  # place in the graph's list of strategies
    "groups": ("int32", 0),  # number of beam groups; a divisor of K
    "noise": ("float32", 3),  # [B, K, T], uniform on [0, 1)
    "constrained": ("bool", 0),  # whether one of the following inputs is not neutral
    "prefix": ("int32", 2),  # [B, P]
    "forced": ("int32", 3),  # [B, F, L], required phrases
    "banned": ("int32", 3),  # [B, Q, M], banned phrases
    "begins": ("bool", 1),  # [N], tokens that do not continue a word
    "words": ("int32", 2),  # [B, N], words that a token adds; -1: a space
    "shortest": ("int32", 0),  # words
    "longest": ("int32", 0),  # words
    "start": ("int32", 1),  # [B], token before each summary: the control token of its type
}
_DTYPES = {bool: "bool", int: "int32", float: "float32"}


class _OptionInput(NamedTuple):
    """A scalar input that sets an option of a strategy."""

    dtype: str
    default: float


def exported_strategies() -> tuple[str, ...]:
    """Return the strategies of a graph exported by this version, by their numbers."""
    names = plugins.names("strategy")
    new = [n for n in names if n not in STRATEGIES and read_spec(n).exported_as == n]
    return (*STRATEGIES, *new)


def is_random(strategy: str) -> bool:
    """Return whether the summaries of a strategy depend on a seed."""
    return isinstance(read_spec(strategy).graph_inputs.get(NOISE), str)


def strategies_in(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """Return the strategies of a graph, by their numbers.

    Args:
        metadata: custom metadata of the graph.
    """
    listed = metadata.get(STRATEGIES_KEY)
    return STRATEGIES if listed is None else tuple(json.loads(listed))


def input_types() -> dict[str, tuple[str, int]]:
    """Return dtype and rank of all inputs of a graph exported by this version, by name."""
    strategy_inputs = _option_inputs(exported_strategies())
    option_types = {name: (value.dtype, 0) for name, value in strategy_inputs.items()}
    return {**SEARCH_INPUTS, **option_types}


@functools.cache
def _option_inputs(strategies: tuple[str, ...]) -> dict[str, _OptionInput]:
    """Return the inputs that the options of strategies add to those of the search."""
    inputs: dict[str, _OptionInput] = {}
    for spec in map(read_spec, strategies):
        for name, option in spec.graph_inputs.items():
            if name not in SEARCH_INPUTS and name not in inputs:
                default = spec.options[str(option)]
                inputs[name] = _OptionInput(_DTYPES[type(default)], default)
    return inputs


def neutral_inputs(document: Tensor, beam: int, size: int) -> dict[str, Tensor]:
    """Return inputs of a plain beam search, except `minimum`, `maximum`, `penalty` and `block`.

    Args:
        document: int32 [B, S].
        beam: K.
        size: N.
    """
    batch = len(document)
    options = {name: o.default for name, o in _option_inputs(exported_strategies()).items()}
    values = {
        "document": document,
        "beam": beam,
        "allowed": np.ones((batch, size), bool),
        "selected": np.ones(np.shape(document), bool),
        "average": False,
        "coverage": 0.0,
        "strategy": 0,
        "groups": 1,
        **options,
        "noise": np.zeros((batch, 1, 1)),
        "constrained": False,
        "prefix": np.zeros((batch, 1)),
        "forced": np.zeros((batch, 1, 1)),
        "banned": np.zeros((batch, 1, 1)),
        "begins": np.ones(size, bool),
        "words": np.zeros((batch, size)),
        "shortest": 0,
        "longest": UNLIMITED,
        "start": np.full(batch, START),
    }
    return arrays(values)


def arrays(values: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return values of inputs as arrays of the dtypes that the graph takes."""
    types = input_types()
    return {name: np.asarray(value, types[name][0]) for name, value in values.items()}


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
