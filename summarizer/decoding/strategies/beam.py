"""Keep the K most probable beginnings; every one may end at any time.

An end never takes a beam's place, so a beam as wide as the number of prefixes is exhaustive.
"""

from dataclasses import dataclass
from typing import Any

from keras import ops

from summarizer.model.pointer import NEVER
from summarizer.vocabulary import END


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

    def __init__(self, width: int):
        self.width = width

    def choose(self, t: Any, log_prob: Any, log_probs: Any) -> Any:
        """Continue the beams of each document.

        Args:
            t: int32 [], the position; of no matter here.
            log_prob: float32 [B, K], of the beams.
            log_probs: float32 [B, K, N], of their next pieces.

        Returns:
            ended: float32 [B, K], log-probability of each beam with the end; NEVER where it
                does not end.
            parents: int32 [B, K], the beam that each new beam continues.
            pieces: int32 [B, K], by which piece.
            log_prob: float32 [B, K], of the new beams.
        """
        _, width, size = ops.shape(log_probs)
        total = ops.maximum(log_prob[:, :, None] + log_probs, NEVER)
        ended = total[:, :, END]
        end = ops.arange(size, dtype="int32") == END
        # The K best of all are among the K best of each beam: no sort of K * N.
        few = min(width, size) if isinstance(width, int) and isinstance(size, int) else width
        best, pieces = ops.top_k(ops.where(end, float(NEVER), total), few)
        kept, chosen = ops.top_k(ops.reshape(best, (-1, width * few)), width)
        chosen = ops.cast(chosen, "int32")
        flat = ops.reshape(ops.cast(pieces, "int32"), (-1, width * few))
        return ended, chosen // few, ops.take_along_axis(flat, chosen, axis=1), kept
