"""Take the most probable piece at each position: fastest, and the validation's choice."""

from dataclasses import dataclass
from typing import Any

from keras import ops

from summarizer.model.pointer import NEVER
from summarizer.vocabulary import END


@dataclass(frozen=True)
class Options:
    """No settings."""


def build(options: Options) -> "Greedy":
    """Make the strategy."""
    return Greedy()


class Greedy:
    """Chooses the best continuation of one beam; it ends when the end is the best."""

    width = groups = 1

    def choose(self, t: Any, log_prob: Any, log_probs: Any) -> Any:
        """Continue the beam of each document; shapes as in `Beam.choose`."""
        total = ops.maximum(log_prob[:, :, None] + log_probs, NEVER)
        pieces = ops.cast(ops.argmax(total, axis=2), "int32")
        best = ops.max(total, axis=2)
        ended = ops.where(pieces == END, best, float(NEVER))
        kept = ops.where(pieces == END, float(NEVER), best)
        return ended, ops.zeros_like(pieces), pieces, kept
