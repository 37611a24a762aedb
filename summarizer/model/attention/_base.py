"""What every attention has in common, and the way from scores to weights and their average."""

from typing import Any

import keras
from keras import ops


class Attention(keras.layers.Layer):
    """What the decoder asks of an attention; this one needs nothing of the positions before.

    Nothing is remembered between calls: what one position leaves for the next is carried in the
    decoder's state.

    Attributes:
        width: M of the context that it returns; 0: there is none, and nothing is pointed at.
        stepwise: whether a position needs what others before it left, so that they come one after
            another in training, too.
    """

    stepwise = False

    def __init__(self, width: int):
        super().__init__(autocast=False)  # what is carried stays float32
        self.width = width
        self.built = True

    def project(self, values: Any) -> Any:
        """Return what queries are compared with, float [B, S, ...], once per document.

        Args:
            values: float [B, S, M], encoder outputs.
        """
        return values

    def start(self, rows: Any, positions: Any) -> tuple[Any, ...]:
        """Return the state before the first position, each float32 [rows, S]."""
        return ()

    def matrix(self, kernel: Any) -> Any:
        """Return a weight in the products' precision."""
        return ops.cast(ops.convert_to_tensor(kernel), self.compute_dtype)


def attention_weights(scores: Any, mask: Any) -> Any:
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


def weighted_sum(scores: Any, values: Any, mask: Any) -> Any:
    """Turn scores into weights and average the values.

    Args:
        scores: float [B, T, S], any finite numbers.
        values: float [B, S, M].
        mask: bool [B, S], True at real pieces.

    Returns:
        context: float [B, T, M], in the values' precision.
        weights: float32 [B, T, S], see `distribution`.
    """
    weights = attention_weights(scores, mask[:, None, :])
    return ops.matmul(ops.cast(weights, values.dtype), values), weights
