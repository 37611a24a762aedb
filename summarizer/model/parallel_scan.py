"""Compute a linear recurrence over S steps in about 2 √S sequential steps.

    h_t = a_t ∘ h_{t-1} + b_t

The S steps are cut into √S segments of √S steps. First all segments are run side by side, each from
0. Then the state that enters each segment is passed on from segment to segment. Last, the entering
state, times the product of the factors a up to each step, is added to the steps of its segment.

Source: Blelloch (1990), "Prefix sums and their applications"; for recurrent networks: Martin and
Cundy (2018), arXiv:1709.04057.
"""

import math
from collections.abc import Callable
from typing import Any

from keras import ops

from summarizer.model.cells._base import States
from summarizer.model.while_loop import stack_outputs, while_loop
from summarizer.model.xla import xla_kernel
from summarizer.types import Tensor


def parallel_scan(a: Tensor, b: Tensor, initial: Tensor, reverse: bool = False) -> Tensor:
    """Return all h_t, float32 [S, B, H]; differentiable.

    Args:
        a: float32 [S, B, H], each in [0, 1].
        b: float32 [S, B, H].
        initial: float32 [B, H].
        reverse: go from the last t to the first.
    """

    def forward(
        a: Tensor, b: Tensor, initial: Tensor
    ) -> tuple[Tensor, Callable[..., tuple[Tensor, ...]]]:
        hidden = _scan(a, b, initial, reverse)

        def backward(*upstream: Tensor, **_: Any) -> tuple[Tensor, ...]:
            (gradient,) = upstream
            # The gradient follows the same recurrence in the other direction:
            # d_t = g_t + a_{t+1} ∘ d_{t+1}.
            zero = ops.zeros_like(a[:1])
            after = [zero, a[:-1]] if reverse else [a[1:], zero]
            d_b = _scan(
                ops.concatenate(after), gradient, ops.zeros_like(initial), reverse=not reverse
            )
            first = initial[None]
            before = ops.concatenate([hidden[1:], first] if reverse else [first, hidden[:-1]])
            end = -1 if reverse else 0
            return d_b * before, d_b, a[end] * d_b[end]

        return hidden, backward

    return ops.custom_gradient(forward)(a, b, initial)


def _scan(a: Tensor, b: Tensor, initial: Tensor, reverse: bool) -> Tensor:
    """Return all h_t, computed in P segments of C steps."""
    steps, batch, width = ops.shape(a)
    size, segments = _segment(steps)
    padding = [[0, segments * size - steps], [0, 0], [0, 0]]  # steps that change nothing

    def cut(x: Tensor, value: float) -> Tensor:
        """Reshape float [S, B, H] to [C, P * B, H]."""
        x = ops.reshape(ops.pad(x, padding, constant_values=value), (segments, size, batch, width))
        return ops.reshape(ops.transpose(x, (1, 0, 2, 3)), (size, segments * batch, width))

    def inside(carry: States, now: States) -> tuple[States, States]:
        hidden, factor = now[0] * carry[0] + now[1], now[0] * carry[1]
        return (hidden, factor), (hidden, factor)

    def between(carry: States, now: States) -> tuple[States, States]:
        return (now[0] + now[1] * carry[0],), carry

    series = (cut(a, 1.0), cut(b, 0.0))
    zeros = ops.zeros_like(series[0][0])
    shapes = [(initial.shape[1], "float32")]
    ends, local = while_loop(xla_kernel(inside), (zeros, zeros + 1), series, 2 * shapes, reverse)
    ends = tuple(ops.reshape(x, (segments, batch, width)) for x in ends)
    _, (entering,) = while_loop(xla_kernel(between), (initial,), ends, shapes, reverse)
    hidden, factor = (ops.reshape(stack_outputs(x), (size, segments, batch, width)) for x in local)
    hidden = ops.transpose(hidden + factor * stack_outputs(entering), (1, 0, 2, 3))
    return ops.reshape(hidden, (segments * size, batch, width))[:steps]


def _segment(steps: Tensor) -> tuple[Tensor, Tensor]:
    """Return the steps of a segment and the number of segments, about equal; [] int or int32."""
    if isinstance(steps, int):
        size = max(math.isqrt(steps), 1)
    else:
        size = ops.maximum(ops.cast(ops.sqrt(ops.cast(steps, "float32")), "int32"), 1)
    return size, (steps + size - 1) // size
