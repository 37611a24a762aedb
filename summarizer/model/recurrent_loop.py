"""The loop of a recurrent cell over the steps of a sequence, with a gradient that is written out.

The forward loop saves the states and what the cell needs. The backward loop has one matrix product
per step; the gradient of the recurrent kernel is one large product after it. A cell without a
`backward` of its own is differentiated automatically, step by step, inside the backward loop.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
from keras import ops

from summarizer.model.cells._base import CellGradients, States
from summarizer.model.protocols import Cell
from summarizer.model.while_loop import Series, stack_outputs, while_loop
from summarizer.model.xla import product, xla_kernel
from summarizer.types import Tensor


class _Arguments(NamedTuple):
    """The tensors that a loop is differentiated with respect to, and `real`."""

    projected: Tensor  # float [S, B, G], W x
    kernel: Tensor  # float [H, R], U
    bias: Tensor  # float32 [G]
    real: Tensor  # float32 [S, B, 1], 0 at padding
    initial: States
    extra: tuple[Tensor, ...]


class _Saved(NamedTuple):
    """Results of the forward loop that the backward loop reads."""

    hidden: Tensor  # float [S, B, H], hidden states after each step
    cell: Series  # saved by the cell's `forward`, or U h for a cell without `backward`
    others: tuple[Series, ...]  # the other states before each step, float32


class RecurrentLoop:
    """The loop over the steps of one sequence, forward (`run`) and backward."""

    def __init__(self, cell: Cell, reverse: bool, gates: int, recurrent_gates: int):
        """Prepare the loop.

        Args:
            cell: what computes a step.
            reverse: read from the last step to the first.
            gates: G, columns of the kernel.
            recurrent_gates: R, columns of the recurrent kernel.
        """
        self.cell, self.reverse, self.dtype = cell, reverse, cell.compute_dtype
        self.gates, self.recurrent_gates = gates, recurrent_gates
        self.separate = cell.separate_input_gradient or cell.backward is None

    def run(self, *arguments: Tensor) -> tuple[States, Callable[..., tuple[Tensor, ...]]]:
        """Return outputs and final states, and the function that computes their gradients."""
        count = 4 + len(self.cell.sizes)
        projected, kernel, bias, real = arguments[:4]
        initial, extra = arguments[4:count], arguments[count:]
        inputs = _Arguments(projected, kernel, bias, real, initial, extra)
        final, saved = self._forward(inputs)

        def backward(*upstream: Any, **_: Any) -> tuple[Tensor, ...]:
            if len(upstream) == 1:  # JAX passes one tuple
                upstream = tuple(upstream[0])
            return self._backward(inputs, saved, upstream)

        return (saved.hidden, *final), backward

    def _forward(self, inputs: _Arguments) -> tuple[States, _Saved]:
        cell = self.cell

        def step(states: States, now: tuple[Tensor, ...]) -> tuple[States, tuple[Tensor, ...]]:
            projected, real = now
            recurrent = product(ops.cast(states[0], self.dtype), inputs.kernel)
            sums = ops.cast(projected, "float32") + inputs.bias
            new, saved = cell.forward(sums, recurrent, states, *inputs.extra)
            saved = recurrent if cell.backward is None else saved
            after = tuple(ops.where(real > 0, n, s) for n, s in zip(new, states, strict=True))
            return after, (ops.cast(after[0], self.dtype), saved, *states[1:])

        saved_width = cell.saved_width * cell.width if cell.backward else self.recurrent_gates
        others = [(size, "float32") for size in cell.sizes[1:]]
        shapes = [(cell.width, self.dtype), (saved_width, "float32"), *others]
        series = (inputs.projected, inputs.real)
        final, (hidden, saved, *before) = while_loop(
            xla_kernel(step), inputs.initial, series, shapes, self.reverse
        )
        return final, _Saved(stack_outputs(hidden), saved, tuple(before))

    def _backward(
        self, inputs: _Arguments, saved: _Saved, upstream: tuple[Tensor, ...]
    ) -> tuple[Tensor, ...]:
        """Return the gradient of each argument, given those of the outputs and final states."""
        d_hidden, *d_final = upstream
        first = ops.cast(inputs.initial[0], self.dtype)[None]
        hidden = saved.hidden
        parts = [hidden[1:], first] if self.reverse else [first, hidden[:-1]]
        hidden_before = ops.concatenate(parts, axis=0)
        step = functools.partial(self._step_back, inputs, ops.transpose(inputs.kernel))
        d_last = tuple(ops.cast(d, "float32") for d in d_final)
        d_extra = tuple(ops.zeros(weight.shape, "float32") for weight in inputs.extra)
        series = (d_hidden, inputs.real, hidden_before, saved.cell, *saved.others)
        series = series if self.cell.backward else (*series, inputs.projected)
        shapes = [(self.recurrent_gates, self.dtype)]
        shapes += [(self.gates, self.dtype)] if self.separate else []
        (d_initial, d_extra), d_steps = while_loop(
            xla_kernel(step), (d_last, d_extra), series, shapes, not self.reverse
        )
        d_recurrent, d_projected = stack_outputs(d_steps[0]), stack_outputs(d_steps[-1])
        d_kernel, d_bias = self._weight_gradients(hidden_before, d_recurrent, d_projected)
        return d_projected, d_kernel, d_bias, ops.zeros_like(inputs.real), *d_initial, *d_extra

    def _step_back(
        self, inputs: _Arguments, kernel_t: Tensor, carry: Any, now: tuple[Tensor, ...]
    ) -> tuple[tuple[States, tuple[Tensor, ...]], tuple[Tensor, ...]]:
        """Go one step back.

        Args:
            inputs: arguments of the loop.
            kernel_t: the transposed recurrent kernel, float [R, H].
            carry: gradients of the states after the step, and sums of those of the extra weights.
            now: the entries of `series` in `_backward` at this step.
        """
        d_output, real, hidden, saved, *others = now
        d_states, d_extra = carry
        d_states = (d_states[0] + ops.cast(d_output, "float32"), *d_states[1:])
        before = (ops.cast(hidden, "float32"), *others[: len(d_states) - 1])
        gradient = tuple(d * real for d in d_states)
        if self.cell.backward is None:
            sums = ops.cast(others[-1], "float32") + inputs.bias
            arguments = (sums, saved, *before, *inputs.extra)
            gradients = _differentiate(self.cell, arguments, gradient)
        else:
            gradients = self.cell.backward(saved, before, gradient, *inputs.extra)
        d_recurrent = gradients.recurrent if self.separate else gradients.inputs
        d_recurrent = ops.cast(d_recurrent, self.dtype)
        d_inputs = ops.cast(gradients.inputs, self.dtype)
        d_before = tuple(
            ops.where(real > 0, d, held) for d, held in zip(gradients.states, d_states, strict=True)
        )
        if self.recurrent_gates:
            d_before = (d_before[0] + product(d_recurrent, kernel_t), *d_before[1:])
        d_extra = tuple(a + b for a, b in zip(d_extra, gradients.extra_weights, strict=True))
        return (d_before, d_extra), (d_recurrent, d_inputs) if self.separate else (d_recurrent,)

    def _weight_gradients(
        self, hidden_before: Tensor, d_recurrent: Tensor, d_projected: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the gradients of the recurrent kernel [H, R] and of the bias [G]."""
        rows = ops.reshape(d_recurrent, (-1, self.recurrent_gates))
        hidden_rows = ops.reshape(hidden_before, (-1, self.cell.width))
        d_kernel = ops.matmul(ops.transpose(hidden_rows), rows)
        rows = ops.reshape(d_projected, (-1, self.gates)) if self.separate else rows
        # On a CPU, a product with ones sums columns many times faster than a sum does.
        return d_kernel, product(ops.transpose(ops.ones_like(rows[:, :1])), rows)[0]


def _differentiate(
    cell: Cell, arguments: tuple[Tensor, ...], gradient: tuple[Tensor, ...]
) -> CellGradients:
    """Differentiate one step of a cell automatically.

    Args:
        cell: a cell without `backward`.
        arguments: of `forward`: inputs, recurrent, states, extra weights.
        gradient: of the new states.
    """
    count = 2 + len(gradient)

    def new_states(*arguments: Tensor) -> States:
        return cell.forward(*arguments[:2], arguments[2:count], *arguments[count:])[0]

    if keras.backend.backend() == "jax":
        import jax

        gradients = jax.vjp(new_states, *arguments)[1](gradient)
    else:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(arguments)
            states = new_states(*arguments)
        zero = tf.UnconnectedGradients.ZERO
        gradients = tape.gradient(states, arguments, gradient, unconnected_gradients=zero)
    return CellGradients(
        gradients[0], tuple(gradients[2:count]), gradients[1], tuple(gradients[count:])
    )
