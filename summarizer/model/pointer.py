"""Pointer-generator: mix copying from the document with generating from the vocabulary.

    P(w) = p_gen · softmax(w) + (1 − p_gen) · Σ_{j: document_j = w} attention_j

Source: See, Liu, Manning (2017), arXiv:1704.04368, eq. 8 and 9. With subword tokens the vocabulary
needs no extension; with a vocabulary of words, words that only the document contains have ids from
N on. Training never builds this distribution: it needs only the probability of the target token.
"""

from typing import NamedTuple

import keras
from keras import ops

from summarizer.model import indexing
from summarizer.types import Tensor

LOG_ZERO = -1e9  # log-probability of the impossible; finite, so that differences stay numbers
_MIN_PROBABILITY = 1e-30  # smaller probabilities count as 0
_CLOSED = -75.0  # logit of a gate below which generated tokens have less than _MIN_PROBABILITY


class Gate(keras.layers.Layer):
    """Decides at each position how much to generate and how much to copy."""

    def __init__(self, inputs: int):
        super().__init__()
        self.kernel = self.add_weight((inputs, 1), "glorot_uniform", name="kernel")
        self.bias = self.add_weight((1,), "zeros", name="bias")
        self.built = True

    def call(self, gate_input: Tensor) -> Tensor:
        """Return the logit of p_gen, float32 [B, T]."""
        dtype = self.compute_dtype
        kernel = ops.cast(ops.convert_to_tensor(self.kernel), dtype)
        logit = ops.matmul(ops.cast(gate_input, dtype), kernel)[:, :, 0]
        return ops.cast(logit, "float32") + ops.cast(ops.convert_to_tensor(self.bias), "float32")


def target_log_prob(
    generated: Tensor, gate: Tensor, attention: Tensor, document: Tensor, target: Tensor
) -> Tensor:
    """Return the log-probability of known tokens.

    Args:
        generated: float32 [B, T], log softmax of the target.
        gate: float32 [B, T], logit of p_gen.
        attention: float32 [B, T, S].
        document: int32 [B, S].
        target: int32 [B, T].

    Returns:
        float32 [B, T], at most 0, never NaN.
    """
    same = ops.cast(ops.equal(target[:, :, None], document[:, None, :]), "float32")
    copied = ops.sum(attention * same, axis=-1)
    copied = ops.where(
        copied > _MIN_PROBABILITY, ops.log(ops.maximum(copied, _MIN_PROBABILITY)), LOG_ZERO
    )
    return ops.logaddexp(ops.log_sigmoid(gate) + generated, ops.log_sigmoid(-gate) + copied)


def restrict_attention(attention: Tensor, selected: Tensor) -> Tensor:
    """Return attention to selected tokens alone, with the same sum: bottom-up attention.

    Attention stays as it is where no selected token has any. Source: Gehrmann, Deng, Rush (2018),
    arXiv:1808.10792, section 3.2.

    Args:
        attention: float32 [B, T, S].
        selected: float32 [B, S], 1 or 0.
    """
    part = attention * selected[:, None, :]
    part_sum = ops.sum(part, axis=-1, keepdims=True)
    # If all tokens are selected, the two sums are equal to the last bit and nothing changes.
    ratio = ops.sum(attention, axis=-1, keepdims=True) / ops.maximum(part_sum, _MIN_PROBABILITY)
    return ops.where(part_sum > _MIN_PROBABILITY, part * ratio, attention)


class TokenScores(NamedTuple):
    """Probabilities of all tokens, in a form that is cheap if only the best are looked at.

    Attributes:
        values: float32 [B, T, N], increasing with the probability.
        share: float32 [B, T]; values times share are the probabilities. None: the values are
            log-probabilities.
    """

    values: Tensor
    share: Tensor


def mix(
    logits: Tensor, gate: Tensor, attention: Tensor, copy_indices: Tensor, extra_ids: Tensor = 0
) -> TokenScores:
    """Mix generated and copied tokens with one softmax and one scatter over N columns.

    Args:
        logits: float32 [B, T, N], of the generator.
        gate: float32 [B, T], logit of p_gen.
        attention: float32 [B, T, S].
        copy_indices: of the document's tokens, from `copy_indices`.
        extra_ids: number of ids from N on, which only the document gives a meaning.
    """
    generated = ops.softmax(logits, axis=-1)
    if not isinstance(extra_ids, int) or extra_ids:
        batch, steps, _ = ops.shape(logits)
        zeros = ops.zeros((batch, steps, extra_ids), generated.dtype)
        generated = ops.concatenate([generated, zeros], axis=-1)
    # `sigmoid` will not do: in onnxruntime its error is 1e-7, a tenth of what a closed gate passes.
    ratio = ops.exp(-ops.maximum(gate, _CLOSED))
    shape = ops.shape(generated)
    amounts = ops.reshape(ratio[:, :, None] * attention, (-1,))
    mixed = indexing.scatter_add(ops.reshape(generated, (-1,)), copy_indices, amounts)
    return TokenScores(ops.reshape(mixed, shape), 1 / (1 + ratio))


def to_log_probs(values: Tensor, share: Tensor) -> Tensor:
    """Return log-probabilities, at least LOG_ZERO, of values [B, T, J] from `TokenScores`."""
    if share is None:
        return ops.maximum(values, LOG_ZERO)
    total = values * share[:, :, None]
    return ops.where(
        total > _MIN_PROBABILITY, ops.log(ops.maximum(total, _MIN_PROBABILITY)), LOG_ZERO
    )


def mixture(
    logits: Tensor, gate: Tensor, attention: Tensor, document: Tensor, extra_ids: Tensor = 0
) -> Tensor:
    """Return the log-probability of every token.

    Args:
        logits: float32 [B, T, N], of the generator.
        gate: float32 [B, T], logit of p_gen.
        attention: float32 [B, T, S].
        document: int32 [B, S], ids below N + extra_ids.
        extra_ids: number of ids from N on, which only the document gives a meaning.

    Returns:
        float32 [B, T, N + extra_ids].
    """
    _, steps, size = ops.shape(logits)
    indices = copy_indices(document[:, None, :], steps, size + extra_ids)
    return to_log_probs(*mix(logits, gate, attention, indices, extra_ids))


def copy_indices(tokens: Tensor, steps: Tensor, size: Tensor) -> Tensor:
    """Return the indices of tokens in a flattened table [B, T, N], int64 [B * T * S].

    Args:
        tokens: int32 [B, 1, S] or [B, T, S].
        steps: T.
        size: N.
    """
    # On JAX int32: by default it has no int64.
    wide = "int32" if keras.backend.backend() == "jax" else "int64"
    batch = ops.shape(tokens)[0]
    rows = ops.reshape(ops.arange(batch * steps, dtype=wide), (batch, steps, 1))
    indices = rows * ops.cast(size, wide) + ops.cast(tokens, wide)
    return ops.reshape(indices, (-1,))


def add_at(table: Tensor, tokens: Tensor, amounts: Tensor) -> Tensor:
    """Add amounts to the columns that tokens name; repeated tokens add up.

    Args:
        table: float [B, T, N].
        tokens: int32 [B, 1, S] or [B, T, S].
        amounts: float [B, T, S].
    """
    shape = _, steps, size = ops.shape(table)
    amounts = ops.reshape(amounts, (-1,))
    added = indexing.scatter_add(
        ops.reshape(table, (-1,)), copy_indices(tokens, steps, size), amounts
    )
    return ops.reshape(added, shape)
