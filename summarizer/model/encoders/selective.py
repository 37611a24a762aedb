"""Selective encoder: a gate passes on the part of each token that the summary needs.

    s    = [→h_S; ←h_1]                     final state of each direction
    g_i  = σ(W h_i + U s + b)
    h'_i = h_i ∘ g_i

Source: Zhou et al. (2017), arXiv:1704.07073 (SEASS), the selective gate network.
"""

from dataclasses import dataclass

import keras
from keras import ops

from summarizer.model.encoders._base import RecurrentOptions, dense
from summarizer.types import Tensor


@dataclass(frozen=True)
class Options(RecurrentOptions):
    """Settings of the encoder."""


def build(options: Options, inputs: int) -> "Selective":
    """Build the encoder for embeddings of this width."""
    return Selective(options, inputs)


class Selective(keras.layers.Layer):
    """A recurrence in both directions, with a gate on its outputs."""

    needs_sentence_ids = False

    def __init__(self, options: Options, inputs: int):
        super().__init__()
        self.recurrence = options.recurrence(inputs)
        self.width, self.states = self.recurrence.width, self.recurrence.states
        self.piece = dense(self.width, self.width)  # of each token; saved files have this name
        self.document = dense(self.width, self.width, bias=False)
        self.built = True

    def call(self, embedded: Tensor, mask: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Encode documents; shapes as in `Bidirectional.call`, whose final states are returned."""
        hidden, final = self.recurrence(embedded, mask)
        gate = ops.sigmoid(self.piece(hidden) + self.document(final[0])[:, None, :])
        return hidden * gate, final
