"""The search as an exported graph: every option is an input."""

import functools
from collections.abc import Mapping, Sequence

from keras import ops

from summarizer import plugins
from summarizer.decoding.candidates import Candidates
from summarizer.decoding.graph_inputs import OUTPUTS, exported_strategies
from summarizer.decoding.lexical_constraints import LexicalConstraints
from summarizer.decoding.scoring import SearchLimits
from summarizer.decoding.search import search_memory
from summarizer.decoding.search_step import Conditions
from summarizer.decoding.strategies._base import Continuations, Strategy
from summarizer.model.indexing import static_cond
from summarizer.model.protocols import SequenceModel
from summarizer.model.seq2seq import Seq2Seq
from summarizer.types import Tensor

# Inputs of the graph in the order of the fields that they set.
_LIMITS = ("minimum", "maximum", "penalty", "block", "average", "coverage")
_CONSTRAINTS = (
    "constrained", "prefix", "forced", "banned", "begins", "words", "shortest", "longest",
)  # fmt: skip


class SelectedStrategy:
    """The strategy that the input `strategy` selects by its number."""

    def __init__(self, inputs: Mapping[str, Tensor]):
        """Make all strategies of `exported_strategies` from the inputs of the graph."""
        self.width, self.groups = inputs["beam"], inputs["groups"]
        self._number = inputs["strategy"]
        strategies = (
            plugins.load("strategy", n).from_inputs(inputs) for n in exported_strategies()
        )
        self._strategies: list[tuple[int, Strategy]] = list(enumerate(strategies))
        self._top_k = [(n, s) for n, s in self._strategies if s.needs_only_top_k]
        self.needs_only_top_k = functools.reduce(
            ops.logical_or, [self._number == number for number, _ in self._top_k]
        )

    def choose(self, t: Tensor, log_prob: Tensor, candidates: Candidates) -> Continuations:
        """Continue the beams of each document; see `Strategy.choose`."""
        possible = self._top_k if candidates.needs_only_top_k else self._strategies
        return self._choose_among(possible, (t, log_prob, candidates))

    def _choose_among(
        self, strategies: Sequence[tuple[int, Strategy]], arguments: tuple[Tensor, ...]
    ) -> Continuations:
        """Return the choice of the selected strategy, which is one of these."""
        (number, strategy), *others = strategies
        if not others:
            return strategy.choose(*arguments)
        choice: Continuations = static_cond(
            self._number == number,
            lambda: strategy.choose(*arguments),
            lambda: self._choose_among(others, arguments),
        )
        return choice


def graph_search(model: SequenceModel, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Search as the inputs say; return the result by the names of `graph_inputs.OUTPUTS`.

    Args:
        model: a `Seq2Seq` or an `Ensemble`; what its heads say is part of the result.
        inputs: a tensor for each name of `graph_inputs.input_types`.
    """
    inputs = {**inputs, **{n: ops.convert_to_tensor(inputs[n]) for n in ("document", "beam")}}
    limits = SearchLimits(*(inputs[name] for name in _LIMITS))
    constraints = LexicalConstraints(*(inputs[name] for name in _CONSTRAINTS))
    conditions = Conditions(inputs["allowed"], inputs["selected"], constraints, inputs["start"])
    strategy = SelectedStrategy(inputs)
    memory = model.encode(inputs["document"])
    result = search_memory(model, memory, strategy, inputs["beam"], limits, conditions)
    heads = model.head_probabilities(memory) if isinstance(model, Seq2Seq) else {}
    return {**dict(zip(OUTPUTS, result, strict=True)), **heads}
