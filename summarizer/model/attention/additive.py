"""Compare through a small network: query and key are projected, added, squashed and scored.

    score(h_t, s_j) = v · tanh(W h_t + U s_j + b)

Source: Bahdanau, Cho, Bengio (2015), arXiv:1409.0473, A.1.2. The keys U s_j do not depend on the
query, so `project` runs once per document. With coverage, the attention so far, without this
position's, is a further input, c_t = Σ_{t' < t} a_t' (See, Liu, Manning 2017, arXiv:1704.04368,
eq. 11):

    score(h_t, s_j) = v · tanh(W h_t + U s_j + w_c c_tj + b)
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from summarizer.model.attention._weights import average


@dataclass(frozen=True)
class Options:
    """Settings of the attention."""

    width: int = 256  # of the network's hidden layer
    coverage: bool = False  # see how much each piece was attended to before

    def __post_init__(self) -> None:
        if not isinstance(self.width, int) or self.width < 1:
            raise ValueError(f"width={self.width!r}: must be a whole number above 0")
        if not isinstance(self.coverage, bool):
            raise ValueError(f"coverage={self.coverage!r}: must be true or false")


def build(options: Options, query: int, memory: int) -> "AdditiveAttention":
    """Make the attention of a decoder of width `query` over a memory of width `memory`."""
    return AdditiveAttention(options, query, memory)


class AdditiveAttention(keras.layers.Layer):
    """Average the document, weighted by relevance to what is being written now."""

    def __init__(self, options: Options, query: int, memory: int):
        super().__init__()
        width = options.width
        self.sees_coverage = options.coverage
        self.query_kernel = self.add_weight((query, width), "glorot_uniform", name="query_kernel")
        self.key_kernel = self.add_weight((memory, width), "glorot_uniform", name="key_kernel")
        self.bias = self.add_weight((width,), "zeros", name="bias")
        self.vector = self.add_weight((width, 1), "glorot_uniform", name="vector")
        if options.coverage:
            self.coverage_kernel = self.add_weight(
                (1, width), "glorot_uniform", name="coverage_kernel"
            )
        self.built = True

    def project(self, values: Any) -> Any:
        """Return the keys, float [B, S, width], once per document."""
        dtype = self.compute_dtype
        keys = ops.matmul(values, ops.cast(ops.convert_to_tensor(self.key_kernel), dtype))
        return keys + ops.cast(ops.convert_to_tensor(self.bias), dtype)

    def call(self, query: Any, keys: Any, values: Any, mask: Any, coverage: Any = None) -> Any:
        """Attend from every summary position at once.

        Args:
            query: float [B, T, H], decoder outputs.
            keys: float [B, S, width], from `project`.
            values: float [B, S, M], encoder outputs.
            mask: bool [B, S], True at real pieces.
            coverage: float32 [B, T, S], weights of the positions before, summed, without this
                one; where the attention sees coverage.

        Returns:
            context: float [B, T, M].
            weights: float32 [B, T, S], >= 0, exactly 0 where `mask` is False, summing to 1 (to 0
                for a document without pieces; never NaN).
        """
        dtype = self.compute_dtype
        query = ops.cast(query, dtype)
        query = ops.matmul(query, ops.cast(ops.convert_to_tensor(self.query_kernel), dtype))
        sums = query[:, :, None, :] + keys[:, None, :, :]
        if self.sees_coverage:
            kernel = ops.cast(ops.convert_to_tensor(self.coverage_kernel), dtype)
            sums = sums + ops.cast(coverage, dtype)[..., None] * kernel
        hidden = ops.tanh(sums)
        # Two matrices: XLA takes no gradient of a product of four dimensions in a loop.
        vector = ops.cast(ops.convert_to_tensor(self.vector), dtype)
        scores = ops.matmul(ops.reshape(hidden, (-1, ops.shape(vector)[0])), vector)
        return average(ops.reshape(scores, ops.shape(hidden)[:3]), values, mask)
