"""The small network that additive and location-aware attention score with.

score = v · tanh(W h_t + U s_j + b + more)
"""

from typing import Any

from keras import ops

from summarizer.model.attention._base import Attention


class Scorer(Attention):
    """An attention whose query and keys are projected, added, squashed and scored."""

    def __init__(self, query: int, memory: int, width: int):
        """Make it with a hidden layer of a width."""
        super().__init__(memory)
        self.query_kernel = self.add_weight((query, width), "glorot_uniform", name="query_kernel")
        self.key_kernel = self.add_weight((memory, width), "glorot_uniform", name="key_kernel")
        self.bias = self.add_weight((width,), "zeros", name="bias")
        self.vector = self.add_weight((width, 1), "glorot_uniform", name="vector")

    def project(self, values: Any) -> Any:
        """Return the keys, float [B, S, width], once per document."""
        return ops.matmul(values, self.matrix(self.key_kernel)) + self.matrix(self.bias)

    def scores(self, query: Any, keys: Any, more: Any = None) -> Any:
        """Score every piece from every position, float [B, T, S].

        Args:
            query: float [B, T, H].
            keys: float [B, S, width].
            more: float [B, T, S, width], what is added before the squashing.
        """
        query = ops.matmul(ops.cast(query, self.compute_dtype), self.matrix(self.query_kernel))
        sums = query[:, :, None, :] + keys[:, None, :, :]
        hidden = ops.tanh(sums if more is None else sums + more)
        # Two matrices: XLA takes no gradient of a product of four dimensions in a loop.
        vector = self.matrix(self.vector)
        scores = ops.matmul(ops.reshape(hidden, (-1, ops.shape(vector)[0])), vector)
        return ops.reshape(scores, ops.shape(hidden)[:3])
