"""No attention: all that the decoder learns of the document is where its cells begin.

Source: Sutskever, Vinyals, Le (2014), arXiv:1409.3215, section 2. One vector has to hold the whole
document, whatever its length: what attention was invented against.
"""

from dataclasses import dataclass
from typing import Any

from keras import ops

from summarizer.model.attention._base import Attention


@dataclass(frozen=True)
class Options:
    """No settings."""


def build(options: Options, query: int, memory: int) -> "NoAttention":
    """Make it, for whatever widths."""
    return NoAttention(0)


class NoAttention(Attention):
    """Return a context of width 0 and weights that are 0."""

    def call(
        self, query: Any, keys: Any, values: Any, mask: Any, state: tuple[Any, ...] = ()
    ) -> tuple[Any, Any, tuple[Any, ...]]:
        """Look at nothing; shapes as in `AdditiveAttention.call`, keys and values may be ()."""
        nothing = ops.cast(ops.zeros_like(query[:, :, :1]), "float32")
        return query[:, :, :0], nothing * ops.cast(mask[:, None, :], "float32"), ()
