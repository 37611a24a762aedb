"""Let each piece look at all others after the recurrence, however far away they are.

    q_i, k_i, v_i = tanh(W h_i + b)             each with its own W and b, h from both directions
    a_ij          = softmax_j(q_i · k_j / √d)   d: width of q and k
    h'_i          = tanh(h_i + Σ_j a_ij v_j)

Source: Vaswani et al. (2017), arXiv:1706.03762, eq. 1, over the outputs of a recurrence (Schuster
and Paliwal 1997). The nonlinearity comes last and the sum before it keeps the recurrence's view.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from summarizer.model.attention._base import weighted_sum
from summarizer.model.encoders._base import RecurrentOptions, at_least, dense


@dataclass(frozen=True)
class Options(RecurrentOptions):
    """Settings of the encoder."""

    keys: int = 128  # width of queries and keys

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("keys", self.keys, 1)


def build(options: Options, inputs: int) -> "SelfAttentive":
    """Make the encoder for embeddings of a width."""
    return SelfAttentive(options, inputs)


class SelfAttentive(keras.layers.Layer):
    """A recurrence in both directions and an attention of its outputs to each other."""

    needs_sentence_ids = False

    def __init__(self, options: Options, inputs: int):
        super().__init__()
        self.recurrence = options.recurrence(inputs)
        self.width, self.states = self.recurrence.width, self.recurrence.states
        self.query = dense(self.width, options.keys, "tanh")
        self.key = dense(self.width, options.keys, "tanh")
        self.value = dense(self.width, self.width, "tanh")
        self.built = True

    def call(self, embedded: Any, mask: Any) -> Any:
        """Encode documents; shapes as in `Bidirectional.call`, whose last states are handed on."""
        hidden, final = self.recurrence(embedded, mask)
        query = self.query(hidden) * self.query.units**-0.5
        scores = ops.matmul(query, ops.transpose(self.key(hidden), (0, 2, 1)))
        context, _ = weighted_sum(scores, self.value(hidden), mask)
        outputs = ops.tanh(hidden + context)
        return outputs * ops.cast(mask, outputs.dtype)[:, :, None], final
