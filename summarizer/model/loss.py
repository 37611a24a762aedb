"""What training makes small: the mean negative log-probability of the right pieces, and more.

Label smoothing on the whole mixture would need the copy distribution of every piece, so a share of
the generator's own loss against the uniform distribution is added instead. The coverage loss is of
See, Liu, Manning (2017), arXiv:1704.04368, eq. 12 and 13. Scheduled sampling is of Bengio et al.
(2015), arXiv:1506.03099, in two passes (Mihaylova and Martins 2019, arXiv:1906.07651), so that all
positions are still computed at once.
"""

from typing import Any

import keras
from keras import ops

from summarizer.model import pointer
from summarizer.vocabulary import END


def loss(
    model: Any,
    batch: Any,
    smoothing: float,
    training: bool,
    coverage: Any = 0.0,
    sampling: Any = 0.0,
) -> tuple[Any, Any]:
    """Return the mean loss of a batch over its real pieces, and what to show of it.

    Args:
        model: a `Seq2Seq`.
        batch: tensors `document`, `summary_in`, `summary_out` and `weight`.
        smoothing: share of the loss that compares the generator with the uniform distribution.
        training: use dropout.
        coverage: weight of the coverage loss, a float32 [] or 0.0: not computed.
        sampling: share of the model's own pieces among its inputs, a float32 [] or 0.0: none.

    Returns:
        The loss in nats a piece, float32 []; and float32 [3]: summed negative log-probability,
        sum of weights, share of right first guesses among every eighth row.
    """
    memory = model.encode(batch["document"], training)
    inputs, target, weight = batch["summary_in"], batch["summary_out"], batch["weight"]
    if model.has_document_words and model.gate is None:  # what can only be copied
        weight = weight * ops.cast(target < model.size, "float32")
    if not isinstance(sampling, float) or sampling:
        inputs = _scheduled_sampling(model, memory, inputs, target, training, sampling)
    log_prob, _, logits, (decoded, gate) = model.score(memory, inputs, target, training)
    pieces = ops.maximum(ops.sum(weight), 1.0)
    total = -ops.sum(log_prob * weight)
    objective = total / pieces
    if smoothing:
        every = logits()
        allowed = every > -1e8  # what is never written does not count
        count = ops.sum(ops.cast(allowed[0, 0], "float32"))
        mean = ops.sum(ops.where(allowed, every, 0.0), axis=-1) / count
        uniform = ops.logsumexp(every, axis=-1) - mean
        objective = (1 - smoothing) * objective + smoothing * ops.sum(uniform * weight) / pieces
    if not isinstance(coverage, float) or coverage:
        again = ops.sum(repeated(decoded.attention) * weight) / pieces
        objective = objective + coverage * again
    shown = ops.stack([total, ops.sum(weight), accuracy(model, batch, logits, decoded, gate)])
    return objective, shown


def repeated(attention: Any) -> Any:
    """Return how much of each position's attention falls where others before it looked.

    Args:
        attention: float32 [B, T, S].

    Returns:
        float32 [B, T], Σ_s min(a_ts, Σ_{t' < t} a_t's): from 0, all new, to 1.
    """
    before = ops.cumsum(attention, axis=1) - attention  # of the positions before this one
    return ops.sum(ops.minimum(attention, before), axis=-1)


def _scheduled_sampling(
    model: Any, memory: Any, inputs: Any, target: Any, training: bool, share: Any
) -> Any:
    """Replace a share of the inputs by what the model would have written there."""
    _, _, logits, (decoded, gate) = model.score(memory, inputs, target, training)
    guess = _most_likely(logits(), gate, decoded.attention, memory.tokens)
    guess = ops.concatenate([inputs[:, :1], guess[:, :-1]], axis=1)  # what came before
    own = keras.random.uniform(ops.shape(inputs), seed=model.noise) < share
    return ops.where(own & (guess != END) & (inputs > END), guess, inputs)


def _most_likely(logits: Any, gate: Any, attention: Any, pieces: Any) -> Any:
    """The likelier of the best piece to generate and the best to copy, int32 [B, T].

    Only what several positions of the document have in common is missed; the whole distribution
    would cost as much as the rest of the step.
    """
    logits, gate, attention = (ops.stop_gradient(x) for x in (logits, gate, attention))
    generated = ops.cast(ops.argmax(logits, axis=-1), "int32")
    best = ops.max(logits, axis=-1) - ops.logsumexp(logits, axis=-1) + ops.log_sigmoid(gate)
    place = ops.cast(ops.argmax(attention, axis=-1), "int32")
    copied = ops.take_along_axis(pieces, place, axis=1)
    weight = ops.log(ops.maximum(ops.max(attention, axis=-1), 1e-30)) + ops.log_sigmoid(-gate)
    return ops.where(weight > best, copied, generated)


def accuracy(model: Any, batch: Any, logits: Any, decoded: Any, gate: Any, every: int = 8) -> Any:
    """Return the share of pieces that the model would have guessed, given those before.

    The full distribution is dear, so only every `every`-th row is looked at.
    """
    part = {k: batch[k][::every] for k in ("document", "summary_out", "weight")}
    logits = _stop(logits(every))
    decoded = type(decoded)(*(_stop(x[::every]) for x in decoded))
    if model.gate is None:
        guess = ops.argmax(logits, axis=-1)
    else:
        more = ops.shape(part["document"])[1] if model.has_document_words else 0
        gate = _stop(gate[::every])
        guess = ops.argmax(
            pointer.mixture(logits, gate, decoded.attention, part["document"], more), -1
        )
    right = ops.cast(ops.equal(ops.cast(guess, "int32"), part["summary_out"]), "float32")
    weight = part["weight"]
    return ops.sum(right * weight) / ops.maximum(ops.sum(weight), 1.0)


def _stop(x: Any) -> Any:
    return ops.stop_gradient(x)
