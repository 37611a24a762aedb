"""No sequence of n pieces twice, and an end neither too early nor too late.

For every position j, `runs[j]` is how many pieces before j equal the last ones written. So the
piece at j may not come next where `runs[j] >= n - 1`, for any n, at a cost linear in the length.
Source of the rule: Paulus, Xiong, Socher (2017), arXiv:1705.04304, section 2.5.
"""

from typing import Any

from keras import ops

from summarizer.model.pointer import LOG_ZERO, TokenScores, add_at

_TAKEN = -1e34  # far below any of `pointer.Weights`; so many sums of it are still numbers


def block_ngrams(weights: TokenScores, pieces: Any, runs: Any, t: Any, limits: Any) -> TokenScores:
    """Take away the pieces that would repeat a sequence.

    Args:
        weights: of the next pieces, [B, K, N].
        pieces: int32 [B, K, T], written before t; 0 from t on.
        runs: int32 [B, K, T].
        t: int32 [].
        limits: `search.Limits`.
    """
    if isinstance(limits.block, int) and not limits.block:
        return weights
    written = ops.arange(ops.shape(pieces)[2], dtype="int32") < t
    again = written & (runs >= limits.block - 1) & (limits.block > 0)
    least = LOG_ZERO if weights.share is None else _TAKEN
    amounts = ops.where(again, float(least), 0.0)
    return weights._replace(values=add_at(weights.values, pieces, amounts))


def end_allowed(log_prob: Any, others: Any, t: Any, limits: Any) -> Any:
    """Take away an end that comes too early.

    It may always come where nothing else may, so a beam never runs into a dead end.

    Args:
        log_prob: float32 [B, K], of the end.
        others: float32 [B, K], of the best other piece.
        t: int32 [].
        limits: `search.Limits`.
    """
    return ops.where((t < limits.minimum) & (others > LOG_ZERO / 2), float(LOG_ZERO), log_prob)


def extend(runs: Any, pieces: Any, chosen: Any) -> Any:
    """Return the runs after `chosen`, int32 [B, K], is written behind `pieces`."""
    same = ops.where(pieces == chosen[:, :, None], runs + 1, 0)
    return ops.concatenate([ops.zeros_like(same[:, :, :1]), same[:, :, :-1]], axis=2)
