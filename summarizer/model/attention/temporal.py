"""Compare by a learned product, and count less where the positions before already looked.

    e_tj  = h_t · W s_j
    e'_tj = exp(e_tj)                                 at the first position
            exp(e_tj) / Σ_{t' < t} exp(e_t'j)         then
    a_tj  = e'_tj / Σ_j' e'_tj'

Source: Paulus, Xiong, Socher (2017), arXiv:1705.04304, eq. 2 to 4; after Nallapati et al. (2016),
arXiv:1602.06023, section 2.4. The sums are kept as logarithms, so that nothing overflows.
"""

from dataclasses import dataclass
from typing import Any

from keras import ops

from summarizer.model.attention._base import Attention, weighted_sum

_NOTHING = -1e9  # the logarithm of a sum of nothing


@dataclass(frozen=True)
class Options:
    """No settings."""


def build(options: Options, query: int, memory: int) -> "TemporalAttention":
    """Make the attention of a decoder of width `query` over a memory of width `memory`."""
    return TemporalAttention(query, memory)


class TemporalAttention(Attention):
    """Average the document, weighted by likeness to what is written now and not to what was."""

    stepwise = True

    def __init__(self, query: int, memory: int):
        super().__init__(memory)
        self.kernel = self.add_weight((memory, query), "glorot_uniform", name="kernel")

    def project(self, values: Any) -> Any:
        """Return the keys, float [B, S, H], once per document."""
        return ops.matmul(values, self.matrix(self.kernel))

    def start(self, rows: Any, positions: Any) -> tuple[Any, ...]:
        """Return the logarithm of the sums before the first position."""
        return (ops.full((rows, positions), _NOTHING, "float32"),)

    def call(
        self, query: Any, keys: Any, values: Any, mask: Any, state: tuple[Any, ...] = ()
    ) -> tuple[Any, Any, tuple[Any, ...]]:
        """Attend from one position of each of T summaries; see `AdditiveAttention.call`."""
        (before,) = state
        query = ops.cast(query, self.compute_dtype)
        scores = ops.cast(ops.matmul(query, ops.transpose(keys, (0, 2, 1))), "float32")
        less = ops.where(before > _NOTHING / 2, before, 0.0)
        apart = ops.exp(-ops.abs(scores - before))  # of the two terms of the new sum
        total = ops.maximum(scores, before) + ops.log(1.0 + apart)
        return *weighted_sum(scores - less, values, mask), (total,)
