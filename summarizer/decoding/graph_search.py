"""The search as an exported graph holds it: all that can be asked for is an input."""

import functools
from collections.abc import Mapping
from typing import Any

from keras import ops

from summarizer.decoding.lexical_constraints import LexicalConstraints
from summarizer.decoding.scoring import SearchLimits
from summarizer.decoding.search import SearchResult, search
from summarizer.decoding.strategies.beam import Beam
from summarizer.decoding.strategies.diverse import Diverse
from summarizer.decoding.strategies.sample import Sample
from summarizer.model.indexing import static_cond


class _SelectedStrategy:
    """The strategy whose number, its place in `inputs.STRATEGIES`, an input gives."""

    def __init__(self, inputs: Mapping[str, Any]):
        self.groups = inputs["groups"]
        self._number = inputs["strategy"]
        self.needs_only_top_k = self._number == 0
        self._beam = Beam(inputs["beam"])
        options = (inputs[n] for n in ("temperature", "top_k", "top_p", "noise"))
        self._sample = Sample(inputs["beam"], *options)
        self._diverse = Diverse(inputs["beam"], inputs["groups"], inputs["diversity"])

    def choose(self, t: Any, log_prob: Any, nexts: Any) -> Any:
        """Continue the beams of each document; see `Beam.choose`."""
        if nexts.needs_only_top_k:
            return self._beam.choose(t, log_prob, nexts)
        beam, sample, diverse = (
            functools.partial(s.choose, t, log_prob, nexts)
            for s in (self._beam, self._sample, self._diverse)
        )
        number = self._number
        return static_cond(number == 0, beam, lambda: static_cond(number == 1, sample, diverse))


def graph_search(model: Any, inputs: Mapping[str, Any]) -> SearchResult:
    """Search as the inputs ask.

    Args:
        model: a `Seq2Seq` or an `Ensemble`.
        inputs: a tensor for each name of `inputs.INPUTS`.
    """
    limits = SearchLimits(*(inputs[n] for n in (
        "minimum", "maximum", "penalty", "block", "average", "coverage",
    )))  # fmt: skip
    demands = LexicalConstraints(*(inputs[n] for n in (
        "constrained", "prefix", "forced", "banned", "begins", "words", "shortest", "longest",
    )))  # fmt: skip
    document, beam = (ops.convert_to_tensor(inputs[n]) for n in ("document", "beam"))
    asked = inputs["allowed"], demands, inputs["selected"], inputs["start"]
    return search(model, document, _SelectedStrategy(inputs), beam, limits, *asked)
