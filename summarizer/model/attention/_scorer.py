"""The small network with which additive and location-aware attention score.

score = v · tanh(W h_t + U s_j + b + extra)
"""

from keras import ops

from summarizer.model.attention._base import Attention
from summarizer.types import Tensor


class Scorer(Attention):
    """Base class: query and keys are projected, added, passed through tanh and scored."""

    def __init__(self, query: int, memory: int, width: int):
        """Create the weights of a network with a hidden layer of this width."""
        super().__init__(memory)
        self.query_kernel = self.add_weight((query, width), "glorot_uniform", name="query_kernel")
        self.key_kernel = self.add_weight((memory, width), "glorot_uniform", name="key_kernel")
        self.bias = self.add_weight((width,), "zeros", name="bias")
        self.vector = self.add_weight((width, 1), "glorot_uniform", name="vector")

    def project(self, values: Tensor) -> Tensor:
        """Return the keys, float [B, S, width]; once per document."""
        return ops.matmul(values, self.matrix(self.key_kernel)) + self.matrix(self.bias)

    def scores(self, query: Tensor, keys: Tensor, extra: Tensor | None = None) -> Tensor:
        """Score every token from every position, float [B, T, S].

        Args:
            query: float [B, T, H].
            keys: float [B, S, width].
            extra: float [B, T, S, width], added before the tanh.
        """
        query = ops.matmul(ops.cast(query, self.compute_dtype), self.matrix(self.query_kernel))
        sums = query[:, :, None, :] + keys[:, None, :, :]
        hidden = ops.tanh(sums if extra is None else sums + extra)
        # Two-dimensional factors: in a loop, XLA cannot differentiate a four-dimensional product.
        vector = self.matrix(self.vector)
        scores = ops.matmul(ops.reshape(hidden, (-1, ops.shape(vector)[0])), vector)
        return ops.reshape(scores, ops.shape(hidden)[:3])
