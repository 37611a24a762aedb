"""What training makes small: the mean negative log-probability of the right pieces."""

from typing import Any

from keras import ops

from summarizer.model import pointer


def loss(model: Any, batch: Any, smoothing: float, training: bool) -> tuple[Any, Any]:
    """Return the mean loss of a batch over its real pieces, and what to show of it.

    Label smoothing on the whole mixture would need the copy distribution of every piece, so a
    share of the generator's own loss against the uniform distribution is added instead.

    Args:
        model: a `Seq2Seq`.
        batch: tensors `document`, `summary_in`, `summary_out` and `weight`.
        smoothing: share of the loss that compares the generator with the uniform distribution.
        training: use dropout.

    Returns:
        The loss in nats a piece, float32 []; and float32 [3]: summed negative log-probability,
        sum of weights, number of right first guesses among `count_right`'s rows over their weight.
    """
    log_prob, _, logits, (decoded, gate) = model(batch, training=training)
    weight = batch["weight"]
    pieces = ops.maximum(ops.sum(weight), 1.0)
    total = -ops.sum(log_prob * weight)
    objective = total / pieces
    if smoothing:
        allowed = logits > -1e8  # what is never written does not count
        count = ops.sum(ops.cast(allowed[0, 0], "float32"))
        mean = ops.sum(ops.where(allowed, logits, 0.0), axis=-1) / count
        uniform = ops.logsumexp(logits, axis=-1) - mean
        objective = (1 - smoothing) * objective + smoothing * ops.sum(uniform * weight) / pieces
    shown = ops.stack([total, ops.sum(weight), accuracy(model, batch, logits, decoded, gate)])
    return objective, shown


def accuracy(model: Any, batch: Any, logits: Any, decoded: Any, gate: Any, every: int = 8) -> Any:
    """Return the share of pieces that the model would have guessed, given those before.

    The full distribution is dear, so only every `every`-th row is looked at.
    """
    part = {k: v[::every] for k, v in batch.items()}
    logits = _stop(logits[::every])
    decoded = type(decoded)(*(_stop(x[::every]) for x in decoded))
    if model.gate is None:
        guess = ops.argmax(logits, axis=-1)
    else:
        guess = ops.argmax(
            pointer.mixture(logits, _stop(gate[::every]), decoded.attention, part["document"]), -1
        )
    right = ops.cast(ops.equal(ops.cast(guess, "int32"), part["summary_out"]), "float32")
    weight = part["weight"]
    return ops.sum(right * weight) / ops.maximum(ops.sum(weight), 1.0)


def _stop(x: Any) -> Any:
    return ops.stop_gradient(x)
