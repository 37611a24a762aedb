"""Read the document from its first piece to its last, so that the last state has seen all of it.

    h_t = cell(x_t, h_{t-1})

Source: Sutskever, Vinyals, Le (2014), arXiv:1409.3215, section 2. Several layers: each
reads what the one below wrote, and from the second on adds to it (Wu et al. 2016, arXiv:1609.08144,
eq. 6).
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from summarizer.model.encoders._base import RecurrentOptions
from summarizer.model.recurrence import unroll, zeros


@dataclass(frozen=True)
class Options(RecurrentOptions):
    """Settings of the encoder."""

    width: int = 512  # of the output: there is one direction


def build(options: Options, inputs: int) -> "Unidirectional":
    """Make the encoder for embeddings of a width."""
    return Unidirectional(options, inputs)


class Unidirectional(keras.layers.Layer):
    """Cells one above the other, each reading forward."""

    needs_sentence_ids = False

    def __init__(self, options: Options, inputs: int):
        super().__init__()
        self.width = options.width
        widths = [inputs] + [self.width] * (options.layers - 1)
        self.cells = [options.build_cell(width) for width in widths]
        self.states = self.cells[0].states
        self.built = True

    def call(self, embedded: Any, mask: Any) -> Any:
        """Encode documents.

        Args:
            embedded: float [B, S, E].
            mask: bool [B, S], True at real pieces.

        Returns:
            outputs: float [B, S, H], 0 where `mask` is False.
            final: each float32 [B, H], the uppermost cell's last states, the hidden one first.
        """
        batch = ops.shape(embedded)[0]
        hidden, final = unroll(self.cells[0], embedded, zeros(self.cells[0], batch), mask)
        for cell in self.cells[1:]:
            out, final = unroll(cell, hidden, zeros(cell, batch), mask)
            hidden = hidden + out
        return hidden, final
