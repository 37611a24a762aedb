"""Score of a hypothesis: log-probability, normalized by length, with a coverage penalty.

    score = log_prob / normalizer(length) + β · Σ_s log(min(Σ_t attention_{t,s}, 1))

The normalizer is ((5 + length) / 6) ** α, or the length itself, which makes the score the average
log-probability of a token. The end counts as a token. Source: Wu et al. (2016), arXiv:1609.08144,
eq. 14.
"""

from typing import NamedTuple

from keras import ops

from summarizer.config import DecodeConfig
from summarizer.types import Tensor

# Attention below this value counts as this value: the logarithm of a smaller number is both large
# and inexact.
MIN_ATTENTION = 1e-4


class SearchLimits(NamedTuple):
    """Lengths, scoring and n-gram blocking of a search: numbers, or tensors in a graph.

    Attributes:
        min_tokens: number of tokens before the end is allowed.
        max_tokens: maximum number of tokens, the end included; T.
        length_penalty: alpha of the length normalization.
        no_repeat_ngram: length of the n-grams that may not repeat; 0: no blocking.
        average: whether to normalize by the length itself; alpha then has no effect.
        coverage_penalty: beta of the coverage penalty; 0: none.
    """

    min_tokens: Tensor
    max_tokens: Tensor
    length_penalty: Tensor
    no_repeat_ngram: Tensor
    average: Tensor = False
    coverage_penalty: Tensor = 0.0


def limits_from(decode: DecodeConfig) -> SearchLimits:
    """Return the limits that a configuration sets."""
    return SearchLimits(
        decode.min_tokens,
        decode.max_tokens,
        decode.length_penalty,
        decode.no_repeat_ngram,
        decode.length_normalization == "average",
        float(decode.coverage_penalty),
    )


def normalizer(length: Tensor, limits: SearchLimits) -> Tensor:
    """Return the divisor of the log-probability of a hypothesis, float32.

    Args:
        length: number of tokens, the end included, of any shape.
        limits: gives alpha.
    """
    length = ops.cast(length, "float32")
    gnmt = ops.power((5.0 + length) / 6.0, ops.cast(limits.length_penalty, "float32"))
    return ops.where(limits.average, length, gnmt)


def coverage_penalty(attended: Tensor, mask: Tensor, limits: SearchLimits) -> Tensor:
    """Return the coverage penalty, float32 [B, K], at most 0.

    Args:
        attended: float32 [B * K, S], sum of the attention over the summary positions.
        mask: bool [B, S], True at tokens, False at padding.
        limits: gives beta.
    """
    batch, positions = ops.shape(mask)
    attended = ops.reshape(attended, (batch, -1, positions))
    log_attended = ops.log(ops.clip(attended, MIN_ATTENTION, 1.0))
    log_attended = ops.where(mask[:, None, :], log_attended, 0.0)
    return ops.cast(limits.coverage_penalty, "float32") * ops.sum(log_attended, axis=-1)
