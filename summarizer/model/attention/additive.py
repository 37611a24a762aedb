"""Additive attention (Bahdanau): a small network scores query and key.

    score(h_t, s_j) = v · tanh(W h_t + U s_j + b)

Source: Bahdanau, Cho, Bengio (2015), arXiv:1409.0473, A.1.2. The keys U s_j do not depend on the
query, so `project` runs once per document. With the option `coverage` the network also sees the sum
of the attention of the earlier positions, c_t = Σ_{t' < t} a_t' (See, Liu, Manning 2017,
arXiv:1704.04368, eq. 11):

    score(h_t, s_j) = v · tanh(W h_t + U s_j + w_c c_tj + b)
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
    coverage: bool = False  # see how much attention each token has received so far

    def __post_init__(self) -> None:
        if not isinstance(self.width, int) or self.width < 1:
            raise ValueError(f"width={self.width!r}: must be a whole number above 0")
        if not isinstance(self.coverage, bool):
            raise ValueError(f"coverage={self.coverage!r}: must be true or false")


def build(options: Options, query: int, memory: int) -> "AdditiveAttention":
    """Build the attention of a decoder of width `query` over a memory of width `memory`."""
    return AdditiveAttention(options, query, memory)


class AdditiveAttention(Scorer):
    """Attention scored by a small network, optionally with coverage."""

    def __init__(self, options: Options, query: int, memory: int):
        super().__init__(query, memory, options.width)
        self.stepwise = options.coverage
        if options.coverage:
            self.coverage_kernel = self.add_weight(
                (1, options.width), "glorot_uniform", name="coverage_kernel"
            )

    def start(self, rows: Tensor, positions: Tensor) -> tuple[Tensor, ...]:
        """Return the coverage before the first position, or () without coverage."""
        return (ops.zeros((rows, positions), "float32"),) if self.stepwise else ()

    def call(
        self,
        query: Tensor,
        keys: Tensor,
        values: Tensor,
        mask: Tensor,
        state: tuple[Tensor, ...] = (),
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """Attend from every summary position at once.

        Args:
            query: float [B, T, H], decoder outputs.
            keys: float [B, S, width], from `project`.
            values: float [B, S, M], encoder outputs.
            mask: bool [B, S], True at real tokens.
            state: from the positions before, each float32 [B, T, S]; () unless the attention is
                `stepwise`. If it is, the T positions belong to T different summaries.

        Returns:
            context: float [B, T, M].
            weights: float32 [B, T, S], >= 0, exactly 0 where `mask` is False, summing to 1 (to 0
                for a document without tokens; never NaN).
            state: for the next position.
        """
        extra = None
        if self.stepwise:
            coverage = ops.cast(state[0], self.compute_dtype)
            extra = coverage[..., None] * self.matrix(self.coverage_kernel)
        context, weights = weighted_sum(self.scores(query, keys, extra), values, mask)
        return context, weights, (state[0] + weights,) if self.stepwise else ()
