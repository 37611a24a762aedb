"""One loop over the steps of a sequence, for every backend and for export."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

Step = Callable[[tuple[Any, ...], tuple[Any, ...]], tuple[tuple[Any, ...], tuple[Any, ...]]]


def while_loop(
    step: Step,
    carry: tuple[Any, ...],
    inputs: Sequence[Any],
    outputs: Sequence[tuple[int, str]],
    reverse: bool = False,
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Call `step(carry, inputs at t) -> (carry, outputs at t)` for each t; not differentiable.

    Two bodies: a plain `tf.while_loop` over TensorArrays is faster on a CPU than
    `keras.ops.scan` and converts to ONNX, which the latter does not; elsewhere the scan serves.

    Args:
        step: called once per t while tracing.
        carry: tensors handed from step to step.
        inputs: tensors [S, B, ...], or what another loop gave.
        outputs: width and dtype of each output [B, width] of a step.
        reverse: go from the last t to the first.

    Returns:
        The last carry, and the outputs in the order of the inputs, for another loop or `stacked`.
    """
    if keras.backend.backend() != "tensorflow":
        last, series = ops.scan(step, carry, tuple(inputs), reverse=reverse)
        return last, series

    import tensorflow as tf

    length, batch = tf.shape(inputs[0])[0], inputs[0].shape[1]
    arrays = tuple(
        tf.TensorArray(dtype, length, clear_after_read=False, element_shape=[batch, width])
        for width, dtype in outputs
    )

    def body(i: Any, carry: Any, arrays: Any) -> Any:
        t = length - 1 - i if reverse else i
        now = tuple(x.read(t) if isinstance(x, tf.TensorArray) else x[t] for x in inputs)
        carry, values = step(carry, now)
        return i + 1, carry, tuple(a.write(t, v) for a, v in zip(arrays, values, strict=True))

    _, carry, arrays = tf.while_loop(
        lambda i, *_: i < length, body, (tf.constant(0), carry, arrays), maximum_iterations=length
    )
    return carry, arrays


def stack_outputs(series: Any) -> Any:
    """Return what a loop gave as one tensor [S, B, width]."""
    return series.stack() if hasattr(series, "stack") else series
