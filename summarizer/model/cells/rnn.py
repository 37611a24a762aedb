"""The plain recurrent network: everything remembered passes through one squashed sum at each step.

    h_t = tanh(W x_t + U h_{t-1} + b)

Its gradient passes through U and tanh' at each step too, and fades or explodes with the distance
(Bengio, Simard, Frasconi 1994): all other cells are answers to that.

Source: Elman (1990), "Finding structure in time".
"""

from typing import Any

from keras import ops

from summarizer.model.cells._base import Cell, CellGradients, Options


def build(options: Options, inputs: int) -> "RNN":
    """Make the cell for inputs of a width."""
    return RNN(options.width, inputs)


class RNN(Cell):
    """A squashed sum."""

    saves = 1

    def forward(self, inputs: Any, recurrent: Any, states: Any) -> Any:
        """Go one step on; see `Cell`."""
        hidden = ops.tanh(inputs + recurrent)
        return (hidden,), hidden

    def backward(self, saved: Any, before: Any, gradient: Any) -> CellGradients:
        """Go one step back; see `Cell`."""
        return CellGradients(gradient[0] * (1 - saved * saved), (ops.zeros_like(saved),))
