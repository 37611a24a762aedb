"""The generator's log-probability of known pieces, in as few passes over the scores as can be.

The scores of all positions and pieces are the largest tensor of a training step. Forward they are
read to sum their exponentials, backward once more for the gradient, softmax − one-hot, which is
written in the products' precision. A float32 copy of them is never made.
"""

from collections.abc import Callable
from typing import Any

from keras import ops

from summarizer.model.xla import product, two_kernels_at_once, xla_kernel


def score_targets(features: Any, output: Any, target: Any) -> tuple[Any, Callable[[int], Any]]:
    """Compare features with every embedding.

    Args:
        features: float [B, T, E].
        output: `table` [E, N] in the products' precision, and `bias`, float32 [N].
        target: int32 [B, T], pieces below N.

    Returns:
        The targets' log-probabilities, float32 [B, T]; and a function of `every` that gives the
        logits, float32 [B / every, T, N], of each `every`-th summary.
    """
    table, bias = output
    features = ops.cast(features, table.dtype)
    half = ops.shape(features)[0] // 2
    cuts = [slice(half), slice(half, None)] if two_kernels_at_once() else [slice(None)]
    found, scores = [], []
    for cut in cuts:
        part = ops.matmul(features[cut], table)
        flat = ops.reshape(part, (-1, part.shape[-1]))
        right = log_prob(flat, bias, ops.reshape(target[cut], (-1,)))
        found.append(ops.reshape(right, ops.shape(target[cut])))
        scores.append(part)

    def logits(every: int = 1) -> Any:
        whole = ops.concatenate(scores)
        if every > 1:
            whole = ops.take(whole, ops.arange(0, ops.shape(whole)[0], every), axis=0)
        return ops.cast(whole, "float32") + bias

    return ops.concatenate(found), logits


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
        found, total = xla_kernel(sums)(scores, bias, target)

        def backward(upstream: Any, **_: Any) -> Any:
            if isinstance(upstream, tuple):  # as JAX hands it over
                upstream = upstream[0]
            d_scores = xla_kernel(slopes)(scores, bias, target, total, upstream)
            ones = ops.ones_like(d_scores[:, :1])
            return d_scores, product(ops.transpose(ones), d_scores)[0], ops.zeros_like(target)

        return found, backward

    return ops.custom_gradient(forward)(scores, bias, target)
