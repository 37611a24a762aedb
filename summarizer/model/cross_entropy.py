"""Log-probability of target tokens, in as few passes over the scores as possible.

The scores of all positions and tokens are the largest tensor of a training step. The forward pass
reads them once, to sum their exponentials; the backward pass reads them once more and writes the
gradient, softmax − one-hot, in the precision of the products. A float32 copy is never made.
"""

from collections.abc import Callable
from typing import Any

from keras import ops

from summarizer.model.protocols import OutputLayer
from summarizer.model.xla import product, two_kernels_at_once, xla_kernel
from summarizer.types import Tensor


def score_targets(
    features: Tensor, output: OutputLayer, target: Tensor
) -> tuple[Tensor, Callable[[int], Tensor]]:
    """Compare features with every output embedding.

    Args:
        features: float [B, T, E].
        output: the output layer; its table [E, N] is in the precision of the products.
        target: int32 [B, T], tokens below N.

    Returns:
        The log-probability of each target, float32 [B, T]; and a function `logits(stride)` that
        returns the logits of every `stride`-th row, float32 [B / stride, T, N].
    """
    table, bias = output
    features = ops.cast(features, table.dtype)
    half = ops.shape(features)[0] // 2
    cuts = [slice(half), slice(half, None)] if two_kernels_at_once() else [slice(None)]
    log_probs, scores = [], []
    for cut in cuts:
        part = ops.matmul(features[cut], table)
        flat = ops.reshape(part, (-1, part.shape[-1]))
        part_log_prob = log_prob(flat, bias, ops.reshape(target[cut], (-1,)))
        log_probs.append(ops.reshape(part_log_prob, ops.shape(target[cut])))
        scores.append(part)

    def logits(stride: int = 1) -> Tensor:
        rows = ops.concatenate(scores)
        if stride > 1:
            rows = ops.take(rows, ops.arange(0, ops.shape(rows)[0], stride), axis=0)
        return ops.cast(rows, "float32") + bias

    return ops.concatenate(log_probs), logits


def log_prob(scores: Tensor, bias: Tensor, target: Tensor) -> Tensor:
    """Return the log-probability of target tokens; differentiable in scores and bias.

    Args:
        scores: float [M, N], features times embeddings.
        bias: float32 [N], added to every row.
        target: int32 [M], tokens below N.

    Returns:
        float32 [M], log softmax(scores + bias) at the target.
    """

    def forward(
        scores: Tensor, bias: Tensor, target: Tensor
    ) -> tuple[Tensor, Callable[..., tuple[Tensor, ...]]]:
        value, log_total = xla_kernel(_log_softmax)(scores, bias, target)

        def backward(upstream: Any, **_: Any) -> tuple[Tensor, ...]:
            if isinstance(upstream, tuple):  # as JAX passes it
                upstream = upstream[0]
            d_scores = xla_kernel(_score_gradient)(scores, bias, target, log_total, upstream)
            ones = ops.ones_like(d_scores[:, :1])
            return d_scores, product(ops.transpose(ones), d_scores)[0], ops.zeros_like(target)

        return value, backward

    return ops.custom_gradient(forward)(scores, bias, target)


def _log_softmax(scores: Tensor, bias: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Return the log-probabilities of the targets and the log of the sums, each float32 [M]."""
    logits = ops.cast(scores, "float32") + bias
    highest = ops.max(logits, axis=-1)
    log_total = highest + ops.log(ops.sum(ops.exp(logits - highest[:, None]), axis=-1))
    target_logit = ops.take_along_axis(logits, target[:, None], axis=-1)[:, 0]
    return target_logit - log_total, log_total


def _score_gradient(
    scores: Tensor, bias: Tensor, target: Tensor, log_total: Tensor, upstream: Tensor
) -> Tensor:
    """Return the gradient of the scores, float [M, N], given that of the log-probabilities [M]."""
    softmax = ops.exp(ops.cast(scores, "float32") + (bias - log_total[:, None]))
    is_target = ops.arange(scores.shape[-1], dtype=target.dtype) == target[:, None]
    gradient = upstream[:, None] * (ops.cast(is_target, "float32") - softmax)
    return ops.cast(gradient, scores.dtype)
