"""Multi-head attention: several scaled dot products, each with its own projections.

    score_i(h_t, s_j) = (W_i h_t) · (U_i s_j) / √d      head i of width d
    context           = W_o [Σ_j a_1j V_1 s_j; …; Σ_j a_nj V_n s_j]

Source: Vaswani et al. (2017), arXiv:1706.03762, eq. 1 and section 3.2.2. The pointer needs one
distribution over the document: the mean of the heads' weights.
"""

from dataclasses import dataclass

import keras
from keras import ops

from summarizer.model.attention._base import Attention, attention_weights
from summarizer.types import Tensor


@dataclass(frozen=True)
class Options:
    """Settings of the attention."""

    heads: int = 4  # number of heads; must divide the width
    width: int = 256  # total width of all heads

    def __post_init__(self) -> None:
        for name, value in (("heads", self.heads), ("width", self.width)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name}={value!r}: must be a whole number above 0")
        if self.width % self.heads:
            divisors = [n for n in range(1, self.width + 1) if self.width % n == 0]
            nearest = min(divisors, key=lambda n: abs(n - self.heads))
            raise ValueError(
                f"heads={self.heads}: must divide width={self.width}; the nearest is {nearest}"
            )


def build(options: Options, query: int, memory: int) -> "MultiHeadAttention":
    """Build the attention of a decoder of width `query` over a memory of width `memory`."""
    return MultiHeadAttention(options, query, memory)


class MultiHeadAttention(Attention):
    """Several scaled dot-product attentions side by side."""

    def __init__(self, options: Options, query: int, memory: int):
        super().__init__(memory)
        self.heads, self.inner = options.heads, options.width
        width = self.inner
        self.query_kernel = self.add_weight((query, width), "glorot_uniform", name="query_kernel")
        self.key_kernel = self.add_weight((memory, width), "glorot_uniform", name="key_kernel")
        self.value_kernel = self.add_weight((memory, width), "glorot_uniform", name="value_kernel")
        self.out_kernel = self.add_weight((width, memory), "glorot_uniform", name="out_kernel")

    def project(self, values: Tensor) -> Tensor:
        """Return keys and projected values side by side, float [B, S, 2 * width]."""
        return ops.concatenate(
            [self._times(values, self.key_kernel), self._times(values, self.value_kernel)], axis=-1
        )

    def call(
        self,
        query: Tensor,
        keys: Tensor,
        values: Tensor,
        mask: Tensor,
        state: tuple[Tensor, ...] = (),
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """Attend from every summary position at once.

        See `AdditiveAttention.call`, except that keys are float [B, S, 2 * width] and the weights
        are the mean of the heads' weights.
        """
        batch, steps, _ = ops.shape(query)  # the shape of the product does not export to ONNX
        query = self._times(ops.cast(query, self.compute_dtype), self.query_kernel)
        query = self._split(query, batch, steps)
        batch, positions, _ = ops.shape(keys)
        keys, values = (self._split(part, batch, positions) for part in ops.split(keys, 2, axis=-1))
        scores = ops.matmul(query, ops.transpose(keys, (0, 1, 3, 2)))
        scores = ops.cast(scores, "float32") * (self.inner // self.heads) ** -0.5
        weights = attention_weights(scores, mask[:, None, None, :])
        context = ops.matmul(ops.cast(weights, values.dtype), values)
        context = ops.reshape(ops.transpose(context, (0, 2, 1, 3)), (batch, steps, self.inner))
        return self._times(context, self.out_kernel), ops.mean(weights, axis=1), ()

    def _times(self, x: Tensor, kernel: keras.Variable) -> Tensor:
        return ops.matmul(x, self.matrix(kernel))

    def _split(self, x: Tensor, batch: Tensor, steps: Tensor) -> Tensor:
        """Reshape float [B, T, width] to [B, heads, T, width / heads]."""
        parts = ops.reshape(x, (batch, steps, self.heads, self.inner // self.heads))
        return ops.transpose(parts, (0, 2, 1, 3))
