"""The search as an exported graph holds it: all that can be asked for is an input."""

import functools
from collections.abc import Mapping
from typing import Any

from keras import ops

from summarizer.decoding.branch import either
from summarizer.decoding.constraints import Demands
from summarizer.decoding.scoring import Limits
from summarizer.decoding.search import Found, search
from summarizer.decoding.strategies.beam import Beam
from summarizer.decoding.strategies.diverse import Diverse
from summarizer.decoding.strategies.sample import Sample


class _Chosen:
    """The strategy whose number, its place in `inputs.STRATEGIES`, an input gives."""

    def __init__(self, inputs: Mapping[str, Any]):
        self.groups = inputs["groups"]
        self._number = inputs["strategy"]
        self.few = self._number == 0
        self._beam = Beam(inputs["beam"])
        options = (inputs[n] for n in ("temperature", "top_k", "top_p", "noise"))
        self._sample = Sample(inputs["beam"], *options)
        self._diverse = Diverse(inputs["beam"], inputs["groups"], inputs["diversity"])

    def choose(self, t: Any, log_prob: Any, nexts: Any) -> Any:
        """Continue the beams of each document; see `Beam.choose`."""
        if nexts.few:
            return self._beam.choose(t, log_prob, nexts)
        beam, sample, diverse = (
            functools.partial(s.choose, t, log_prob, nexts)
            for s in (self._beam, self._sample, self._diverse)
        )
        number = self._number
        return either(number == 0, beam, lambda: either(number == 1, sample, diverse))


def serve(model: Any, inputs: Mapping[str, Any]) -> Found:
    """Search as the inputs ask.

    Args:
        model: a `Seq2Seq` or an `Ensemble`.
        inputs: a tensor for each name of `inputs.INPUTS`.
    """
    limits = Limits(*(inputs[n] for n in (
        "minimum", "maximum", "penalty", "block", "average", "coverage",
    )))  # fmt: skip
    demands = Demands(*(inputs[n] for n in (
        "constrained", "prefix", "forced", "banned", "begins", "words", "shortest", "longest",
    )))  # fmt: skip
    document, beam = (ops.convert_to_tensor(inputs[n]) for n in ("document", "beam"))
    asked = inputs["allowed"], demands, inputs["selected"]
    return search(model, document, _Chosen(inputs), beam, limits, *asked)
