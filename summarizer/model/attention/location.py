"""Compare as additive attention does, and see where the position before looked.

    f_tj          = Σ_i F_i a_{t-1, j+i}            a convolution of the weights before, no bias
    score(h_t, j) = v · tanh(W h_t + V s_j + U f_tj + b)

Source: Chorowski et al. (2015), arXiv:1506.07503, eq. 8 and 9. So attention can move on from where
it was, whatever the pieces there have in common with others. Before the first position, nothing
was looked at: the weights are 0.
"""

from dataclasses import dataclass
from typing import Any

from keras import ops

from summarizer.model.attention._base import weighted_sum
from summarizer.model.attention._scorer import Scorer


@dataclass(frozen=True)
class Options:
    """Settings of the attention."""

    width: int = 256  # of the network's hidden layer
    filters: int = 10  # features of the weights around a piece
    kernel: int = 15  # pieces that they see, the piece itself in the middle

    def __post_init__(self) -> None:
        for name in ("width", "filters", "kernel"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name}={value!r}: must be a whole number above 0")
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel={self.kernel}: must be odd; the next is {self.kernel + 1}")


def build(options: Options, query: int, memory: int) -> "LocationAttention":
    """Make the attention of a decoder of width `query` over a memory of width `memory`."""
    return LocationAttention(options, query, memory)


class LocationAttention(Scorer):
    """Average the document, weighted by relevance and by the place of what was written before."""

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

    def start(self, rows: Any, positions: Any) -> tuple[Any, ...]:
        """Return the weights before the first position: 0."""
        return (ops.zeros((rows, positions), "float32"),)

    def call(
        self, query: Any, keys: Any, values: Any, mask: Any, state: tuple[Any, ...] = ()
    ) -> tuple[Any, Any, tuple[Any, ...]]:
        """Attend from one position of each of T summaries; see `AdditiveAttention.call`."""
        before = ops.cast(state[0], self.compute_dtype)
        # The convolution and what follows it are linear: one product does both.
        both = ops.matmul(self.matrix(self.filters), self.matrix(self.filter_kernel))
        seen = ops.reshape(self._around(before), (-1, self.kernel))
        batch, steps, positions = ops.shape(before)
        more = ops.reshape(ops.matmul(seen, both), (batch, steps, positions, -1))
        context, weights = weighted_sum(self.scores(query, keys, more), values, mask)
        return context, weights, (weights,)

    def _around(self, weights: Any) -> Any:
        """The weights around each piece, float [B, T, S, kernel]; 0 beyond the document."""
        half = self.kernel // 2
        wide = ops.pad(weights, ((0, 0), (0, 0), (half, half)))
        ends = [at - self.kernel + 1 or None for at in range(self.kernel)]
        return ops.stack([wide[:, :, at:end] for at, end in enumerate(ends)], axis=-1)
