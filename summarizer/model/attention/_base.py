"""What all kinds of attention share: their base class, and the step from scores to weights."""

import keras
from keras import ops

from summarizer.types import Tensor


class Attention(keras.layers.Layer):
    """Base class of attention layers; on its own, for attention without a state.

    A layer stores nothing between calls. What one position passes on to the next is carried in the
    decoder's state.

    Attributes:
        width: M, the width of the context vector; 0 if there is none, and so nothing to copy from.
        stepwise: whether a position depends on the positions before it, so that they are computed
            one after another in training, too.
    """

    stepwise = False

    def __init__(self, width: int):
        super().__init__(autocast=False)  # the carried state stays float32
        self.width = width
        self.built = True

    def project(self, values: Tensor) -> Tensor:
        """Return the keys that queries are compared with, float [B, S, ...]; once per document.

        Args:
            values: float [B, S, M], encoder outputs.
        """
        return values

    def start(self, rows: Tensor, positions: Tensor) -> tuple[Tensor, ...]:
        """Return the state before the first position, each float32 [rows, S]; () if stateless."""
        return ()

    def matrix(self, kernel: keras.Variable) -> Tensor:
        """Return a weight in the precision of the products."""
        return ops.cast(ops.convert_to_tensor(kernel), self.compute_dtype)


def attention_weights(scores: Tensor, mask: Tensor) -> Tensor:
    """Turn scores into weights, by a softmax over the real tokens.

    Args:
        scores: float [..., S], any finite numbers.
        mask: bool, broadcast to the scores; True at real tokens.

    Returns:
        float32 [..., S], >= 0, exactly 0 where `mask` is False, summing to 1 (to 0 for a document
        without tokens; never NaN).
    """
    scores = ops.where(mask, ops.cast(scores, "float32"), -1e9)
    # The product matters only for a document without tokens, where all weights would be equal.
    return ops.softmax(scores, axis=-1) * ops.cast(mask, "float32")


def weighted_sum(scores: Tensor, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Turn scores into weights, and average the values with them.

    Args:
        scores: float [B, T, S], any finite numbers.
        values: float [B, S, M].
        mask: bool [B, S], True at real tokens.

    Returns:
        context: float [B, T, M], in the precision of the values.
        weights: float32 [B, T, S], see `attention_weights`.
    """
    weights = attention_weights(scores, mask[:, None, :])
    return ops.matmul(ops.cast(weights, values.dtype), values), weights
