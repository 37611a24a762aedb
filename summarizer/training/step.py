"""One step of training as one compiled function, for TensorFlow and for JAX.

Dropout's noise depends on the seed and the step alone, so a resumed run draws what an
uninterrupted one would have drawn.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from summarizer.errors import TrainingError
from summarizer.model.loss import loss

Run = Callable[[dict[str, Any]], Any]
FIELDS = ("document", "summary_in", "summary_out", "weight")


def make(model: Any, optimizer: Any, config: Any, compiler: str) -> Run:
    """Compile the step.

    Args:
        model: a `Seq2Seq`.
        optimizer: a Keras optimizer, built.
        config: the `TrainConfig`.
        compiler: xla or graph.

    Returns:
        A function of a batch that updates model and optimizer and returns float32 [5]: objective,
        gradient norm, summed negative log-probability, sum of weights, accuracy.

    Raises:
        TrainingError: XLA was asked for and cannot be used.
    """
    if keras.backend.backend() == "jax":
        return _jax(model, optimizer, config)
    return _tensorflow(model, optimizer, config, compiler)


def clipped(gradients: list[Any], limit: float) -> tuple[list[Any], Any]:
    """Scale gradients to a global norm of at most `limit`; also return the norm before."""
    squares = [ops.sum(ops.square(ops.cast(g, "float32"))) for g in gradients]
    norm = ops.sqrt(sum(squares[1:], squares[0]))
    scale = limit / ops.maximum(norm, limit)
    return [g * ops.cast(scale, g.dtype) for g in gradients], norm


def reseed(model: Any, seed: int, step: int) -> None:
    """Set dropout's noise for a step."""
    model.noise.state.assign(np.array([seed, step * 64], np.uint32))


def _tensorflow(model: Any, optimizer: Any, config: Any, compiler: str) -> Run:
    import tensorflow as tf

    if compiler == "xla" and not _xla_compiles(tf):
        raise TrainingError("train.compile=xla: TensorFlow does not compile here; say graph")

    def step(batch: Any) -> Any:
        with tf.GradientTape() as tape:
            objective, shown = loss(model, batch, config.smoothing, training=True)
        weights = model.trainable_variables
        gradients = tape.gradient(objective, [w.value for w in weights])
        gradients = [tf.convert_to_tensor(g) for g in gradients]
        gradients, norm = clipped(gradients, config.clip)
        optimizer.apply(gradients, weights)
        return tf.concat([[objective, norm], shown], axis=0)

    pieces = tf.TensorSpec([config.batch, None], tf.int32)
    signature = dict.fromkeys(FIELDS, pieces)
    signature["weight"] = tf.TensorSpec([config.batch, None], tf.float32)
    run = tf.function(
        step, input_signature=[signature], jit_compile=compiler == "xla", autograph=False
    )
    return lambda batch: run({k: tf.convert_to_tensor(batch[k]) for k in FIELDS})


def _xla_compiles(tf: Any) -> bool:
    """Try it: what calls back into Python runs everywhere but in a function that XLA compiled."""
    probe = tf.function(
        lambda: tf.py_function(lambda: 1.0, [], tf.float32), jit_compile=True, autograph=False
    )
    try:
        probe()
    except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError):
        return True
    return False


def _jax(model: Any, optimizer: Any, config: Any) -> Run:
    import jax

    def objective(trainable: Any, fixed: Any, batch: Any) -> Any:
        mapping = zip(
            model.trainable_variables + model.non_trainable_variables,
            list(trainable) + list(fixed),
            strict=True,
        )
        with keras.StatelessScope(state_mapping=mapping):
            return loss(model, batch, config.smoothing, training=True)

    def step(trainable: Any, fixed: Any, state: Any, batch: Any) -> Any:
        (value, shown), gradients = jax.value_and_grad(objective, has_aux=True)(
            trainable, fixed, batch
        )
        gradients, norm = clipped(gradients, config.clip)
        trainable, state = optimizer.stateless_apply(state, gradients, trainable)
        return trainable, state, ops.concatenate([ops.stack([value, norm]), shown])

    compiled = jax.jit(step, donate_argnums=(0, 2))

    def run(batch: dict[str, Any]) -> Any:
        trainable, state, shown = compiled(
            [v.value for v in model.trainable_variables],
            [v.value for v in model.non_trainable_variables],
            [v.value for v in optimizer.variables],
            {k: batch[k] for k in FIELDS},
        )
        for variable, value in zip(model.trainable_variables, trainable, strict=True):
            variable.assign(value)
        for variable, value in zip(optimizer.variables, state, strict=True):
            variable.assign(value)
        return shown

    return run
