"""Take the most probable piece at each position: fastest, and the validation's choice."""

from dataclasses import dataclass
from typing import Any

from keras import ops

from summarizer.model.pointer import LOG_ZERO
from summarizer.vocabulary import END

# An exported graph runs this strategy as sampling from the one best token.
EXPORTED_AS = "sample"
GRAPH_INPUTS = {"top_k": 1, "noise": 0}


@dataclass(frozen=True)
class Options:
    """No settings."""


def build(options: Options) -> "Greedy":
    """Make the strategy."""
    return Greedy()


class Greedy:
    """Chooses the best continuation of one beam; it ends when the end is the best."""

    width = groups = 1
    needs_only_top_k = True

    def choose(self, t: Any, log_prob: Any, nexts: Any) -> Any:
        """Continue the beam of each document; see `Beam.choose`."""
        scores, pieces = nexts.best(1)
        best = ops.max(scores, axis=2)
        pieces = ops.max(ops.where(scores == best[:, :, None], pieces, 0), axis=2)
        ends, total = nexts.end >= best, ops.maximum(log_prob + best, LOG_ZERO)
        pieces = ops.where(ends, END, pieces)
        ended = ops.where(ends, ops.maximum(log_prob + nexts.end, LOG_ZERO), float(LOG_ZERO))
        kept = ops.where(ends, float(LOG_ZERO), total)
        return ended, ops.zeros_like(pieces), pieces, kept
