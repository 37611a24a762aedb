"""Let a gate choose, for the summary to come, what of each piece is worth handing on.

    s    = [→h_S; ←h_1]                     what each direction knows at its end
    g_i  = σ(W h_i + U s + b)
    h'_i = h_i ∘ g_i

Source: Zhou et al. (2017), arXiv:1704.07073 (SEASS), the selective gate network.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from summarizer.model.encoders._base import RecurrentOptions, dense


@dataclass(frozen=True)
class Options(RecurrentOptions):
    """Settings of the encoder."""


def build(options: Options, inputs: int) -> "Selective":
    """Make the encoder for embeddings of a width."""
    return Selective(options, inputs)


class Selective(keras.layers.Layer):
    """A recurrence in both directions and a gate on its outputs."""

    needs_sentence_ids = False

    def __init__(self, options: Options, inputs: int):
        super().__init__()
        self.recurrence = options.recurrence(inputs)
        self.width, self.states = self.recurrence.width, self.recurrence.states
        self.piece = dense(self.width, self.width)
        self.document = dense(self.width, self.width, bias=False)
        self.built = True

    def call(self, embedded: Any, mask: Any) -> Any:
        """Encode documents; shapes as in `Bidirectional.call`, whose last states are handed on."""
        hidden, final = self.recurrence(embedded, mask)
        gate = ops.sigmoid(self.piece(hidden) + self.document(final[0])[:, None, :])
        return hidden * gate, final
