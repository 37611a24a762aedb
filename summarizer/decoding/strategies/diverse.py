"""Beams in groups that keep away from one another: alternatives that really differ.

At each position the groups choose one after the other; what a piece was chosen for by earlier
groups costs it `strength` each time. The cost decides what is written and is no part of the score.
Each group keeps its own finished hypotheses, so no group crowds out another. With one group it is
plain beam search.

Source: Vijayakumar et al. (2016), arXiv:1610.02424, algorithm 1 with Hamming diversity.
"""

from dataclasses import dataclass
from typing import Any

from keras import ops

from summarizer.model.pointer import LOG_ZERO, add_at
from summarizer.vocabulary import END

# Input of the exported graph: the option that sets it.
GRAPH_INPUTS = {"groups": "groups", "diversity": "strength"}


@dataclass(frozen=True)
class Options:
    """Settings of the strategy."""

    width: int = 4  # K, in all groups together
    groups: int = 4
    strength: float = 0.5  # natural logarithm of probability that a repeated piece costs

    def __post_init__(self) -> None:
        for name in ("width", "groups"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name}={value!r}: must be a whole number above 0")
        if self.width % self.groups:
            raise ValueError(f"groups={self.groups}: must divide width={self.width}")
        if not 0 <= self.strength < float("inf"):
            raise ValueError(f"strength={self.strength!r}: must be 0 or more")


def build(options: Options) -> "Diverse":
    """Make the strategy."""
    return Diverse(options.width, options.groups, options.strength)


class Diverse:
    """Chooses the continuations of K beams, group by group."""

    needs_only_top_k = False

    def __init__(self, width: Any, groups: Any, strength: Any):
        """Keep numbers or tensors: K, how many groups share them, and what a repetition costs."""
        self.width, self.groups, self.strength = width, groups, strength

    def choose(self, t: Any, log_prob: Any, nexts: Any) -> Any:
        """Continue the beams of each document; see `Beam.choose`."""
        log_probs = nexts.all
        batch, width, size = ops.shape(log_probs)
        span = width // self.groups
        total = ops.maximum(log_prob[:, :, None] + log_probs, LOG_ZERO)
        end = ops.arange(size, dtype="int32") == END
        beams = ops.arange(width, dtype="int32")
        flat = ops.reshape(total, (batch, width * size))

        def going(group: Any, counts: Any, *_: Any) -> Any:
            return group < self.groups

        def advance(group: Any, counts: Any, parents: Any, pieces: Any, kept: Any) -> Any:
            mine = (beams // span == group)[:, None]
            cost = ops.cast(self.strength, "float32") * counts
            costly = ops.where(mine & ~end, ops.maximum(total - cost, LOG_ZERO), float(LOG_ZERO))
            best, which = ops.top_k(costly, span)
            _, chosen = ops.top_k(ops.reshape(best, (batch, width * span)), span)
            chosen = ops.cast(chosen, "int32")
            which = ops.reshape(ops.cast(which, "int32"), (batch, width * span))
            parent, piece = chosen // span, ops.take_along_axis(which, chosen, axis=1)
            score = ops.take_along_axis(flat, parent * size + piece, axis=1)
            ours, at = beams // span == group, beams % span
            parents, pieces, kept = (
                ops.where(ours, ops.take(new, at, axis=1), old)
                for new, old in ((parent, parents), (piece, pieces), (score, kept))
            )
            counts = add_at(counts, piece[:, None, :], ops.ones_like(score)[:, None, :])
            return group + 1, counts, parents, pieces, kept

        none = ops.zeros_like(log_prob, "int32")
        first = ops.convert_to_tensor(0, "int32")
        counts = ops.zeros_like(total[:, :1])
        state = (first, counts, none, none, ops.zeros_like(log_prob))
        *_, parents, pieces, kept = ops.while_loop(going, advance, state)
        return total[:, :, END], parents, pieces, kept
