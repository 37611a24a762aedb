"""N-gram blocking, and the minimum length of a summary.

For each position j, `suffix_matches[j]` is the number of tokens directly before j that equal the
last tokens written. The token at j would therefore repeat an n-gram if `suffix_matches[j]` is at
least n - 1. The cost is linear in the length for any n. Source of the rule: Paulus, Xiong, Socher
(2017), arXiv:1705.04304, section 2.5.
"""

from keras import ops

from summarizer.decoding.scoring import SearchLimits
from summarizer.model.pointer import LOG_ZERO, TokenScores, add_at
from summarizer.types import Tensor

_BLOCKED = -1e34  # far below any value of `TokenScores`; the sum of thousands is still finite


def block_ngrams(
    scores: TokenScores, tokens: Tensor, suffix_matches: Tensor, t: Tensor, limits: SearchLimits
) -> TokenScores:
    """Exclude tokens that would repeat an n-gram.

    Args:
        scores: of the next tokens, [B, K, N].
        tokens: int32 [B, K, T], written before t; 0 from t on.
        suffix_matches: int32 [B, K, T].
        t: int32 [].
        limits: gives the length of the n-grams.
    """
    length = limits.no_repeat_ngram
    if isinstance(length, int) and not length:
        return scores
    written = ops.arange(ops.shape(tokens)[2], dtype="int32") < t
    repeats = written & (suffix_matches >= length - 1) & (length > 0)
    minimum = LOG_ZERO if scores.share is None else _BLOCKED
    amounts = ops.where(repeats, float(minimum), 0.0)
    return scores._replace(values=add_at(scores.values, tokens, amounts))


def end_allowed(log_prob: Tensor, best_other: Tensor, t: Tensor, limits: SearchLimits) -> Tensor:
    """Return the log-probability of the end, LOG_ZERO before the minimum length, float32 [B, K].

    The end stays possible where no other token is, so a beam never reaches a dead end.

    Args:
        log_prob: float32 [B, K], of the end.
        best_other: float32 [B, K], of the best other token.
        t: int32 [].
        limits: gives the minimum length.
    """
    too_early = (t < limits.min_tokens) & (best_other > LOG_ZERO / 2)
    return ops.where(too_early, float(LOG_ZERO), log_prob)


def extend(suffix_matches: Tensor, tokens: Tensor, chosen: Tensor) -> Tensor:
    """Return the suffix matches after `chosen`, int32 [B, K], is written after `tokens`."""
    matches = ops.where(tokens == chosen[:, :, None], suffix_matches + 1, 0)
    return ops.concatenate([ops.zeros_like(matches[:, :, :1]), matches[:, :, :-1]], axis=2)
