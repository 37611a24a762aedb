"""Location-aware attention: additive attention that also sees where the previous position attended.

    f_tj          = Σ_i F_i a_{t-1, j+i}            convolution of the previous weights, no bias
    score(h_t, j) = v · tanh(W h_t + V s_j + U f_tj + b)

Attention can so move on from its previous place, even if other tokens look the same. At the first
position the previous weights are 0.

Source: Chorowski et al. (2015), arXiv:1506.07503, eq. 8 and 9.
"""

from dataclasses import dataclass

from keras import ops

from summarizer.model.attention._base import weighted_sum
from summarizer.model.attention._scorer import Scorer
from summarizer.types import Tensor


@dataclass(frozen=True)
class Options:
    """Settings of the attention."""

    width: int = 256  # width of the network's hidden layer
    filters: int = 10  # number of features of the weights around a token
    kernel: int = (
        15  # tokens that a feature covers, an odd number; the token itself is in the middle
    )

    def __post_init__(self) -> None:
        for name in ("width", "filters", "kernel"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name}={value!r}: must be a whole number above 0")
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel={self.kernel}: must be odd; the next is {self.kernel + 1}")


def build(options: Options, query: int, memory: int) -> "LocationAttention":
    """Build the attention of a decoder of width `query` over a memory of width `memory`."""
    return LocationAttention(options, query, memory)


class LocationAttention(Scorer):
    """Attention scored by a small network that sees the previous weights."""

    stepwise = True

    def __init__(self, options: Options, query: int, memory: int):
        super().__init__(query, memory, options.width)
        self.kernel = options.kernel
        self.filters = self.add_weight(
            (options.kernel, options.filters), "glorot_uniform", name="filters"
        )
        self.filter_kernel = self.add_weight(
            (options.filters, options.width), "glorot_uniform", name="filter_kernel"
        )

    def start(self, rows: Tensor, positions: Tensor) -> tuple[Tensor, ...]:
        """Return the weights before the first position: 0."""
        return (ops.zeros((rows, positions), "float32"),)

    def call(
        self,
        query: Tensor,
        keys: Tensor,
        values: Tensor,
        mask: Tensor,
        state: tuple[Tensor, ...] = (),
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """Attend from one position of each of T summaries; see `AdditiveAttention.call`."""
        before = ops.cast(state[0], self.compute_dtype)
        # The convolution and the projection of its features are linear: one product does both.
        both = ops.matmul(self.matrix(self.filters), self.matrix(self.filter_kernel))
        windows = ops.reshape(self._windows(before), (-1, self.kernel))
        batch, steps, positions = ops.shape(before)
        extra = ops.reshape(ops.matmul(windows, both), (batch, steps, positions, -1))
        context, weights = weighted_sum(self.scores(query, keys, extra), values, mask)
        return context, weights, (weights,)

    def _windows(self, weights: Tensor) -> Tensor:
        """Return the weights around each token, float [B, T, S, kernel]; 0 beyond the document."""
        half = self.kernel // 2
        padded = ops.pad(weights, ((0, 0), (0, 0), (half, half)))
        ends = [begin - self.kernel + 1 or None for begin in range(self.kernel)]
        return ops.stack([padded[:, :, begin:end] for begin, end in enumerate(ends)], axis=-1)
