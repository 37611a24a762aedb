"""Unidirectional encoder: recurrent cells read the document from the first token to the last.

    h_t = cell(x_t, h_{t-1})

The last state has seen the whole document. With several layers, each layer reads the outputs of the
one below; from the second on, it adds to them (Wu et al. 2016, arXiv:1609.08144, eq. 6).

Source: Sutskever, Vinyals, Le (2014), arXiv:1409.3215, section 2.
"""

from dataclasses import dataclass

import keras
from keras import ops

from summarizer.model.encoders._base import RecurrentOptions
from summarizer.model.recurrence import unroll, zeros
from summarizer.types import Tensor


@dataclass(frozen=True)
class Options(RecurrentOptions):
    """Settings of the encoder."""

    width: int = 512  # width of the output


def build(options: Options, inputs: int) -> "Unidirectional":
    """Build the encoder for embeddings of this width."""
    return Unidirectional(options, inputs)


class Unidirectional(keras.layers.Layer):
    """A stack of cells that read forward."""

    needs_sentence_ids = False

    def __init__(self, options: Options, inputs: int):
        super().__init__()
        self.width = options.width
        widths = [inputs] + [self.width] * (options.layers - 1)
        self.cells = [options.build_cell(width) for width in widths]
        self.states = self.cells[0].states
        self.built = True

    def call(self, embedded: Tensor, mask: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Encode documents.

        Args:
            embedded: float [B, S, E].
            mask: bool [B, S], True at real tokens.

        Returns:
            outputs: float [B, S, H], 0 where `mask` is False.
            final: each float32 [B, H], the final states of the top cell, the hidden state first.
        """
        batch = ops.shape(embedded)[0]
        hidden, final = unroll(self.cells[0], embedded, zeros(self.cells[0], batch), mask)
        for cell in self.cells[1:]:
            out, final = unroll(cell, hidden, zeros(cell, batch), mask)
            hidden = hidden + out
        return hidden, final
