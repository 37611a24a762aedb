"""Compare through a matrix: what of the document answers which query is learned.

    score(h_t, s_j) = h_t · W s_j

Source: Luong, Pham, Manning (2015), arXiv:1508.04025, eq. 8 (general). The keys W s_j do not depend
on the query, so `project` runs once per document. The widths of decoder and encoder may differ.
"""

from dataclasses import dataclass
from typing import Any

from keras import ops

from summarizer.model.attention._base import Attention, weighted_sum


@dataclass(frozen=True)
class Options:
    """No settings."""


def build(options: Options, query: int, memory: int) -> "GeneralAttention":
    """Make the attention of a decoder of width `query` over a memory of width `memory`."""
    return GeneralAttention(query, memory)


class GeneralAttention(Attention):
    """Average the document, weighted by a learned likeness to what is being written now."""

    def __init__(self, query: int, memory: int):
        super().__init__(memory)
        self.kernel = self.add_weight((memory, query), "glorot_uniform", name="kernel")

    def project(self, values: Any) -> Any:
        """Return the keys, float [B, S, H], once per document."""
        return ops.matmul(values, self.matrix(self.kernel))

    def call(
        self, query: Any, keys: Any, values: Any, mask: Any, state: tuple[Any, ...] = ()
    ) -> tuple[Any, Any, tuple[Any, ...]]:
        """Attend from every summary position at once; see `AdditiveAttention.call`."""
        query = ops.cast(query, self.compute_dtype)
        return *weighted_sum(ops.matmul(query, ops.transpose(keys, (0, 2, 1))), values, mask), ()
