"""Copy from the document or generate from the vocabulary: a gate mixes the two, in log space.

    P(w) = p_gen · softmax(w) + (1 − p_gen) · Σ_{j: document_j = w} attention_j

Source: See, Liu, Manning (2017), arXiv:1704.04368, eq. 8 and 9. Over pieces the vocabulary needs no
extension; over words, those that only the document gives have ids from N on. Training never builds
this distribution: only the right piece's probability is needed.
"""

from typing import Any

import keras
from keras import ops

NEVER = -1e9  # the log-probability of what cannot be; finite, so that differences stay numbers
_LEAST = 1e-30  # below any probability that a float32 softmax gives a piece worth copying


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


def of_target(generated: Any, gate: Any, attention: Any, pieces: Any, target: Any) -> Any:
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
    copied = ops.where(copied > _LEAST, ops.log(ops.maximum(copied, _LEAST)), NEVER)
    return ops.logaddexp(ops.log_sigmoid(gate) + generated, ops.log_sigmoid(-gate) + copied)


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
    # Not `sigmoid`: onnxruntime's is exact to 1e-7, a tenth of what a closed gate lets through.
    share, copied = (1 / (1 + ops.exp(x))[:, :, None] for x in (-gate, gate))
    generated = share * ops.softmax(logits, axis=-1)
    if not isinstance(more, int) or more:
        batch, steps, _ = ops.shape(logits)
        outside = ops.zeros((batch, steps, more), generated.dtype)
        generated = ops.concatenate([generated, outside], axis=-1)
    total = add_at(generated, pieces[:, None, :], copied * attention)
    return ops.where(total > _LEAST, ops.log(ops.maximum(total, _LEAST)), NEVER)


def add_at(table: Any, pieces: Any, amounts: Any) -> Any:
    """Add amounts to the columns of a table that the pieces name; repeated pieces add up.

    Args:
        table: float [B, T, N].
        pieces: int32 [B, 1, S] or [B, T, S].
        amounts: float [B, T, S].
    """
    shape = batch, steps, _ = ops.shape(amounts)
    rows = ops.broadcast_to(ops.reshape(ops.arange(batch), (batch, 1, 1)), shape)
    positions = ops.broadcast_to(ops.reshape(ops.arange(steps), (1, steps, 1)), shape)
    columns = ops.broadcast_to(pieces, shape)
    if keras.backend.backend() == "jax":
        return table.at[rows, positions, columns].add(amounts)

    import tensorflow as tf

    # The adding scatter: a plain one exports to ONNX silently wrong for repeated pieces.
    indices = tf.stack([tf.cast(x, "int32") for x in (rows, positions, columns)], axis=-1)
    return tf.tensor_scatter_nd_add(table, indices, amounts)
