"""Loss and gradients of a training step: accumulated over parts of a batch, unscaled and clipped.

All functions are graph code for TensorFlow and JAX.
"""

import functools
from collections.abc import Callable, Sequence
from typing import cast

from keras import ops

from summarizer.config import TrainConfig
from summarizer.model.loss import loss
from summarizer.model.seq2seq import Seq2Seq
from summarizer.model.tagger import Tagger
from summarizer.training.step import Batch, StepInputs, TrainableModel
from summarizer.types import Tensor

# (metrics, gradients) of a part of a batch and the part's number; metrics are float32 [4]:
# objective, summed negative log-probability, summed weight, accuracy.
PartGradients = Callable[[Batch, Tensor], tuple[Tensor, list[Tensor]]]


def clip(gradients: Sequence[Tensor], limit: float) -> tuple[list[Tensor], Tensor]:
    """Return gradients scaled to a global norm of at most `limit`, and the norm before."""
    squares = [ops.sum(ops.square(ops.cast(g, "float32"))) for g in gradients]
    norm = ops.sqrt(sum(squares[1:], squares[0]))
    scale = limit / ops.maximum(norm, limit)
    return [g * ops.cast(scale, g.dtype) for g in gradients], norm


def loss_function(model: TrainableModel) -> Callable[..., tuple[Tensor, Tensor]]:
    """Return the loss of a network: a tagger's own method, or that of a `Seq2Seq`."""
    if isinstance(model, Tagger):
        objective: Callable[..., tuple[Tensor, Tensor]] = model.objective
        return objective
    return functools.partial(loss, cast(Seq2Seq, model))


def training_loss(
    model: TrainableModel, batch: Batch, settings: TrainConfig, inputs: StepInputs
) -> tuple[Tensor, Tensor]:
    """Return the loss to differentiate, scaled in float16, and the metrics of a part, [4]."""
    options = {name: value for name, value in inputs.items() if name != "scale"}
    compute = loss_function(model)
    objective, metrics = compute(batch, settings.label_smoothing, training=True, **options)
    metrics = ops.concatenate([ops.stack([objective]), metrics])
    return (objective * inputs["scale"] if "scale" in inputs else objective), metrics


def accumulate(
    compute: PartGradients, batch: Batch, parts: int, weights: Sequence[Tensor]
) -> tuple[Tensor, list[Tensor]]:
    """Return metrics [4] and gradients of a batch, computed part by part in one part's memory.

    The loss is a mean over tokens, so each part counts by its share of the batch's tokens.

    Args:
        compute: gives metrics and gradients of a part.
        batch: tensors [B, ...].
        parts: number of parts; divides B.
        weights: tensors with the shapes of the gradients.
    """
    if parts == 1:
        return compute(batch, 0)
    rows = batch["weight"].shape[0] // parts
    split = {name: ops.reshape(value, (parts, rows, -1)) for name, value in batch.items()}

    def add(i: Tensor, sums: tuple[Tensor, list[Tensor]]) -> tuple[Tensor, list[Tensor]]:
        metrics, gradients = compute({name: value[i] for name, value in split.items()}, i)
        tokens = metrics[2]
        weighted = [metrics[0] * tokens, metrics[1], tokens, metrics[3] * tokens]
        totals = [s + g * tokens for s, g in zip(sums[1], gradients, strict=True)]
        return sums[0] + ops.stack(weighted), totals

    zeros = ops.zeros((4,)), [ops.zeros(w.shape, "float32") for w in weights]
    metrics, gradients = ops.fori_loop(0, parts, add, zeros)
    tokens = ops.maximum(metrics[2], 1.0)
    metrics = ops.stack([metrics[0] / tokens, metrics[1], metrics[2], metrics[3] / tokens])
    return metrics, [g / tokens for g in gradients]


def unscale_and_clip(
    gradients: list[Tensor], inputs: StepInputs, limit: float
) -> tuple[list[Tensor], Tensor]:
    """Return gradients without the loss scale and clipped, and their norm before clipping."""
    if "scale" in inputs:
        gradients = [g / inputs["scale"] for g in gradients]
    return clip(gradients, limit)


def pack(metrics: Tensor, norm: Tensor) -> Tensor:
    """Return the fields of `StepMetrics` as one tensor, float32 [5]: one transfer per step."""
    return ops.concatenate([metrics[:1], ops.stack([norm]), metrics[1:]])
