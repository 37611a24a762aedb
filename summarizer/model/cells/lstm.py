"""Long short-term memory: a cell state that gates write, keep and read.

    i, f, o = σ(W x_t + U h_{t-1} + b)      input, forget and output gates
    g       = tanh(W x_t + U h_{t-1} + b)   candidate
    c_t     = f ∘ c_{t-1} + i ∘ g
    h_t     = o ∘ tanh(c_t)

A plain recurrence multiplies what it remembers with U at every step, so gradients vanish; here the
forget gate alone decides what stays.

Source: Hochreiter and Schmidhuber (1997); the forget gate, Gers et al. (2000), begins open
(Jozefowicz et al. 2015).
"""

from typing import Any

from keras import ops

from summarizer.model.cells._base import Cell, CellGradients, Options


def build(options: Options, inputs: int) -> "LSTM":
    """Make the cell for inputs of a width."""
    return LSTM(options.width, inputs)


class LSTM(Cell):
    """The columns of the kernels are i, f, o, g, so that one sigmoid covers three gates."""

    biases = (0.0, 1.0, 0.0, 0.0)
    states = 2  # hidden and cell state
    saves = 4

    def forward(self, inputs: Any, recurrent: Any, states: Any) -> Any:
        """Go one step on; see `Cell`."""
        sums = inputs + recurrent
        gates = ops.sigmoid(sums[:, : 3 * self.width])
        candidate = ops.tanh(sums[:, 3 * self.width :])
        i, f, o = ops.split(gates, 3, axis=1)
        cell = f * states[1] + i * candidate
        return (o * ops.tanh(cell), cell), ops.concatenate([gates, candidate], axis=1)

    def backward(self, saved: Any, before: Any, gradient: Any) -> CellGradients:
        """Go one step back; see `Cell`."""
        i, f, o, g = ops.split(saved, 4, axis=1)
        squashed = ops.tanh(f * before[1] + i * g)
        d_cell = gradient[1] + gradient[0] * o * (1 - squashed * squashed)
        sums = [
            d_cell * g * i * (1 - i),
            d_cell * before[1] * f * (1 - f),
            gradient[0] * squashed * o * (1 - o),
            d_cell * i * (1 - g * g),
        ]
        return CellGradients(ops.concatenate(sums, axis=1), (ops.zeros_like(d_cell), d_cell * f))
