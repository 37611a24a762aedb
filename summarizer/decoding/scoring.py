"""What a hypothesis is worth: its log-probability by its length, less what it left unattended.

    score = log_prob / normalizer(length) + β · Σ_s log(min(Σ_t attention_{t,s}, 1))

with normalizer ((5 + length) / 6) ** α, or the length itself for the average log-probability of a
piece; the end counts as a piece. Source: Wu et al. (2016), arXiv:1609.08144, eq. 14.
"""

from typing import Any, NamedTuple

from keras import ops

MIN_ATTENTION = (
    1e-4  # attention below it counts as this much: its logarithm is as inexact as it is large
)


class SearchLimits(NamedTuple):
    """How long and how freely to write, and what counts; numbers, or tensors in a graph.

    Attributes:
        minimum: pieces before the end may come.
        maximum: pieces at most, the end included; T.
        penalty: alpha of the length normalisation.
        block: no sequence of so many pieces twice; 0: allowed.
        average: normalise by the length itself, whatever alpha.
        coverage: beta of the coverage penalty; 0: none.
    """

    minimum: Any
    maximum: Any
    penalty: Any
    block: Any
    average: Any = False
    coverage: Any = 0.0


def limits_from(decode: Any) -> SearchLimits:
    """Return the limits that a `DecodeConfig` sets."""
    return SearchLimits(
        decode.min_tokens,
        decode.max_tokens,
        decode.length_penalty,
        decode.no_repeat_ngram,
        decode.length_normalization == "average",
        float(decode.coverage_penalty),
    )


def normalizer(length: Any, limits: SearchLimits) -> Any:
    """Return what a log-probability is divided by, float32."""
    length = ops.cast(length, "float32")
    gnmt = ops.power((5.0 + length) / 6.0, ops.cast(limits.penalty, "float32"))
    return ops.where(limits.average, length, gnmt)


def coverage_penalty(attended: Any, mask: Any, limits: SearchLimits) -> Any:
    """Return the coverage penalty, float32 [B, K], at most 0.

    Args:
        attended: float32 [B * K, S], attention summed over the positions.
        mask: bool [B, S], True at real pieces.
        limits: gives beta.
    """
    batch, positions = ops.shape(mask)
    attended = ops.reshape(attended, (batch, -1, positions))
    missing = ops.log(ops.clip(attended, MIN_ATTENTION, 1.0))
    missing = ops.where(mask[:, None, :], missing, 0.0)
    return ops.cast(limits.coverage, "float32") * ops.sum(missing, axis=-1)
