"""Dot-product attention: the score is the product of query and encoder output.

    score(h_t, s_j) = h_t · s_j

Source: Luong, Pham, Manning (2015), arXiv:1508.04025, eq. 8 (dot).
"""

from dataclasses import dataclass

from keras import ops

from summarizer.errors import ConfigError
from summarizer.model.attention._base import Attention, weighted_sum
from summarizer.types import Tensor


@dataclass(frozen=True)
class Options:
    """No settings."""


def build(options: Options, query: int, memory: int) -> "DotAttention":
    """Build the attention of a decoder of width `query` over a memory of width `memory`.

    Raises:
        ConfigError: the widths differ.
    """
    if query != memory:
        raise ConfigError(
            f"model.attention=dot: the decoder's width {query} must equal the encoder's output "
            f"width {memory}; set model.decoder_cell.width={memory} or model.attention=additive"
        )
    return DotAttention(memory)


class DotAttention(Attention):
    """Attention scored by dot products."""

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
        scores = ops.matmul(query, ops.transpose(keys, (0, 2, 1)))
        return *weighted_sum(scores, values, mask), ()
