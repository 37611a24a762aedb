"""Bidirectional encoder: two recurrent cells read the document, one forward and one backward.

Each token is thus encoded with the text before and after it. With several layers, each layer reads
the outputs of the one below; from the second on, it adds to them (Wu et al. 2016, arXiv:1609.08144,
eq. 6).

Source: Schuster and Paliwal (1997); as an encoder: Bahdanau et al. (2015), arXiv:1409.0473, A.2.1.
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


def build(options: Options, inputs: int) -> "Bidirectional":
    """Build the encoder for embeddings of this width."""
    return Bidirectional(options, inputs)


class Bidirectional(keras.layers.Layer):
    """Two cells that read in opposite directions, and further such layers above them."""

    needs_sentence_ids = False

    def __init__(self, options: Options, inputs: int):
        super().__init__()
        self.left, self.right = options.build_cell(inputs), options.build_cell(inputs)
        self.width = 2 * options.width
        self.states = self.left.states
        single_layer = Options(options.width, options.cell)
        self.upper = [Bidirectional(single_layer, self.width) for _ in range(options.layers - 1)]
        self.built = True

    def call(self, embedded: Tensor, mask: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Encode documents.

        Args:
            embedded: float [B, S, E].
            mask: bool [B, S], True at real tokens.

        Returns:
            outputs: float [B, S, 2H], 0 where `mask` is False.
            final: each float32 [B, 2H], the final states of the top layer, both directions side by
                side, the hidden state first.
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
