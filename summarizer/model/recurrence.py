"""Run a recurrent cell over a sequence, forward and backward, as fast as the machine allows.

The product with the inputs of all steps is one matrix product before the loop; the loop holds one
product and the cell's elementwise part. The gradient is written out: it keeps the gates and
states, runs the loop backward with one product a step, and computes the recurrent weights'
gradient once, after the loop, as one large product. Sums of gates and the states stay float32
whatever the precision of the products.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

Step = Callable[[tuple[Any, ...], tuple[Any, ...]], tuple[tuple[Any, ...], tuple[Any, ...]]]


def loop(
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
        inputs: tensors [S, B, ...].
        outputs: width and dtype of each output [B, width] of a step.
        reverse: go from the last t to the first.

    Returns:
        The last carry, and the outputs [S, B, width], in the order of the inputs.
    """
    if keras.backend.backend() != "tensorflow":
        last, stacked = ops.scan(step, carry, tuple(inputs), reverse=reverse)
        return last, stacked

    import tensorflow as tf

    length, batch = tf.shape(inputs[0])[0], inputs[0].shape[1]
    arrays = tuple(
        tf.TensorArray(dtype, size=length, element_shape=[batch, width]) for width, dtype in outputs
    )

    def body(i: Any, carry: Any, arrays: Any) -> Any:
        t = length - 1 - i if reverse else i
        carry, values = step(carry, tuple(x[t] for x in inputs))
        return i + 1, carry, tuple(a.write(t, v) for a, v in zip(arrays, values, strict=True))

    _, carry, arrays = tf.while_loop(
        lambda i, *_: i < length, body, (tf.constant(0), carry, arrays), maximum_iterations=length
    )
    return carry, tuple(a.stack() for a in arrays)


def unroll(cell: Any, inputs: Any, initial: Any, mask: Any, reverse: bool = False) -> Any:
    """Run a cell over all steps; differentiable in the inputs, the initial state and the weights.

    Args:
        cell: a layer from `model/cells`.
        inputs: float [B, S, I].
        initial: the states at the start, each float32 [B, H], the hidden one first.
        mask: bool [B, S] or None; where it is False the state is held and the output is 0.
        reverse: read from the last step to the first (outputs stay in the order of the inputs).

    Returns:
        The outputs, float [B, S, H] in the products' precision, and the last states, float32.
    """
    inputs = ops.transpose(inputs, (1, 0, 2))
    if mask is None:
        real = ops.ones_like(inputs[:, :, :1], dtype="float32")
    else:
        real = ops.cast(ops.transpose(mask)[:, :, None], "float32")
    if reverse:
        inputs, real = ops.flip(inputs, axis=0), ops.flip(real, axis=0)
    outputs, *final = _recur(cell, cell.project(inputs), tuple(initial), real)
    outputs = outputs * ops.cast(real, outputs.dtype)
    if reverse:
        outputs = ops.flip(outputs, axis=0)
    return ops.transpose(outputs, (1, 0, 2)), tuple(final)


def _recur(cell: Any, projected: Any, initial: tuple[Any, ...], real: Any) -> Any:
    """Outputs [S, B, H] and last states of a cell whose input products are done."""
    dtype, width = cell.compute_dtype, cell.width
    kernel = ops.cast(ops.convert_to_tensor(cell.recurrent_kernel), dtype)
    bias = ops.cast(ops.convert_to_tensor(cell.bias), "float32")
    states = [(width, "float32")] * len(initial)
    gates = cell.gates * width

    def forward(projected: Any, kernel: Any, bias: Any, real: Any, *initial: Any) -> Any:
        def step(carry: Any, now: Any) -> Any:
            z, m = now
            sums = ops.cast(z, "float32") + bias
            sums = sums + ops.cast(ops.matmul(ops.cast(carry[0], dtype), kernel), "float32")
            new, saved = cell.forward(sums, carry)
            kept = tuple(ops.where(m > 0, n, c) for n, c in zip(new, carry, strict=True))
            return kept, (ops.cast(kept[0], dtype), ops.cast(saved, dtype), *kept[1:])

        shapes = [(width, dtype), (gates, dtype), *states[1:]]
        final, (hidden, saved, *others) = loop(step, initial, (projected, real), shapes)

        def backward(*upstream: Any, **_: Any) -> Any:
            if len(upstream) == 1:  # JAX hands over one tuple
                upstream = tuple(upstream[0])
            d_hidden, *d_final = upstream
            before = [
                ops.concatenate([ops.cast(first, x.dtype)[None], x[:-1]], axis=0)
                for first, x in zip(initial, (hidden, *others), strict=True)
            ]

            def back(carry: Any, now: Any) -> Any:
                d_out, s, m, *rest = now
                here = (carry[0] + ops.cast(d_out, "float32"), *carry[1:])
                d_sums, d_before = cell.backward(
                    ops.cast(s, "float32"), rest[: len(initial)], rest[len(initial) :], here
                )
                d_sums = ops.cast(d_sums * m, dtype)
                d_product = ops.cast(ops.matmul(d_sums, kernel_t), "float32")
                d_before = tuple(
                    ops.where(m > 0, d, g) for d, g in zip(d_before, here, strict=True)
                )
                return (d_before[0] + d_product, *d_before[1:]), (d_sums,)

            kernel_t = ops.transpose(kernel)
            d_last = tuple(ops.cast(d, "float32") for d in d_final)
            d_initial, (d_projected,) = loop(
                back, d_last, (d_hidden, saved, real, *before, *others), [(gates, dtype)], True
            )
            rows = ops.reshape(d_projected, (-1, gates))
            d_kernel = ops.matmul(ops.transpose(ops.reshape(before[0], (-1, width))), rows)
            d_bias = ops.sum(ops.cast(rows, "float32"), axis=0)
            return d_projected, d_kernel, d_bias, ops.zeros_like(real), *d_initial

        return (hidden, *final), backward

    return ops.custom_gradient(forward)(projected, kernel, bias, real, *initial)
