"""The generator's log-probability of known pieces, in as few passes over the scores as can be.

The scores of all positions and pieces are the largest tensor of a training step. Forward they are
read to sum their exponentials, backward once more for the gradient, softmax − one-hot, which is
written in the products' precision. A float32 copy of them is never made.
"""

from typing import Any

from keras import ops

from summarizer.model.fusion import fuse, product


def log_prob(scores: Any, bias: Any, target: Any) -> Any:
    """Return the log-probability of pieces; differentiable in scores and bias.

    Args:
        scores: float [M, N], features times embeddings.
        bias: float32 [N], added to every row.
        target: int32 [M], pieces below N.

    Returns:
        float32 [M], log softmax(scores + bias) at the target.
    """

    def sums(scores: Any, bias: Any, target: Any) -> Any:
        logits = ops.cast(scores, "float32") + bias
        most = ops.max(logits, axis=-1)
        total = most + ops.log(ops.sum(ops.exp(logits - most[:, None]), axis=-1))
        right = ops.take_along_axis(logits, target[:, None], axis=-1)[:, 0]
        return right - total, total

    def slopes(scores: Any, bias: Any, target: Any, total: Any, upstream: Any) -> Any:
        softmax = ops.exp(ops.cast(scores, "float32") + (bias - total[:, None]))
        right = ops.arange(scores.shape[-1], dtype=target.dtype) == target[:, None]
        found = upstream[:, None] * (ops.cast(right, "float32") - softmax)
        return ops.cast(found, scores.dtype)

    def forward(scores: Any, bias: Any, target: Any) -> Any:
        found, total = fuse(sums)(scores, bias, target)

        def backward(upstream: Any, **_: Any) -> Any:
            if isinstance(upstream, tuple):  # as JAX hands it over
                upstream = upstream[0]
            d_scores = fuse(slopes)(scores, bias, target, total, upstream)
            ones = ops.ones_like(d_scores[:, :1])
            return d_scores, product(ops.transpose(ones), d_scores)[0], ops.zeros_like(target)

        return found, backward

    return ops.custom_gradient(forward)(scores, bias, target)
