"""Plain recurrent network (Elman): the whole state passes through one tanh at each step.

    h_t = tanh(W x_t + U h_{t-1} + b)

At each step the gradient is multiplied by U and by tanh', so it vanishes or explodes with distance
(Bengio, Simard, Frasconi 1994). The other cells were designed against that.

Source: Elman (1990), "Finding structure in time".
"""

from keras import ops

from summarizer.model.cells._base import Cell, CellGradients, Options, States
from summarizer.types import Tensor


def build(options: Options, inputs: int) -> "RNN":
    """Build the cell for inputs of this width."""
    return RNN(options.width, inputs)


class RNN(Cell):
    """Plain recurrent cell."""

    saved_width = 1

    def forward(self, inputs: Tensor, recurrent: Tensor, states: States) -> tuple[States, Tensor]:
        """Compute one step; see `cells/_base.py` for the arguments."""
        hidden = ops.tanh(inputs + recurrent)
        return (hidden,), hidden

    def backward(self, saved: Tensor, before: States, gradient: States) -> CellGradients:
        """Compute the gradients of one step; see `cells/_base.py` for the arguments."""
        return CellGradients(gradient[0] * (1 - saved * saved), (ops.zeros_like(saved),))
