"""Times of the parts of a step, and the number of XLA compilations."""

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from step.shape import Shape, batch, longer
from summarizer.model.loss import loss
from summarizer.model.xla import FULL, PARTIAL, xla_scope

PARTS = ("encoder", "decoder", "output and loss", "optimizer")


def about() -> dict[str, Any]:
    """Return the device, and whether TensorFlow has been imported."""
    facts: dict[str, Any] = {"tensorflow": "tensorflow" in sys.modules}
    if keras.backend.backend() == "jax":
        import jax

        facts["device"] = jax.devices()[0].device_kind
        facts["accelerator"] = jax.default_backend() != "cpu"
    else:
        import tensorflow as tf

        facts["accelerator"] = bool(tf.config.list_physical_devices("GPU"))
        facts["device"] = "gpu" if facts["accelerator"] else "cpu"
    return facts


def split(built: Any, steps: int) -> dict[str, float]:
    """Return the seconds of each of `PARTS`, forward and backward.

    Growing prefixes of the step are timed, each with the gradient of all weights; a part is the
    difference of two. XLA and caches act on the whole, so the parts are approximate.
    """
    model = built.model

    def encoder(data: Any) -> Any:
        memory = model.encode(data["document"], True)
        return ops.sum(ops.cast(memory.values, "float32")) + sum(
            ops.sum(ops.cast(x, "float32")) for x in memory.final
        )

    def decoder(data: Any) -> Any:
        memory = model.encode(data["document"], True)
        scored = model.score(memory, data["summary_in"], data["summary_out"], True)
        decoded, _ = scored[-1]  # the graph keeps only what the features need
        return ops.sum(ops.cast(decoded.features, "float32"))

    def all_of_it(data: Any) -> Any:
        return loss(model, data, 0.0, True)[0]

    wholes = [_differentiated(model, f, built.compiled) for f in (encoder, decoder, all_of_it)]
    runs = [lambda run=run: run(built.batch) for run in wholes] + [built.step]
    for run in runs:
        run()
    taken: list[list[float]] = [[] for _ in runs]
    for _ in range(steps):
        for run, seconds in zip(runs, taken, strict=True):
            start = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - start)
    sums = [0.0, *(statistics.median(seconds) for seconds in taken)]
    return {name: sums[i + 1] - sums[i] for i, name in enumerate(PARTS)}


def _differentiated(model: Any, objective: Callable[[Any], Any], xla: bool) -> Callable[[Any], Any]:
    """Return a compiled gradient of an objective with respect to all weights."""
    if keras.backend.backend() == "jax":
        import jax

        weights, others = model.trainable_variables, model.non_trainable_variables

        def value(trainable: Any, fixed: Any, data: Any) -> Any:
            values = [*trainable, *fixed]
            with keras.StatelessScope(state_mapping=zip([*weights, *others], values, strict=True)):
                return objective(data)

        gradient = jax.jit(jax.grad(value))

        def run(data: Any) -> Any:
            values = gradient([v.value for v in weights], [v.value for v in others], data)
            return jax.block_until_ready(values)

        return run

    import tensorflow as tf

    def graph(data: Any) -> Any:
        with tf.GradientTape() as tape:
            value = objective(data)
        trained = [v.value for v in model.trainable_variables]
        return [g for g in tape.gradient(value, trained) if g is not None]

    def fused(data: Any) -> Any:
        with xla_scope(FULL if xla else PARTIAL):
            return graph(data)

    compiled = tf.function(fused, jit_compile=xla, autograph=False)
    return lambda data: [np.asarray(g[:1]) for g in map(tf.convert_to_tensor, compiled(data))]


def compilations(module: Any, case: str, shape: Shape, documents: list[int]) -> dict[str, Any]:
    """Train twice on buckets of several lengths; return the number of XLA compilations.

    Args:
        module: `ours`.
        case: precision and compiler.
        shape: sizes of the first bucket, whose compilations do not count, because smaller ones
            accompany that of the step.
        documents: document lengths of the other buckets.
    """
    import jax

    if jax.config.jax_disable_jit:
        raise RuntimeError("XLA is switched off: jax_disable_jit")
    compiled: list[str] = []

    def record(event: str, _: float, **about: Any) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            compiled.append(str(about.get("fun_name", "")))

    built = module.Built(case, shape)
    built.step()
    buckets = [module.placed(batch(longer(shape, document))) for document in documents]
    jax.monitoring.register_event_duration_secs_listener(record)
    try:
        for _ in range(2):
            for built.batch in buckets:
                built.step()
    finally:
        jax.monitoring.clear_event_listeners()
    return {"buckets": len(documents), "compiled": len(compiled), "names": compiled}
