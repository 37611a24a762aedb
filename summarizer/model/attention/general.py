"""General attention: a learned matrix compares query and encoder output.

    score(h_t, s_j) = h_t · W s_j

Source: Luong, Pham, Manning (2015), arXiv:1508.04025, eq. 8 (general). The keys W s_j do not depend
on the query, so `project` runs once per document. Decoder and encoder can have different widths.
"""

from dataclasses import dataclass

from keras import ops

from summarizer.model.attention._base import Attention, weighted_sum
from summarizer.types import Tensor


@dataclass(frozen=True)
class Options:
    """No settings."""


def build(options: Options, query: int, memory: int) -> "GeneralAttention":
    """Build the attention of a decoder of width `query` over a memory of width `memory`."""
    return GeneralAttention(query, memory)


class GeneralAttention(Attention):
    """Attention scored by dot products with projected encoder outputs."""

    def __init__(self, query: int, memory: int):
        super().__init__(memory)
        self.kernel = self.add_weight((memory, query), "glorot_uniform", name="kernel")

    def project(self, values: Tensor) -> Tensor:
        """Return the keys, float [B, S, H]; once per document."""
        return ops.matmul(values, self.matrix(self.kernel))

    def call(
        self,
        query: Tensor,
        keys: Tensor,
        values: Tensor,
        mask: Tensor,
        state: tuple[Tensor, ...] = (),
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """Attend from every summary position at once; see `AdditiveAttention.call`."""
        query = ops.cast(query, self.compute_dtype)
        return *weighted_sum(ops.matmul(query, ops.transpose(keys, (0, 2, 1))), values, mask), ()
