"""Attend to what the decoder itself was at the positions before, against repeating it.

    e_tt' = h_t · W h_t'          t' < t
    c_t   = Σ_t' softmax(e_t)_t' h_t'; 0 at the first position

Source: Paulus, Xiong, Socher (2017), arXiv:1705.04304, eq. 6 to 8 (intra-decoder attention).
"""

from typing import Any

import keras
from keras import ops

from summarizer.model.attention._base import attention_weights


class IntraAttention(keras.layers.Layer):
    """Average the decoder's earlier outputs, weighted by likeness to the last."""

    def __init__(self, width: int):
        super().__init__()
        self.kernel = self.add_weight((width, width), "glorot_uniform", name="kernel")
        self.built = True

    def start(self, rows: Any, longest: Any, width: int) -> tuple[Any, Any]:
        """Return the past before the first position: room for `longest` outputs, and how many.

        Returns:
            float [rows, longest, H] and int32 [rows].
        """
        room = ops.zeros((rows, longest, width), self.compute_dtype)
        return room, ops.zeros((rows,), "int32")

    def call(self, hidden: Any) -> Any:
        """Return the contexts of all positions of float [R, T, H], in the same shape."""
        times = ops.arange(ops.shape(hidden)[1], dtype="int32")
        return self._average(hidden, hidden, (times[None, :] < times[:, None])[None])

    def step(self, hidden: Any, past: tuple[Any, Any]) -> tuple[Any, tuple[Any, Any]]:
        """Return the context of one more position of float [R, H], and the past with it."""
        outputs, count = past
        times = ops.arange(ops.shape(outputs)[1], dtype="int32")[None, :]
        mask = times < count[:, None]
        context = self._average(hidden[:, None, :], outputs, mask[:, None, :])[:, 0]
        here = (times == count[:, None])[:, :, None]
        return context, (ops.where(here, hidden[:, None, :], outputs), count + 1)

    def _average(self, query: Any, outputs: Any, mask: Any) -> Any:
        kernel = ops.cast(ops.convert_to_tensor(self.kernel), self.compute_dtype)
        scores = ops.matmul(ops.matmul(query, kernel), ops.transpose(outputs, (0, 2, 1)))
        return ops.matmul(ops.cast(attention_weights(scores, mask), outputs.dtype), outputs)
