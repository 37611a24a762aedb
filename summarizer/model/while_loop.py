"""One loop over the steps of a sequence, for both backends and for export."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

import keras
from keras import ops

from summarizer.types import Tensor

Series: TypeAlias = Any  # a tensor [S, B, ...], or an output of another loop (a TensorArray)
Carry = TypeVar("Carry", bound=tuple[Any, ...])


def while_loop(
    step: Callable[[Carry, tuple[Tensor, ...]], tuple[Carry, tuple[Tensor, ...]]],
    carry: Carry,
    inputs: Sequence[Series],
    outputs: Sequence[tuple[int, str]],
    reverse: bool = False,
) -> tuple[Carry, tuple[Series, ...]]:
    """Call `step(carry, inputs at t) -> (carry, outputs at t)` for each t; not differentiable.

    On TensorFlow this is a plain `tf.while_loop` over TensorArrays: it is faster on a CPU than
    `keras.ops.scan`, and it converts to ONNX, which `scan` does not. On JAX it is `scan`.

    Args:
        step: called once while tracing.
        carry: tensors passed from step to step.
        inputs: tensors [S, B, ...], or outputs of another loop.
        outputs: width and dtype of each output [B, width] of a step.
        reverse: go from the last t to the first.

    Returns:
        The last carry; and the outputs in the order of the inputs, for another loop or for
        `stack_outputs`.
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

    def body(i: Tensor, carry: Any, arrays: Any) -> tuple[Tensor, Any, Any]:
        t = length - 1 - i if reverse else i
        now = tuple(x.read(t) if isinstance(x, tf.TensorArray) else x[t] for x in inputs)
        carry, values = step(carry, now)
        return i + 1, carry, tuple(a.write(t, v) for a, v in zip(arrays, values, strict=True))

    _, carry, arrays = tf.while_loop(
        lambda i, *_: i < length, body, (tf.constant(0), carry, arrays), maximum_iterations=length
    )
    return carry, arrays


def stack_outputs(series: Series) -> Tensor:
    """Return an output of a loop as one tensor [S, B, width]."""
    return series.stack() if hasattr(series, "stack") else series
