"""Training objective: the mean negative log-probability of the target tokens, and optional terms.

Label smoothing of the whole mixture would need the copy distribution over all tokens. Instead, a
share of the generator's own cross-entropy against the uniform distribution is added. Coverage loss:
See, Liu, Manning (2017), arXiv:1704.04368, eq. 12 and 13. Scheduled sampling: Bengio et al. (2015),
arXiv:1506.03099, in two passes (Mihaylova and Martins 2019, arXiv:1906.07651), so that all
positions are still computed at once.
"""

from collections.abc import Callable, Mapping

import keras
from keras import ops

from summarizer.model import pointer
from summarizer.model.decoder import DecoderOutput
from summarizer.model.seq2seq import Seq2Seq
from summarizer.types import EncoderMemory, Tensor
from summarizer.vocabulary import END

ACCURACY_STRIDE = 8  # the accuracy of a batch is measured on every eighth row


def loss(
    model: Seq2Seq,
    batch: Mapping[str, Tensor],
    smoothing: float,
    training: bool,
    coverage: Tensor = 0.0,
    sampling: Tensor = 0.0,
) -> tuple[Tensor, Tensor]:
    """Return the mean loss over the real tokens of a batch, and the numbers to report.

    Args:
        model: the network.
        batch: tensors `document`, `summary_in`, `summary_out` and `weight`.
        smoothing: share of the loss that compares the generator with the uniform distribution.
        training: use dropout.
        coverage: weight of the coverage loss, float32 []; the float 0.0: not computed.
        sampling: fraction of the inputs that the model's own tokens replace, float32 []; the float
            0.0: none.

    Returns:
        The loss in nats a token, float32 []; and float32 [3]: summed negative log-probability,
        sum of weights, fraction of correct first guesses (in every eighth row).
    """
    memory = model.encode(batch["document"], training)
    inputs, target, weight = batch["summary_in"], batch["summary_out"], batch["weight"]
    if model.has_document_words and model.gate is None:  # tokens that can only be copied
        weight = weight * ops.cast(target < model.size, "float32")
    if not isinstance(sampling, float) or sampling:
        inputs = _scheduled_sampling(model, memory, inputs, target, training, sampling)
    log_prob, _, logits, (decoded, gate) = model.score(memory, inputs, target, training)
    count = ops.maximum(ops.sum(weight), 1.0)
    total = -ops.sum(log_prob * weight)
    objective = total / count
    if smoothing:
        uniform = ops.sum(_uniform_cross_entropy(logits(1)) * weight) / count
        objective = (1 - smoothing) * objective + smoothing * uniform
    if not isinstance(coverage, float) or coverage:
        overlap = ops.sum(repeated_attention(decoded.attention) * weight) / count
        objective = objective + coverage * overlap
    metrics = ops.stack([total, ops.sum(weight), accuracy(model, batch, logits, decoded, gate)])
    return objective, metrics


def _uniform_cross_entropy(logits: Tensor) -> Tensor:
    """Return the cross-entropy against the uniform distribution, float32 [B, T]."""
    allowed = logits > -1e8  # tokens that are never written do not count
    count = ops.sum(ops.cast(allowed[0, 0], "float32"))
    mean = ops.sum(ops.where(allowed, logits, 0.0), axis=-1) / count
    return ops.logsumexp(logits, axis=-1) - mean


def repeated_attention(attention: Tensor) -> Tensor:
    """Return how much of each position's attention falls where earlier positions attended.

    Args:
        attention: float32 [B, T, S].

    Returns:
        float32 [B, T], Σ_s min(a_ts, Σ_{t' < t} a_t's): from 0, all new, to 1.
    """
    before = ops.cumsum(attention, axis=1) - attention  # of the earlier positions
    return ops.sum(ops.minimum(attention, before), axis=-1)


def _scheduled_sampling(
    model: Seq2Seq,
    memory: EncoderMemory,
    inputs: Tensor,
    target: Tensor,
    training: bool,
    share: Tensor,
) -> Tensor:
    """Replace a share of the inputs by the tokens that the model would have written there."""
    _, _, logits, (decoded, gate) = model.score(memory, inputs, target, training)
    guess = _most_likely(logits(1), gate, decoded.attention, memory.tokens)
    guess = ops.concatenate([inputs[:, :1], guess[:, :-1]], axis=1)  # each is the next input
    sampled = keras.random.uniform(ops.shape(inputs), seed=model.noise) < share
    return ops.where(sampled & (guess != END) & (inputs > END), guess, inputs)


def _most_likely(logits: Tensor, gate: Tensor, attention: Tensor, document: Tensor) -> Tensor:
    """Return the likelier of the best token to generate and the best to copy, int32 [B, T].

    This ignores that several positions of a document may add up to one token. The full distribution
    would cost as much as the rest of the step.
    """
    logits, gate, attention = (ops.stop_gradient(x) for x in (logits, gate, attention))
    generated = ops.cast(ops.argmax(logits, axis=-1), "int32")
    best = ops.max(logits, axis=-1) - ops.logsumexp(logits, axis=-1) + ops.log_sigmoid(gate)
    position = ops.cast(ops.argmax(attention, axis=-1), "int32")
    copied = ops.take_along_axis(document, position, axis=1)
    best_copied = ops.log(ops.maximum(ops.max(attention, axis=-1), 1e-30)) + ops.log_sigmoid(-gate)
    return ops.where(best_copied > best, copied, generated)


def accuracy(
    model: Seq2Seq,
    batch: Mapping[str, Tensor],
    logits: Callable[[int], Tensor],
    decoded: DecoderOutput,
    gate: Tensor,
) -> Tensor:
    """Return the fraction of tokens that the model guesses first, given those before; float32 [].

    The full distribution is expensive, so only every eighth row is looked at.

    Args:
        model: the network.
        batch: the batch that was scored.
        logits: from `Seq2Seq.score`, as are the following.
        decoded: the decoder's output.
        gate: float32 [B, T], logit of p_gen.
    """
    stride = ACCURACY_STRIDE
    part = {k: batch[k][::stride] for k in ("document", "summary_out", "weight")}
    part_logits = ops.stop_gradient(logits(stride))
    decoded = DecoderOutput(*(ops.stop_gradient(x[::stride]) for x in decoded))
    if model.gate is None:
        guess = ops.argmax(part_logits, axis=-1)
    else:
        extra_ids = ops.shape(part["document"])[1] if model.has_document_words else 0
        gate = ops.stop_gradient(gate[::stride])
        mixture = pointer.mixture(part_logits, gate, decoded.attention, part["document"], extra_ids)
        guess = ops.argmax(mixture, -1)
    correct = ops.cast(ops.equal(ops.cast(guess, "int32"), part["summary_out"]), "float32")
    weight = part["weight"]
    return ops.sum(correct * weight) / ops.maximum(ops.sum(weight), 1.0)
