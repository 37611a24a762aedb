"""Self-attentive encoder: after the recurrence, each token attends to all others.

    q_i, k_i, v_i = tanh(W h_i + b)             each with its own W and b, h from both directions
    a_ij          = softmax_j(q_i · k_j / √d)   d: width of q and k
    h'_i          = tanh(h_i + Σ_j a_ij v_j)

Tokens that are far apart so meet in one step. The sum keeps the output of the recurrence, and the
nonlinearity comes last.

Source: Vaswani et al. (2017), arXiv:1706.03762, eq. 1, over the outputs of a recurrence (Schuster
and Paliwal 1997).
"""

from dataclasses import dataclass

import keras
from keras import ops

from summarizer.model.attention._base import weighted_sum
from summarizer.model.encoders._base import RecurrentOptions, at_least, dense
from summarizer.types import Tensor


@dataclass(frozen=True)
class Options(RecurrentOptions):
    """Settings of the encoder."""

    keys: int = 128  # width of queries and keys

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("keys", self.keys, 1)


def build(options: Options, inputs: int) -> "SelfAttentive":
    """Build the encoder for embeddings of this width."""
    return SelfAttentive(options, inputs)


class SelfAttentive(keras.layers.Layer):
    """A recurrence in both directions, with self-attention over its outputs."""

    needs_sentence_ids = False

    def __init__(self, options: Options, inputs: int):
        super().__init__()
        self.recurrence = options.recurrence(inputs)
        self.width, self.states = self.recurrence.width, self.recurrence.states
        self.query = dense(self.width, options.keys, "tanh")
        self.key = dense(self.width, options.keys, "tanh")
        self.value = dense(self.width, self.width, "tanh")
        self.built = True

    def call(self, embedded: Tensor, mask: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Encode documents; shapes as in `Bidirectional.call`, whose final states are returned."""
        hidden, final = self.recurrence(embedded, mask)
        query = self.query(hidden) * self.query.units**-0.5
        scores = ops.matmul(query, ops.transpose(self.key(hidden), (0, 2, 1)))
        context, _ = weighted_sum(scores, self.value(hidden), mask)
        outputs = ops.tanh(hidden + context)
        return outputs * ops.cast(mask, outputs.dtype)[:, :, None], final
