"""Copy from the document or generate from the vocabulary: a gate mixes the two, in log space.

    P(w) = p_gen · softmax(w) + (1 − p_gen) · Σ_{j: document_j = w} attention_j

Source: See, Liu, Manning (2017), arXiv:1704.04368, eq. 8 and 9. Over pieces the vocabulary needs no
extension; over words, those that only the document gives have ids from N on. Training never builds
this distribution: only the right piece's probability is needed.
"""

from typing import Any, NamedTuple

import keras
from keras import ops

from summarizer.model import indexing

LOG_ZERO = -1e9  # the log-probability of what cannot be; finite, so that differences stay numbers
_MIN_PROBABILITY = 1e-30  # below any probability that a float32 softmax gives a piece worth copying
_CLOSED = -75.0  # a gate's logit at which nothing generated is above _LEAST any more


class Gate(keras.layers.Layer):
    """Decides at each position how much to generate and how much to copy."""

    def __init__(self, inputs: int):
        super().__init__()
        self.kernel = self.add_weight((inputs, 1), "glorot_uniform", name="kernel")
        self.bias = self.add_weight((1,), "zeros", name="bias")
        self.built = True

    def call(self, evidence: Any) -> Any:
        """Return the logit of p_gen, float32 [B, T]."""
        dtype = self.compute_dtype
        kernel = ops.cast(ops.convert_to_tensor(self.kernel), dtype)
        logit = ops.matmul(ops.cast(evidence, dtype), kernel)[:, :, 0]
        return ops.cast(logit, "float32") + ops.cast(ops.convert_to_tensor(self.bias), "float32")


def target_log_prob(generated: Any, gate: Any, attention: Any, pieces: Any, target: Any) -> Any:
    """Return the log-probability of known pieces.

    Args:
        generated: float32 [B, T], log softmax of the target.
        gate: float32 [B, T], logit of p_gen.
        attention: float32 [B, T, S].
        pieces: int32 [B, S], the document.
        target: int32 [B, T].

    Returns:
        float32 [B, T], at most 0, never NaN.
    """
    same = ops.cast(ops.equal(target[:, :, None], pieces[:, None, :]), "float32")
    copied = ops.sum(attention * same, axis=-1)
    copied = ops.where(
        copied > _MIN_PROBABILITY, ops.log(ops.maximum(copied, _MIN_PROBABILITY)), LOG_ZERO
    )
    return ops.logaddexp(ops.log_sigmoid(gate) + generated, ops.log_sigmoid(-gate) + copied)


def restrict_attention(attention: Any, selected: Any) -> Any:
    """Return attention on selected pieces alone, of the same sum: bottom-up attention.

    Where nothing that is attended to is selected it stays as it is. Source: Gehrmann, Deng, Rush
    (2018), arXiv:1808.10792, section 3.2.

    Args:
        attention: float32 [B, T, S].
        selected: float32 [B, S], 1 or 0.
    """
    part = attention * selected[:, None, :]
    left = ops.sum(part, axis=-1, keepdims=True)
    # Where all is selected the two sums are the same to the last bit, and nothing changes.
    ratio = ops.sum(attention, axis=-1, keepdims=True) / ops.maximum(left, _MIN_PROBABILITY)
    return ops.where(left > _MIN_PROBABILITY, part * ratio, attention)


class TokenScores(NamedTuple):
    """How probable every piece is, in a form that is cheap where only the best are looked at.

    Attributes:
        values: float32 [B, T, N]; the greater, the more probable.
        share: float32 [B, T], what the values times it are the probabilities; None: the values
            are log-probabilities.
    """

    values: Any
    share: Any


def mix(logits: Any, gate: Any, attention: Any, places: Any, more: Any = 0) -> TokenScores:
    """Mix generated and copied pieces: a softmax and one scatter, nothing else of N columns.

    Args:
        logits: float32 [B, T, N], the generator's.
        gate: float32 [B, T], logit of p_gen.
        attention: float32 [B, T, S].
        places: of the document's pieces, from `places`.
        more: ids from N on that only the document gives a meaning.
    """
    generated = ops.softmax(logits, axis=-1)
    if not isinstance(more, int) or more:
        batch, steps, _ = ops.shape(logits)
        outside = ops.zeros((batch, steps, more), generated.dtype)
        generated = ops.concatenate([generated, outside], axis=-1)
    # Not `sigmoid`: onnxruntime's is exact to 1e-7, a tenth of what a closed gate lets through.
    ratio = ops.exp(-ops.maximum(gate, _CLOSED))
    shape = ops.shape(generated)
    amounts = ops.reshape(ratio[:, :, None] * attention, (-1,))
    mixed = indexing.scatter_add(ops.reshape(generated, (-1,)), places, amounts)
    return TokenScores(ops.reshape(mixed, shape), 1 / (1 + ratio))


def to_log_probs(values: Any, share: Any) -> Any:
    """Return the log-probabilities of some or all values [B, T, J] of `Weights`, NEVER at least."""
    if share is None:
        return ops.maximum(values, LOG_ZERO)
    total = values * share[:, :, None]
    return ops.where(
        total > _MIN_PROBABILITY, ops.log(ops.maximum(total, _MIN_PROBABILITY)), LOG_ZERO
    )


def mixture(logits: Any, gate: Any, attention: Any, pieces: Any, more: Any = 0) -> Any:
    """Return the log-probability of every piece.

    Args:
        logits: float32 [B, T, N], the generator's.
        gate: float32 [B, T], logit of p_gen.
        attention: float32 [B, T, S].
        pieces: int32 [B, S], the document, below N + more.
        more: ids from N on that only the document gives a meaning.

    Returns:
        float32 [B, T, N + more].
    """
    _, steps, size = ops.shape(logits)
    found = copy_indices(pieces[:, None, :], steps, size + more)
    return to_log_probs(*mix(logits, gate, attention, found, more))


def copy_indices(pieces: Any, steps: Any, size: Any) -> Any:
    """Return where pieces are in a table [B, T, N] that is flattened, int64 [B * T * S].

    Args:
        pieces: int32 [B, 1, S] or [B, T, S].
        steps: T.
        size: N.
    """
    # On JAX int32, which is all that it has by default.
    wide = "int32" if keras.backend.backend() == "jax" else "int64"
    batch = ops.shape(pieces)[0]
    first = ops.reshape(ops.arange(batch * steps, dtype=wide), (batch, steps, 1))
    found = first * ops.cast(size, wide) + ops.cast(pieces, wide)
    return ops.reshape(found, (-1,))


def add_at(table: Any, pieces: Any, amounts: Any) -> Any:
    """Add amounts to the columns of a table that the pieces name; repeated pieces add up.

    Args:
        table: float [B, T, N].
        pieces: int32 [B, 1, S] or [B, T, S].
        amounts: float [B, T, S].
    """
    shape = _, steps, size = ops.shape(table)
    amounts = ops.reshape(amounts, (-1,))
    found = indexing.scatter_add(
        ops.reshape(table, (-1,)), copy_indices(pieces, steps, size), amounts
    )
    return ops.reshape(found, shape)
