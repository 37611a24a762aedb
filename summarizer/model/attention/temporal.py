"""Temporal attention: tokens that earlier positions attended to count less, against repetition.

    e_tj  = h_t · W s_j
    e'_tj = exp(e_tj)                                 at the first position
            exp(e_tj) / Σ_{t' < t} exp(e_t'j)         at the others
    a_tj  = e'_tj / Σ_j' e'_tj'

Source: Paulus, Xiong, Socher (2017), arXiv:1705.04304, eq. 2 to 4; after Nallapati et al. (2016),
arXiv:1602.06023, section 2.4. The sums are stored as logarithms, so that nothing overflows.
"""

from dataclasses import dataclass

from keras import ops

from summarizer.model.attention._base import Attention, weighted_sum
from summarizer.types import Tensor

_LOG_ZERO = -1e9  # logarithm of the sum before the first position


@dataclass(frozen=True)
class Options:
    """No settings."""


def build(options: Options, query: int, memory: int) -> "TemporalAttention":
    """Build the attention of a decoder of width `query` over a memory of width `memory`."""
    return TemporalAttention(query, memory)


class TemporalAttention(Attention):
    """General attention, divided by the exponentiated scores of the earlier positions."""

    stepwise = True

    def __init__(self, query: int, memory: int):
        super().__init__(memory)
        self.kernel = self.add_weight((memory, query), "glorot_uniform", name="kernel")

    def project(self, values: Tensor) -> Tensor:
        """Return the keys, float [B, S, H]; once per document."""
        return ops.matmul(values, self.matrix(self.kernel))

    def start(self, rows: Tensor, positions: Tensor) -> tuple[Tensor, ...]:
        """Return the logarithm of the sums before the first position."""
        return (ops.full((rows, positions), _LOG_ZERO, "float32"),)

    def call(
        self,
        query: Tensor,
        keys: Tensor,
        values: Tensor,
        mask: Tensor,
        state: tuple[Tensor, ...] = (),
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """Attend from one position of each of T summaries; see `AdditiveAttention.call`."""
        (log_sums,) = state
        query = ops.cast(query, self.compute_dtype)
        scores = ops.cast(ops.matmul(query, ops.transpose(keys, (0, 2, 1))), "float32")
        penalty = ops.where(log_sums > _LOG_ZERO / 2, log_sums, 0.0)
        smaller_term = ops.exp(-ops.abs(scores - log_sums))  # relative to the larger one
        next_sums = ops.maximum(scores, log_sums) + ops.log(1.0 + smaller_term)
        return *weighted_sum(scores - penalty, values, mask), (next_sums,)
