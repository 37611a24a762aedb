"""No attention: the decoder sees the document only through its initial state.

Source: Sutskever, Vinyals, Le (2014), arXiv:1409.3215, section 2. One vector has to hold the whole
document, whatever its length; attention was invented to remove that limit.
"""

from dataclasses import dataclass

from keras import ops

from summarizer.model.attention._base import Attention
from summarizer.types import Tensor


@dataclass(frozen=True)
class Options:
    """No settings."""


def build(options: Options, query: int, memory: int) -> "NoAttention":
    """Build the layer; it takes any widths."""
    return NoAttention(0)


class NoAttention(Attention):
    """Returns a context of width 0 and weights of 0."""

    def call(
        self,
        query: Tensor,
        keys: Tensor,
        values: Tensor,
        mask: Tensor,
        state: tuple[Tensor, ...] = (),
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """Return zeros in the shapes of `AdditiveAttention.call`; keys and values may be ()."""
        zeros = ops.cast(ops.zeros_like(query[:, :, :1]), "float32")
        return query[:, :, :0], zeros * ops.cast(mask[:, None, :], "float32"), ()
