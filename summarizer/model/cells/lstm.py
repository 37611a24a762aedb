"""Long short-term memory: a cell state that gates write, keep and read.

    i, f, o = σ(W_x x_t + W_h h_{t-1} + b)      input, forget and output gates
    g       = tanh(W_x x_t + W_h h_{t-1} + b)   candidate
    c_t     = f ∘ c_{t-1} + i ∘ g
    h_t     = o ∘ tanh(c_t)

Source: Hochreiter and Schmidhuber (1997); the forget gate, Gers et al. (2000), begins open.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops


@dataclass(frozen=True)
class Options:
    """Settings of the cell."""

    width: int = 256  # H

    def __post_init__(self) -> None:
        if not isinstance(self.width, int) or self.width < 1:
            raise ValueError(f"width={self.width!r}: must be a whole number above 0")


def build(options: Options, inputs: int) -> "LSTM":
    """Make the cell for inputs of a width."""
    return LSTM(options.width, inputs)


class LSTM(keras.layers.Layer):
    """The elementwise part of the recurrence; the products belong to `recurrence.unroll`.

    The columns of the kernels are i, f, o, g, so that one sigmoid covers three gates.
    """

    gates = 4
    states = 2  # hidden and cell state

    def __init__(self, width: int, inputs: int):
        super().__init__()
        self.width = width
        self.kernel = self.add_weight(
            (inputs, 4 * width), initializer="glorot_uniform", name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            (width, 4 * width), initializer="orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight((4 * width,), initializer=_open_forget_gate, name="bias")
        self.built = True

    def project(self, inputs: Any) -> Any:
        """Return W_x x for any leading shape, float [..., 4H]."""
        dtype = self.compute_dtype
        kernel = ops.cast(ops.convert_to_tensor(self.kernel), dtype)
        return ops.matmul(ops.cast(inputs, dtype), kernel)

    def forward(self, sums: Any, states: Any) -> Any:
        """Go one step on.

        Args:
            sums: float32 [B, 4H], before the gates' nonlinearities.
            states: hidden and cell state, each float32 [B, H].

        Returns:
            The new states, and the gates' values, float32 [B, 4H], for `backward`.
        """
        gates = ops.sigmoid(sums[:, : 3 * self.width])
        candidate = ops.tanh(sums[:, 3 * self.width :])
        i, f, o = ops.split(gates, 3, axis=1)
        cell = f * states[1] + i * candidate
        return (o * ops.tanh(cell), cell), ops.concatenate([gates, candidate], axis=1)

    def backward(self, saved: Any, before: Any, gradient: Any) -> Any:
        """Go one step back.

        Args:
            saved: float32 [B, 4H], what `forward` returned.
            before: hidden and cell state before the step, each float32 [B, H].
            gradient: of the hidden and the cell state after the step, float32.

        Returns:
            The gradient of `sums`, and of the states before the step except through `sums`.
        """
        i, f, o, g = ops.split(saved, 4, axis=1)
        squashed = ops.tanh(f * before[1] + i * g)
        d_cell = gradient[1] + gradient[0] * o * (1 - squashed * squashed)
        d_sums = ops.concatenate(
            [
                d_cell * g * i * (1 - i),
                d_cell * before[1] * f * (1 - f),
                gradient[0] * squashed * o * (1 - o),
                d_cell * i * (1 - g * g),
            ],
            axis=1,
        )
        return d_sums, (ops.zeros_like(d_cell), d_cell * f)


def _open_forget_gate(shape: tuple[int, ...], dtype: Any = None) -> Any:
    """Bias 1 for the forget gate, 0 for the others (Jozefowicz et al. 2015)."""
    width = shape[0] // 4
    zeros, ones = ops.zeros((width,), dtype), ops.ones((width,), dtype)
    return ops.concatenate([zeros, ones, zeros, zeros], axis=0)
