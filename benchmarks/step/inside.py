"""What a step is made of: its parts' times, and how often XLA compiles."""

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
    """The device, the back end, and whether TensorFlow has been imported."""
    found: dict[str, Any] = {"tensorflow": "tensorflow" in sys.modules}
    if keras.backend.backend() == "jax":
        import jax

        found["device"] = jax.devices()[0].device_kind
        found["accelerator"] = jax.default_backend() != "cpu"
    else:
        import tensorflow as tf

        found["accelerator"] = bool(tf.config.list_physical_devices("GPU"))
        found["device"] = "gpu" if found["accelerator"] else "cpu"
    return found


def split(built: Any, steps: int) -> dict[str, float]:
    """Return the seconds of each of `PARTS`, forward and backward.

    Ever more of the step is timed, each time with the gradient of all weights; a part is what it
    adds. XLA and caches see a whole, so the parts are about right, not exact.
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
        decoded, _ = scored[-1]  # the graph keeps only what these need
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
    """Compile the gradient of an objective in all weights; a number that depends on each."""
    if keras.backend.backend() == "jax":
        import jax

        weights, others = model.trainable_variables, model.non_trainable_variables

        def value(trainable: Any, fixed: Any, data: Any) -> Any:
            values = [*trainable, *fixed]
            with keras.StatelessScope(state_mapping=zip([*weights, *others], values, strict=True)):
                return objective(data)

        gradient = jax.jit(jax.grad(value))

        def run(data: Any) -> Any:
            found = gradient([v.value for v in weights], [v.value for v in others], data)
            return jax.block_until_ready(found)

        return run

    import tensorflow as tf

    def graph(data: Any) -> Any:
        with tf.GradientTape() as tape:
            value = objective(data)
        wanted = [v.value for v in model.trainable_variables]
        return [g for g in tape.gradient(value, wanted) if g is not None]

    def fused(data: Any) -> Any:
        with xla_scope(FULL if xla else PARTIAL):
            return graph(data)

    compiled = tf.function(fused, jit_compile=xla, autograph=False)
    return lambda data: [np.asarray(g[:1]) for g in map(tf.convert_to_tensor, compiled(data))]


def compilations(module: Any, case: str, shape: Shape, documents: list[int]) -> dict[str, Any]:
    """Train on buckets of several lengths, each twice; count what XLA compiles.

    Args:
        module: `ours`.
        case: precision and compiler.
        shape: of the first bucket, whose compilations (there are smaller ones beside the step) do
            not count.
        documents: lengths of the other buckets.
    """
    import jax

    if jax.config.jax_disable_jit:
        raise RuntimeError("XLA is switched off: jax_disable_jit")
    compiled: list[str] = []

    def heard(event: str, _: float, **about: Any) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            compiled.append(str(about.get("fun_name", "")))

    built = module.Built(case, shape)
    built.step()
    buckets = [module.placed(batch(longer(shape, document))) for document in documents]
    jax.monitoring.register_event_duration_secs_listener(heard)
    try:
        for _ in range(2):
            for built.batch in buckets:
                built.step()
    finally:
        jax.monitoring.clear_event_listeners()
    return {"buckets": len(documents), "compiled": len(compiled), "names": compiled}
