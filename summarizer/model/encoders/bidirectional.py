"""Read the document in both directions, so that each piece is seen with what precedes and follows.

Source: Schuster and Paliwal (1997); as an encoder, Bahdanau et al. (2015), arXiv:1409.0473, A.2.1.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from summarizer import plugins
from summarizer.model.recurrence import unroll


@dataclass(frozen=True)
class Options:
    """Settings of the encoder."""

    width: int = 256  # of each direction; the output is twice as wide
    cell: str = "lstm"

    def __post_init__(self) -> None:
        plugins.options("cell", self.cell, width=self.width)


def build(options: Options, inputs: int) -> "Bidirectional":
    """Make the encoder for embeddings of a width."""
    return Bidirectional(options, inputs)


class Bidirectional(keras.layers.Layer):
    """Two cells, one reading forward, one backward, side by side."""

    def __init__(self, options: Options, inputs: int):
        super().__init__()
        self.left = plugins.build("cell", options.cell, inputs, width=options.width)
        self.right = plugins.build("cell", options.cell, inputs, width=options.width)
        self.width = 2 * options.width
        self.built = True

    def call(self, embedded: Any, mask: Any) -> Any:
        """Encode documents.

        Args:
            embedded: float [B, S, E].
            mask: bool [B, S], True at real pieces.

        Returns:
            outputs: float [B, S, 2H], 0 where `mask` is False.
            final: float32 [B, 2H], the last hidden states of both directions.
        """
        batch = ops.shape(embedded)[0]
        outputs, finals = [], []
        for cell, reverse in ((self.left, False), (self.right, True)):
            zeros = (ops.zeros((batch, cell.width), "float32"),) * cell.states
            out, states = unroll(cell, embedded, zeros, mask, reverse)
            outputs.append(out)
            finals.append(states[0])
        return ops.concatenate(outputs, axis=-1), ops.concatenate(finals, axis=-1)
