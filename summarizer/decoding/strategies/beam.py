"""Beam search: keep the K most probable prefixes.

Each prefix may end at any time, and ending does not use up a beam. A beam as wide as the number of
prefixes is therefore exhaustive.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from keras import ops

from summarizer.decoding.candidates import Candidates
from summarizer.decoding.strategies._base import Continuations
from summarizer.model.indexing import gather_along
from summarizer.model.pointer import LOG_ZERO
from summarizer.types import Tensor


@dataclass(frozen=True)
class Options:
    """Options of beam search.

    Attributes:
        width: number of beams, K.
    """

    width: int = 4

    def __post_init__(self) -> None:
        if not isinstance(self.width, int) or self.width < 1:
            raise ValueError(f"width={self.width!r}: must be a whole number above 0")


def build(options: Options) -> "Beam":
    """Return the strategy."""
    return Beam(options.width)


def from_inputs(inputs: Mapping[str, Tensor]) -> "Beam":
    """Return the strategy of an exported graph, made of the graph's inputs."""
    return Beam(inputs["beam"])


class Beam:
    """Keeps the K best continuations of K beams."""

    groups = 1
    needs_only_top_k = True

    def __init__(self, width: Tensor):
        """Store K, a number or a tensor."""
        self.width = width

    def choose(self, t: Tensor, log_prob: Tensor, candidates: Candidates) -> Continuations:
        """Continue the beams of each document; see `Strategy.choose`."""
        # The K best of all continuations are among the K best of each beam: K * N values need not
        # be sorted.
        best, tokens = candidates.best(self.width)
        batch, width, count = ops.shape(best)
        total = ops.maximum(log_prob[:, :, None] + best, LOG_ZERO)
        new_log_prob, chosen = ops.top_k(ops.reshape(total, (batch, width * count)), width)
        chosen = ops.cast(chosen, "int32")
        tokens = gather_along(ops.reshape(tokens, (batch, width * count)), chosen)
        end_log_prob = ops.maximum(log_prob + candidates.end, LOG_ZERO)
        return Continuations(end_log_prob, chosen // count, tokens, new_log_prob)
