"""Run a recurrent cell over a sequence, forward and backward.

The input products of all steps are one matrix product before the loop. A cell that is linear in its
state is then computed by a parallel scan, every other cell by a loop with one product a step
(`recurrent_loop.py`). Sums of gates and states are float32, whatever the precision of the products.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from keras import ops

from summarizer.model.cells._base import States
from summarizer.model.parallel_scan import parallel_scan
from summarizer.model.protocols import Cell
from summarizer.model.recurrent_loop import RecurrentLoop
from summarizer.model.xla import two_kernels_at_once
from summarizer.types import Tensor

_operator: ContextVar[Callable[..., Any]] = ContextVar("operator", default=lambda *_: None)


@contextlib.contextmanager
def override_unroll(operator: Callable[..., Any]) -> Iterator[None]:
    """Within this context, let `unroll` return `operator(...)` of its arguments, unless it is None.

    With it a graph can be traced in which one operator of the runtime replaces a whole recurrence.
    """
    token = _operator.set(operator)
    try:
        yield
    finally:
        _operator.reset(token)


def zeros(cell: Cell, batch: Tensor) -> States:
    """Return the initial states of B sequences: zeros, each float32 [B, H]."""
    return tuple(ops.zeros((batch, size), "float32") for size in cell.sizes)


def step_cell(cell: Cell, inputs: Tensor, states: States) -> States:
    """Compute one step with inputs float [B, I]; all states are float32 [B, H]."""
    sums = ops.cast(cell.project(inputs), "float32") + _float32(cell.bias)
    recurrent = None
    if hasattr(cell, "recurrent_kernel"):
        recurrent = ops.matmul(ops.cast(states[0], cell.compute_dtype), _recurrent_kernel(cell))
        recurrent = ops.cast(recurrent, "float32")
    new, _ = cell.forward(sums, recurrent, states, *map(_float32, cell.extra_weights))
    return tuple(new)


def unroll(
    cell: Cell, inputs: Tensor, initial: States, mask: Tensor | None, reverse: bool = False
) -> tuple[Tensor, States]:
    """Run a cell over all steps; differentiable in the inputs, initial states and weights.

    Args:
        cell: a layer from `model/cells`.
        inputs: float [B, S, I].
        initial: the initial states, each float32 [B, H], the hidden state first.
        mask: bool [B, S] or None; where it is False, the states are held and the output is 0.
        reverse: read from the last step to the first; outputs stay in the order of the inputs.

    Returns:
        The outputs, float [B, S, H] in the precision of the products, and the final states,
        float32.
    """
    replaced: tuple[Tensor, States] | None = _operator.get()(cell, inputs, initial, mask, reverse)
    if replaced is not None:
        return replaced
    inputs = ops.transpose(inputs, (1, 0, 2))
    if mask is None:
        real = ops.ones_like(inputs[:, :, :1], dtype="float32")
    else:
        real = ops.cast(ops.transpose(mask)[:, :, None], "float32")
    # On a CPU with compiled kernels, the loop touches less memory than the scan and is faster.
    parallel = hasattr(cell, "coefficients") and not two_kernels_at_once()
    run = _scan if parallel else _loop
    outputs, *final = run(cell, cell.project(inputs), tuple(initial), real, reverse)
    outputs = outputs * ops.cast(real, outputs.dtype)
    return ops.transpose(outputs, (1, 0, 2)), tuple(final)


def _scan(cell: Any, projected: Tensor, initial: States, real: Tensor, reverse: bool) -> States:
    """Compute outputs [S, B, H] and the final state of a cell that is linear in its state."""
    keep, add = cell.coefficients(ops.cast(projected, "float32") + _float32(cell.bias))
    hidden = parallel_scan(ops.where(real > 0, keep, 1.0), add * real, initial[0], reverse)
    return ops.cast(hidden, cell.compute_dtype), hidden[0 if reverse else -1]


def _loop(cell: Cell, projected: Tensor, initial: States, real: Tensor, reverse: bool) -> States:
    """Compute outputs [S, B, H] and the final states of a cell, given its input products."""
    kernel = _recurrent_kernel(cell)
    loop = RecurrentLoop(cell, reverse, projected.shape[2], kernel.shape[1])
    extra = map(_float32, cell.extra_weights)
    arguments = (projected, kernel, _float32(cell.bias), real, *initial, *extra)
    outputs: States = ops.custom_gradient(loop.run)(*arguments)
    return outputs


def _recurrent_kernel(cell: Cell) -> Tensor:
    """Return U [H, R] in the precision of the products; R is 0 for a cell without U."""
    if not hasattr(cell, "recurrent_kernel"):
        return ops.zeros((cell.width, 0), cell.compute_dtype)
    return ops.cast(ops.convert_to_tensor(cell.recurrent_kernel), cell.compute_dtype)


def _float32(weight: Tensor) -> Tensor:
    return ops.cast(ops.convert_to_tensor(weight), "float32")
