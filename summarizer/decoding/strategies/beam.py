"""Keep the K most probable beginnings; every one may end at any time.

An end never takes a beam's place, so a beam as wide as the number of prefixes is exhaustive.
"""

from dataclasses import dataclass
from typing import Any

from keras import ops

from summarizer.model.indexing import gather_along
from summarizer.model.pointer import LOG_ZERO


@dataclass(frozen=True)
class Options:
    """Settings of the strategy."""

    width: int = 4  # K

    def __post_init__(self) -> None:
        if not isinstance(self.width, int) or self.width < 1:
            raise ValueError(f"width={self.width!r}: must be a whole number above 0")


def build(options: Options) -> "Beam":
    """Make the strategy."""
    return Beam(options.width)


class Beam:
    """Chooses the continuations of K beams."""

    groups = 1
    needs_only_top_k = True  # it asks only for the best few next pieces of each beam

    def __init__(self, width: Any):
        """Keep K, a number or a tensor."""
        self.width = width

    def choose(self, t: Any, log_prob: Any, nexts: Any) -> Any:
        """Continue the beams of each document.

        Args:
            t: int32 [], the position; of no matter here.
            log_prob: float32 [B, K], of the beams.
            nexts: their next pieces, `nexts.Few` or `nexts.All`; `All` where `few` is False.

        Returns:
            ended: float32 [B, K], log-probability of each beam with the end; NEVER where it
                does not end.
            parents: int32 [B, K], the beam that each new beam continues.
            pieces: int32 [B, K], by which piece.
            log_prob: float32 [B, K], of the new beams.
        """
        # The K best of all are among the K best of each beam: no sort of K * N.
        best, pieces = nexts.best(self.width)
        batch, width, count = ops.shape(best)
        total = ops.maximum(log_prob[:, :, None] + best, LOG_ZERO)
        kept, chosen = ops.top_k(ops.reshape(total, (batch, width * count)), width)
        chosen = ops.cast(chosen, "int32")
        pieces = gather_along(ops.reshape(pieces, (batch, width * count)), chosen)
        return ops.maximum(log_prob + nexts.end, LOG_ZERO), chosen // count, pieces, kept
