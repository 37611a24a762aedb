"""Run a recurrent cell over a sequence, forward and backward, as fast as the machine allows.

The product with the inputs of all steps is one matrix product before the loop; the loop holds one
product and the cell's elementwise part. The gradient is written out: it keeps the gates and
states, runs the loop backward with one product a step, and computes the recurrent weights'
gradient once, after the loop, as one large product. Sums of gates and the states stay float32
whatever the precision of the products.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any

import keras
from keras import ops

from summarizer.model.fusion import fuse, product

Step = Callable[[tuple[Any, ...], tuple[Any, ...]], tuple[tuple[Any, ...], tuple[Any, ...]]]

_operator: ContextVar[Callable[..., Any]] = ContextVar("operator", default=lambda *_: None)


@contextlib.contextmanager
def replaced(operator: Callable[..., Any]) -> Iterator[None]:
    """Within it `unroll` returns what `operator` does of the same arguments, unless that is None.

    So a graph can be traced in which one operator of its runtime stands for a whole recurrence.
    """
    token = _operator.set(operator)
    try:
        yield
    finally:
        _operator.reset(token)


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
    step = fuse(step)

    def body(i: Any, carry: Any, arrays: Any) -> Any:
        t = length - 1 - i if reverse else i
        now = tuple(x.read(t) if isinstance(x, tf.TensorArray) else x[t] for x in inputs)
        carry, values = step(carry, now)
        return i + 1, carry, tuple(a.write(t, v) for a, v in zip(arrays, values, strict=True))

    _, carry, arrays = tf.while_loop(
        lambda i, *_: i < length, body, (tf.constant(0), carry, arrays), maximum_iterations=length
    )
    return carry, arrays


def stacked(series: Any) -> Any:
    """Return what a loop gave as one tensor [S, B, width]."""
    return series.stack() if hasattr(series, "stack") else series


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
    found = _operator.get()(cell, inputs, initial, mask, reverse)
    if found is not None:
        return found
    inputs = ops.transpose(inputs, (1, 0, 2))
    if mask is None:
        real = ops.ones_like(inputs[:, :, :1], dtype="float32")
    else:
        real = ops.cast(ops.transpose(mask)[:, :, None], "float32")
    outputs, *final = _recur(cell, cell.project(inputs), tuple(initial), real, reverse)
    outputs = outputs * ops.cast(real, outputs.dtype)
    return ops.transpose(outputs, (1, 0, 2)), tuple(final)


def _recur(cell: Any, projected: Any, initial: tuple[Any, ...], real: Any, reverse: bool) -> Any:
    """Outputs [S, B, H] and last states of a cell whose input products are done."""
    dtype, width = cell.compute_dtype, cell.width
    kernel = ops.cast(ops.convert_to_tensor(cell.recurrent_kernel), dtype)
    bias = ops.cast(ops.convert_to_tensor(cell.bias), "float32")
    others = [(width, "float32")] * (len(initial) - 1)
    gates = cell.gates * width

    def forward(projected: Any, kernel: Any, bias: Any, real: Any, *initial: Any) -> Any:
        def step(carry: Any, now: Any) -> Any:
            z, m = now
            sums = ops.cast(z, "float32") + bias + product(ops.cast(carry[0], dtype), kernel)
            new, saved = cell.forward(sums, carry)
            kept = tuple(ops.where(m > 0, n, c) for n, c in zip(new, carry, strict=True))
            return kept, (ops.cast(kept[0], dtype), saved, *carry[1:])

        shapes = [(width, dtype), (gates, "float32"), *others]
        final, (hidden, saved, *before) = loop(step, initial, (projected, real), shapes, reverse)
        hidden = stacked(hidden)

        def backward(*upstream: Any, **_: Any) -> Any:
            if len(upstream) == 1:  # JAX hands over one tuple
                upstream = tuple(upstream[0])
            d_hidden, *d_final = upstream
            first = ops.cast(initial[0], dtype)[None]
            parts = [hidden[1:], first] if reverse else [first, hidden[:-1]]
            hidden_before = ops.concatenate(parts, axis=0)
            kernel_t = ops.transpose(kernel)

            def back(carry: Any, now: Any) -> Any:
                d_out, m, h, s, *rest = now
                here = (carry[0] + ops.cast(d_out, "float32"), *carry[1:])
                d_sums, d_before = cell.backward(s, (ops.cast(h, "float32"), *rest), here)
                d_sums = ops.cast(d_sums * m, dtype)
                d_before = tuple(
                    ops.where(m > 0, d, g) for d, g in zip(d_before, here, strict=True)
                )
                return (d_before[0] + product(d_sums, kernel_t), *d_before[1:]), (d_sums,)

            d_last = tuple(ops.cast(d, "float32") for d in d_final)
            series = (d_hidden, real, hidden_before, saved, *before)
            d_initial, (d_sums,) = loop(back, d_last, series, [(gates, dtype)], not reverse)
            d_projected = stacked(d_sums)
            rows = ops.reshape(d_projected, (-1, gates))
            d_kernel = ops.matmul(ops.transpose(ops.reshape(hidden_before, (-1, width))), rows)
            # A product with ones sums columns many times faster than the sum does on a CPU.
            d_bias = product(ops.transpose(ops.ones_like(rows[:, :1])), rows)[0]
            return d_projected, d_kernel, d_bias, ops.zeros_like(real), *d_initial

        return (hidden, *final), backward

    return ops.custom_gradient(forward)(projected, kernel, bias, real, *initial)
