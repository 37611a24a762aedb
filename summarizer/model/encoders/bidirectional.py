"""Read the document in both directions, so that each piece is seen with what precedes and follows.

Source: Schuster and Paliwal (1997); as an encoder, Bahdanau et al. (2015), arXiv:1409.0473, A.2.1.
Several layers: each reads what the one below wrote, in both directions, and from the second on adds
to it (Wu et al. 2016, arXiv:1609.08144, eq. 6).
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


def build(options: Options, inputs: int) -> "Bidirectional":
    """Make the encoder for embeddings of a width."""
    return Bidirectional(options, inputs)


class Bidirectional(keras.layers.Layer):
    """Two cells, one reading forward, one backward, side by side; and the layers above."""

    needs_sentence_ids = False

    def __init__(self, options: Options, inputs: int):
        super().__init__()
        self.left, self.right = options.build_cell(inputs), options.build_cell(inputs)
        self.width = 2 * options.width
        self.states = self.left.states
        one = Options(options.width, options.cell)
        self.upper = [Bidirectional(one, self.width) for _ in range(options.layers - 1)]
        self.built = True

    def call(self, embedded: Any, mask: Any) -> Any:
        """Encode documents.

        Args:
            embedded: float [B, S, E].
            mask: bool [B, S], True at real pieces.

        Returns:
            outputs: float [B, S, 2H], 0 where `mask` is False.
            final: each float32 [B, 2H], the uppermost layer's last states of both directions side
                by side, the hidden one first.
        """
        batch = ops.shape(embedded)[0]
        outputs, finals = [], []
        for cell, reverse in ((self.left, False), (self.right, True)):
            out, states = unroll(cell, embedded, zeros(cell, batch), mask, reverse)
            outputs.append(out)
            finals.append(states)
        hidden = ops.concatenate(outputs, axis=-1)
        final = tuple(ops.concatenate(pair, axis=-1) for pair in zip(*finals, strict=True))
        for layer in self.upper:
            out, final = layer(hidden, mask)
            hidden = hidden + out
        return hidden, final
