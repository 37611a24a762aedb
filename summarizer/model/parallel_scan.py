"""A linear recurrence over all steps in about 2 √S steps: a parallel scan of two levels.

    h_t = a_t ∘ h_{t-1} + b_t

The steps are cut into √S pieces of √S steps. All pieces are run side by side from 0; then what
enters each piece is handed on from piece to piece; then it is added, times what is left of it.

Source: Blelloch (1990), "Prefix sums and their applications"; in recurrent networks, Martin and
Cundy (2018), arXiv:1709.04057.
"""

import math
from typing import Any

from keras import ops

from summarizer.model.while_loop import stack_outputs, while_loop
from summarizer.model.xla import xla_kernel


def parallel_scan(a: Any, b: Any, initial: Any, reverse: bool = False) -> Any:
    """Return all h_t, float32 [S, B, H]; differentiable.

    Args:
        a: float32 [S, B, H], each in [0, 1].
        b: float32 [S, B, H].
        initial: float32 [B, H].
        reverse: go from the last t to the first.
    """

    def forward(a: Any, b: Any, initial: Any) -> Any:
        hidden = _scan(a, b, initial, reverse)

        def backward(*upstream: Any, **_: Any) -> Any:
            (gradient,) = upstream
            # The gradient obeys the same recurrence the other way: g_t + a_{t+1} ∘ d_{t+1}.
            nothing = ops.zeros_like(a[:1])
            after = [nothing, a[:-1]] if reverse else [a[1:], nothing]
            d_b = _scan(
                ops.concatenate(after), gradient, ops.zeros_like(initial), reverse=not reverse
            )
            first = initial[None]
            before = ops.concatenate([hidden[1:], first] if reverse else [first, hidden[:-1]])
            end = -1 if reverse else 0
            return d_b * before, d_b, a[end] * d_b[end]

        return hidden, backward

    return ops.custom_gradient(forward)(a, b, initial)


def _scan(a: Any, b: Any, initial: Any, reverse: bool) -> Any:
    """What `scan` returns; C steps in each of P pieces."""
    steps, batch, width = ops.shape(a)
    size, pieces = _cut(steps)
    fill = [[0, pieces * size - steps], [0, 0], [0, 0]]  # steps that change nothing

    def cut(x: Any, value: float) -> Any:
        """Float [S, B, H] as [C, P * B, H]."""
        x = ops.reshape(ops.pad(x, fill, constant_values=value), (pieces, size, batch, width))
        return ops.reshape(ops.transpose(x, (1, 0, 2, 3)), (size, pieces * batch, width))

    def inside(carry: Any, now: Any) -> Any:
        hidden, kept = now[0] * carry[0] + now[1], now[0] * carry[1]
        return (hidden, kept), (hidden, kept)

    def between(carry: Any, now: Any) -> Any:
        return (now[0] + now[1] * carry[0],), carry

    series = (cut(a, 1.0), cut(b, 0.0))
    zeros = ops.zeros_like(series[0][0])
    shapes = [(initial.shape[1], "float32")]
    ends, found = while_loop(xla_kernel(inside), (zeros, zeros + 1), series, 2 * shapes, reverse)
    ends = tuple(ops.reshape(x, (pieces, batch, width)) for x in ends)
    _, (entering,) = while_loop(xla_kernel(between), (initial,), ends, shapes, reverse)
    hidden, kept = (ops.reshape(stack_outputs(x), (size, pieces, batch, width)) for x in found)
    hidden = ops.transpose(hidden + kept * stack_outputs(entering), (1, 0, 2, 3))
    return ops.reshape(hidden, (pieces * size, batch, width))[:steps]


def _cut(steps: Any) -> tuple[Any, Any]:
    """Steps a piece, and pieces: about equal, together enough."""
    if isinstance(steps, int):
        size = max(math.isqrt(steps), 1)
    else:
        size = ops.maximum(ops.cast(ops.sqrt(ops.cast(steps, "float32")), "int32"), 1)
    return size, (steps + size - 1) // size
