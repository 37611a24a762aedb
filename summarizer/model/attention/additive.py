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

from keras import ops

from summarizer.model.attention._base import weighted_sum
from summarizer.model.attention._scorer import Scorer


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


class AdditiveAttention(Scorer):
    """Average the document, weighted by relevance to what is being written now."""

    def __init__(self, options: Options, query: int, memory: int):
        super().__init__(query, memory, options.width)
        self.stepwise = options.coverage
        if options.coverage:
            self.coverage_kernel = self.add_weight(
                (1, options.width), "glorot_uniform", name="coverage_kernel"
            )

    def start(self, rows: Any, positions: Any) -> tuple[Any, ...]:
        """Return the coverage before the first position, where it is seen."""
        return (ops.zeros((rows, positions), "float32"),) if self.stepwise else ()

    def call(
        self, query: Any, keys: Any, values: Any, mask: Any, state: tuple[Any, ...] = ()
    ) -> tuple[Any, Any, tuple[Any, ...]]:
        """Attend from every summary position at once.

        Args:
            query: float [B, T, H], decoder outputs.
            keys: float [B, S, width], from `project`.
            values: float [B, S, M], encoder outputs.
            mask: bool [B, S], True at real pieces.
            state: what the positions before left, each float32 [B, T, S]; () where the attention
                is not `stepwise`. Where it is, the T positions are of T summaries.

        Returns:
            context: float [B, T, M].
            weights: float32 [B, T, S], >= 0, exactly 0 where `mask` is False, summing to 1 (to 0
                for a document without pieces; never NaN).
            state: for the next position.
        """
        more = None
        if self.stepwise:
            coverage = ops.cast(state[0], self.compute_dtype)
            more = coverage[..., None] * self.matrix(self.coverage_kernel)
        context, weights = weighted_sum(self.scores(query, keys, more), values, mask)
        return context, weights, (state[0] + weights,) if self.stepwise else ()
