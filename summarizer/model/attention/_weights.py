"""From scores to weights and their average, for every attention."""

from typing import Any

from keras import ops


def distribution(scores: Any, mask: Any) -> Any:
    """Turn scores into weights, by a softmax over the real pieces.

    Args:
        scores: float [..., S], any finite numbers.
        mask: bool, broadcast to the scores; True at real pieces.

    Returns:
        float32 [..., S], >= 0, exactly 0 where `mask` is False, summing to 1 (to 0 for a document
        without pieces; never NaN).
    """
    scores = ops.where(mask, ops.cast(scores, "float32"), -1e9)
    # The product matters only without any piece, where all weights would be alike.
    return ops.softmax(scores, axis=-1) * ops.cast(mask, "float32")


def average(scores: Any, values: Any, mask: Any) -> Any:
    """Turn scores into weights and average the values.

    Args:
        scores: float [B, T, S], any finite numbers.
        values: float [B, S, H].
        mask: bool [B, S], True at real pieces.

    Returns:
        context: float [B, T, H], in the values' precision.
        weights: float32 [B, T, S], see `distribution`.
    """
    weights = distribution(scores, mask[:, None, :])
    return ops.matmul(ops.cast(weights, values.dtype), values), weights
