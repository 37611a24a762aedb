"""Run a recurrent cell over a sequence, forward and backward, as fast as the machine allows.

The product with the inputs of all steps is one matrix product before the loop; the loop holds one
product and the cell's own part. The gradient is written out: it keeps what the cell saved and the
states, runs the loop backward with one product a step, and computes the recurrent weights'
gradient once, after the loop, as one large product. A cell that has no gradient of its own is
differentiated step by step within that loop. Sums of gates and the states stay float32 whatever the
precision of the products.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import keras
from keras import ops

from summarizer.model.cells._base import CellGradients
from summarizer.model.parallel_scan import parallel_scan
from summarizer.model.while_loop import stack_outputs, while_loop
from summarizer.model.xla import product, two_kernels_at_once, xla_kernel

_operator: ContextVar[Callable[..., Any]] = ContextVar("operator", default=lambda *_: None)


@contextlib.contextmanager
def override_unroll(operator: Callable[..., Any]) -> Iterator[None]:
    """Within it `unroll` returns what `operator` does of the same arguments, unless that is None.

    So a graph can be traced in which one operator of its runtime stands for a whole recurrence.
    """
    token = _operator.set(operator)
    try:
        yield
    finally:
        _operator.reset(token)


def zeros(cell: Any, batch: Any) -> tuple[Any, ...]:
    """Return the states that a sequence begins with, each float32 [B, H]."""
    return tuple(ops.zeros((batch, size), "float32") for size in cell.sizes)


def step_cell(cell: Any, inputs: Any, states: tuple[Any, ...]) -> tuple[Any, ...]:
    """Go one step on from the states, each float32 [B, H], with inputs float [B, I]."""
    sums = ops.cast(cell.project(inputs), "float32") + _float32(cell.bias)
    recurrent = None
    if hasattr(cell, "recurrent_kernel"):
        recurrent = ops.matmul(ops.cast(states[0], cell.compute_dtype), _recurrent(cell))
        recurrent = ops.cast(recurrent, "float32")
    new, _ = cell.forward(sums, recurrent, states, *map(_float32, cell.more))
    return tuple(new)


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
    # On a CPU a loop of kernels reads and writes less than a scan that needs as many numbers.
    parallel = hasattr(cell, "coefficients") and not two_kernels_at_once()
    run = _scan if parallel else _recur
    outputs, *final = run(cell, cell.project(inputs), tuple(initial), real, reverse)
    outputs = outputs * ops.cast(real, outputs.dtype)
    return ops.transpose(outputs, (1, 0, 2)), tuple(final)


def _scan(cell: Any, projected: Any, initial: tuple[Any, ...], real: Any, reverse: bool) -> Any:
    """Outputs [S, B, H] and last state of a cell that is linear in its state."""
    keep, add = cell.coefficients(ops.cast(projected, "float32") + _float32(cell.bias))
    hidden = parallel_scan(ops.where(real > 0, keep, 1.0), add * real, initial[0], reverse)
    return ops.cast(hidden, cell.compute_dtype), hidden[0 if reverse else -1]


def _recur(cell: Any, projected: Any, initial: tuple[Any, ...], real: Any, reverse: bool) -> Any:
    """Outputs [S, B, H] and last states of a cell whose input products are done."""
    dtype, width, count = cell.compute_dtype, cell.width, len(initial)
    kernel = _recurrent(cell)
    columns = projected.shape[2], kernel.shape[1]
    apart = cell.apart or cell.backward is None
    others = [(size, "float32") for size in cell.sizes[1:]]

    def forward(projected: Any, kernel: Any, bias: Any, real: Any, *rest: Any) -> Any:
        initial, more = rest[:count], rest[count:]

        def step(carry: Any, now: Any) -> Any:
            z, m = now
            recurrent = product(ops.cast(carry[0], dtype), kernel)
            new, saved = cell.forward(ops.cast(z, "float32") + bias, recurrent, carry, *more)
            saved = recurrent if cell.backward is None else saved
            kept = tuple(ops.where(m > 0, n, c) for n, c in zip(new, carry, strict=True))
            return kept, (ops.cast(kept[0], dtype), saved, *carry[1:])

        saves = columns[1] if cell.backward is None else cell.saves * width
        shapes = [(width, dtype), (saves, "float32"), *others]
        final, (hidden, saved, *before) = while_loop(
            xla_kernel(step), initial, (projected, real), shapes, reverse
        )
        hidden = stack_outputs(hidden)

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
                states, sums = carry
                here = (states[0] + ops.cast(d_out, "float32"), *states[1:])
                old = (ops.cast(h, "float32"), *rest[: count - 1])
                gradient = tuple(g * m for g in here)
                if cell.backward is None:
                    z = ops.cast(rest[-1], "float32") + bias
                    slopes = _differentiated(cell, (z, s, *old, *more), gradient)
                else:
                    slopes = cell.backward(s, old, gradient, *more)
                d_sums = slopes.recurrent if apart else slopes.inputs
                d_sums, d_inputs = ops.cast(d_sums, dtype), ops.cast(slopes.inputs, dtype)
                d_old = tuple(
                    ops.where(m > 0, d, g) for d, g in zip(slopes.states, here, strict=True)
                )
                if columns[1]:
                    d_old = (d_old[0] + product(d_sums, kernel_t), *d_old[1:])
                sums = tuple(a + b for a, b in zip(sums, slopes.more, strict=True))
                return (d_old, sums), (d_sums, d_inputs) if apart else (d_sums,)

            d_last = tuple(ops.cast(d, "float32") for d in d_final)
            nothing = tuple(ops.zeros(w.shape, "float32") for w in more)
            series = (d_hidden, real, hidden_before, saved, *before)
            series = series if cell.backward is not None else (*series, projected)
            shapes = [(columns[1], dtype), *([(columns[0], dtype)] if apart else [])]
            (d_initial, d_more), found = while_loop(
                xla_kernel(back), (d_last, nothing), series, shapes, not reverse
            )
            d_sums, d_projected = stack_outputs(found[0]), stack_outputs(found[-1])
            rows = ops.reshape(d_sums, (-1, columns[1]))
            d_kernel = ops.matmul(ops.transpose(ops.reshape(hidden_before, (-1, width))), rows)
            rows = ops.reshape(d_projected, (-1, columns[0])) if apart else rows
            # A product with ones sums columns many times faster than the sum does on a CPU.
            d_bias = product(ops.transpose(ops.ones_like(rows[:, :1])), rows)[0]
            return d_projected, d_kernel, d_bias, ops.zeros_like(real), *d_initial, *d_more

        return (hidden, *final), backward

    more = map(_float32, cell.more)
    bias = _float32(cell.bias)
    return ops.custom_gradient(forward)(projected, kernel, bias, real, *initial, *more)


def _differentiated(cell: Any, given: tuple[Any, ...], gradient: tuple[Any, ...]) -> CellGradients:
    """The `Slopes` of a step as its operations stand.

    Args:
        cell: a cell without a gradient of its own.
        given: what `forward` takes, one after the other.
        gradient: of the new states.
    """
    count = 2 + len(gradient)

    def new(*given: Any) -> Any:
        return cell.forward(*given[:2], given[2:count], *given[count:])[0]

    if keras.backend.backend() == "jax":
        import jax

        found = jax.vjp(new, *given)[1](gradient)
    else:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(given)
            states = new(*given)
        zero = tf.UnconnectedGradients.ZERO
        found = tape.gradient(states, given, gradient, unconnected_gradients=zero)
    return CellGradients(found[0], tuple(found[2:count]), found[1], tuple(found[count:]))


def _recurrent(cell: Any) -> Any:
    """The recurrent kernel [H, R] in the products' precision; without one, R is 0."""
    if not hasattr(cell, "recurrent_kernel"):
        return ops.zeros((cell.width, 0), cell.compute_dtype)
    return ops.cast(ops.convert_to_tensor(cell.recurrent_kernel), cell.compute_dtype)


def _float32(weight: Any) -> Any:
    return ops.cast(ops.convert_to_tensor(weight), "float32")
