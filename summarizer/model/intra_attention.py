"""Intra-decoder attention: the decoder attends to its own earlier outputs, against repetition.

    e_tt' = h_t · W h_t'          t' < t
    c_t   = Σ_t' softmax(e_t)_t' h_t'; 0 at the first position

Source: Paulus, Xiong, Socher (2017), arXiv:1705.04304, eq. 6 to 8.
"""

import keras
from keras import ops

from summarizer.model.attention._base import attention_weights
from summarizer.types import Tensor


class IntraAttention(keras.layers.Layer):
    """Average of the decoder's earlier outputs, weighted by their match with the current one."""

    def __init__(self, width: int):
        super().__init__()
        self.kernel = self.add_weight((width, width), "glorot_uniform", name="kernel")
        self.built = True

    def start(self, rows: Tensor, max_length: Tensor, width: int) -> tuple[Tensor, Tensor]:
        """Return the past before the first position.

        Returns:
            A buffer for the outputs, float [rows, max_length, H], and their number, int32 [rows].
        """
        buffer = ops.zeros((rows, max_length, width), self.compute_dtype)
        return buffer, ops.zeros((rows,), "int32")

    def call(self, hidden: Tensor) -> Tensor:
        """Return the contexts of all positions of float [R, T, H], in the same shape."""
        times = ops.arange(ops.shape(hidden)[1], dtype="int32")
        return self._average(hidden, hidden, (times[None, :] < times[:, None])[None])

    def step(
        self, hidden: Tensor, past: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return the context of one more position of float [R, H], and the past with it."""
        outputs, count = past
        times = ops.arange(ops.shape(outputs)[1], dtype="int32")[None, :]
        mask = times < count[:, None]
        context = self._average(hidden[:, None, :], outputs, mask[:, None, :])[:, 0]
        is_next = (times == count[:, None])[:, :, None]
        return context, (ops.where(is_next, hidden[:, None, :], outputs), count + 1)

    def _average(self, query: Tensor, outputs: Tensor, mask: Tensor) -> Tensor:
        kernel = ops.cast(ops.convert_to_tensor(self.kernel), self.compute_dtype)
        scores = ops.matmul(ops.matmul(query, kernel), ops.transpose(outputs, (0, 2, 1)))
        return ops.matmul(ops.cast(attention_weights(scores, mask), outputs.dtype), outputs)
