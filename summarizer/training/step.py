"""One step of training as one compiled function, for TensorFlow and for JAX.

Dropout's noise depends on the seed and the step alone, so a resumed run draws what an
uninterrupted one would have drawn. What changes from step to step (the weight of the coverage
loss, the share of the model's own inputs, the scale of the loss in float16) goes in as a number,
and only where the run uses it: the plain step computes nothing of these.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from summarizer.errors import TrainingError
from summarizer.model.loss import loss
from summarizer.model.xla import FULL, PARTIAL, xla_scope

Run = Callable[[dict[str, Any], Mapping[str, float]], Any]
Compute = Callable[[Any, Any], tuple[Any, list[Any]]]
FIELDS = ("document", "summary_in", "summary_out", "weight")
DRAWS = 64  # of noise, at most, in one computation of the loss


def make_train_step(model: Any, optimizer: Any, config: Any, compiler: str) -> Run:
    """Compile the step.

    Args:
        model: a `Seq2Seq`, or a network with an `objective` of its own.
        optimizer: a Keras optimizer, built.
        config: the `TrainConfig`.
        compiler: xla or graph.

    Returns:
        A function of a batch and of numbers by name (`dials` says which it needs) that updates
        model and optimizer and returns float32 [5]: objective, gradient norm, summed negative
        log-probability, sum of weights, accuracy. In float16 it updates nothing where objective
        or norm is not finite.

    Raises:
        TrainingError: XLA was asked for and cannot be used.
    """
    if keras.backend.backend() == "jax":
        return _jax(model, optimizer, config)
    return _tensorflow(model, optimizer, config, compiler)


def dynamic_inputs(model: Any, config: Any) -> tuple[str, ...]:
    """Name the numbers that a run's steps take: coverage, sampling, scale."""
    used = [name for name in ("coverage", "sampling") if getattr(config, name) > 0]
    return (*used, *(["scale"] if model.compute_dtype == "float16" else []))


def clipped(gradients: list[Any], limit: float) -> tuple[list[Any], Any]:
    """Scale gradients to a global norm of at most `limit`; also return the norm before."""
    squares = [ops.sum(ops.square(ops.cast(g, "float32"))) for g in gradients]
    norm = ops.sqrt(sum(squares[1:], squares[0]))
    scale = limit / ops.maximum(norm, limit)
    return [g * ops.cast(scale, g.dtype) for g in gradients], norm


def set_dropout_seed(model: Any, seed: int, step: int, parts: int = 1) -> None:
    """Set dropout's noise for a step of so many parts."""
    model.noise.state.assign(np.array([seed, step * parts * DRAWS], np.uint32))


def make_loss_function(model: Any) -> Callable[[dict[str, Any]], Any]:
    """Return a compiled function of a batch: float32 [2], its summed loss and weights.

    TensorFlow traces once for all shapes; JAX compiles once per shape. Nothing is dropped or drawn.
    """

    def run(batch: Any) -> Any:
        return _loss(model)(batch, smoothing=0.0, training=False)[1][:2]

    if keras.backend.backend() == "jax":
        import jax

        def pure(weights: Any, batch: Any) -> Any:
            with keras.StatelessScope(zip(model.variables, weights, strict=True)):
                return run(batch)

        jitted = jax.jit(pure)
        return lambda batch: jitted([v.value for v in model.variables], _fields(batch))

    import tensorflow as tf

    traced = tf.function(run, autograph=False, reduce_retracing=True)
    return lambda batch: traced({k: tf.convert_to_tensor(v) for k, v in _fields(batch).items()})


def _fields(batch: dict[str, Any]) -> dict[str, Any]:
    return {name: batch[name] for name in FIELDS}


def _loss(model: Any) -> Callable[..., Any]:
    """The loss that a network brings, or that of a `Seq2Seq`."""
    own: Callable[..., Any] = getattr(model, "objective", functools.partial(loss, model))
    return own


def _objective(model: Any, batch: Any, config: Any, given: Mapping[str, Any]) -> tuple[Any, Any]:
    """The loss as it is differentiated, and [4]: the loss in nats, and what `loss` shows."""
    more = {name: value for name, value in given.items() if name != "scale"}
    value, shown = _loss(model)(batch, config.smoothing, training=True, **more)
    shown = ops.concatenate([ops.stack([value]), shown])
    return (value * given["scale"] if "scale" in given else value), shown


def _whole(compute: Compute, batch: Any, parts: int, weights: list[Any]) -> Any:
    """Gradients and [4] of a batch, computed in parts one after another; one part's memory.

    The loss is a mean over pieces, so each part counts by its share of the batch's pieces.

    Args:
        compute: of part of a batch and its number gives [4] and the gradients.
        batch: tensors [B, ...].
        parts: divides B.
        weights: tensors that the gradients are of.
    """
    if parts == 1:
        return compute(batch, 0)
    rows = batch["weight"].shape[0] // parts
    split = {k: ops.reshape(v, (parts, rows, -1)) for k, v in batch.items()}

    def add(i: Any, sums: Any) -> Any:
        shown, gradients = compute({k: v[i] for k, v in split.items()}, i)
        pieces = shown[2]
        more = [shown[0] * pieces, shown[1], pieces, shown[3] * pieces]
        total = [s + g * pieces for s, g in zip(sums[1], gradients, strict=True)]
        return sums[0] + ops.stack(more), total

    nothing = ops.zeros((4,)), [ops.zeros(w.shape, "float32") for w in weights]
    shown, gradients = ops.fori_loop(0, parts, add, nothing)
    pieces = ops.maximum(shown[2], 1.0)
    shown = ops.stack([shown[0] / pieces, shown[1], shown[2], shown[3] / pieces])
    return shown, [g / pieces for g in gradients]


def _tensorflow(model: Any, optimizer: Any, config: Any, compiler: str) -> Run:
    import tensorflow as tf

    if compiler == "xla" and not _xla_compiles(tf):
        raise TrainingError("train.compile=xla: TensorFlow does not compile here; say graph")
    names = dynamic_inputs(model, config)
    weights = model.trainable_variables

    def step(batch: Any, given: Any) -> Any:
        def compute(part: Any, _: Any) -> Any:
            with xla_scope(FULL if compiler == "xla" else PARTIAL):
                with tf.GradientTape() as tape:
                    objective, shown = _objective(model, part, config, given)
                gradients = tape.gradient(objective, [w.value for w in weights])
            return shown, [tf.convert_to_tensor(g) for g in gradients]

        shown, gradients = _whole(compute, batch, config.accumulate, weights)
        if "scale" in given:
            gradients = [g / given["scale"] for g in gradients]
        gradients, norm = clipped(gradients, config.clip)
        if "scale" in given:
            good = tf.math.is_finite(norm) & tf.math.is_finite(shown[0])
            tf.cond(good, lambda: _done(optimizer.apply(gradients, weights)), lambda: False)
        else:
            optimizer.apply(gradients, weights)
        return tf.concat([shown[:1], [norm], shown[1:]], axis=0)

    pieces = tf.TensorSpec([config.batch, None], tf.int32)
    signature = dict.fromkeys(FIELDS, pieces)
    signature["weight"] = tf.TensorSpec([config.batch, None], tf.float32)
    numbers = dict.fromkeys(names, tf.TensorSpec([], tf.float32))
    run = tf.function(
        step, input_signature=[signature, numbers], jit_compile=compiler == "xla", autograph=False
    )

    def called(batch: dict[str, Any], given: Mapping[str, float]) -> Any:
        numbers = {name: tf.constant(given[name], tf.float32) for name in names}
        return run({k: tf.convert_to_tensor(batch[k]) for k in FIELDS}, numbers)

    return called


def _done(_: None) -> bool:
    return True


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

    names = dynamic_inputs(model, config)
    others = model.non_trainable_variables
    noise = next(i for i, v in enumerate(others) if v is model.noise.state)

    def objective(trainable: Any, fixed: Any, batch: Any, given: Any) -> Any:
        mapping = zip(
            model.trainable_variables + others, list(trainable) + list(fixed), strict=True
        )
        with keras.StatelessScope(state_mapping=mapping):
            return _objective(model, batch, config, given)

    def step(trainable: Any, fixed: Any, state: Any, batch: Any, given: Any) -> Any:
        def compute(part: Any, i: Any) -> Any:
            drawn = fixed[noise] + ops.stack([0, ops.cast(i * DRAWS, "uint32")])
            here = [drawn if at == noise else value for at, value in enumerate(fixed)]
            (_, shown), gradients = jax.value_and_grad(objective, has_aux=True)(
                trainable, here, part, given
            )
            return shown, gradients

        shown, gradients = _whole(compute, batch, config.accumulate, trainable)
        if "scale" in given:
            gradients = [g / given["scale"] for g in gradients]
        gradients, norm = clipped(gradients, config.clip)
        before = trainable, state
        after = optimizer.stateless_apply(state, gradients, trainable)
        if "scale" in given:
            good = ops.isfinite(norm) & ops.isfinite(shown[0])
            after = jax.tree.map(lambda new, old: ops.where(good, new, old), after, before)
        return *after, ops.concatenate([shown[:1], ops.stack([norm]), shown[1:]])

    compiled = jax.jit(step, donate_argnums=(0, 2))

    def run(batch: dict[str, Any], given: Mapping[str, float]) -> Any:
        trainable, state, shown = compiled(
            [v.value for v in model.trainable_variables],
            [v.value for v in others],
            [v.value for v in optimizer.variables],
            {k: batch[k] for k in FIELDS},
            {name: np.float32(given[name]) for name in names},
        )
        for variable, value in zip(model.trainable_variables, trainable, strict=True):
            variable.assign(value)
        for variable, value in zip(optimizer.variables, state, strict=True):
            variable.assign(value)
        return shown

    return run
