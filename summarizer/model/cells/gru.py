"""Gated recurrent unit: an LSTM's care with what stays, with two gates and without a cell state.

    z, r = σ(W x_t + U h_{t-1} + b)               update and reset gates
    h̃_t  = tanh(W x_t + U (r ∘ h_{t-1}) + b)      candidate
    h_t  = (1 − z) ∘ h_{t-1} + z ∘ h̃_t

The reset stands before the product, which so has to wait for the gate. With `reset_after` it stands
behind it, r ∘ (U h_{t-1}): one product a step.

Source: Cho et al. (2014), arXiv:1406.1078, eq. 5 to 8, as Chung et al. (2014), arXiv:1412.3555, eq.
4 to 7 write it.
"""

from dataclasses import dataclass
from typing import Any

from keras import ops

from summarizer.model.cells import _base
from summarizer.model.cells._base import Cell, CellGradients
from summarizer.model.xla import product


@dataclass(frozen=True)
class Options(_base.Options):
    """Settings of the cell."""

    reset_after: bool = False  # one product a step instead of two

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.reset_after, bool):
            raise ValueError(f"reset_after={self.reset_after!r}: must be true or false")


def build(options: Options, inputs: int) -> Cell:
    """Make the cell for inputs of a width."""
    return (GRU if not options.reset_after else GRUResetAfter)(options.width, inputs)


class GRU(Cell):
    """The columns of the kernel are z, r, h̃; the candidate has a recurrent kernel of its own."""

    biases = (0.0, 0.0, 0.0)
    products = 2

    def __init__(self, width: int, inputs: int):
        super().__init__(width, inputs)
        self.candidate_kernel = self.add_weight(
            (width, width), "orthogonal", name="candidate_kernel"
        )

    @property
    def more(self) -> list[Any]:
        """The candidate's recurrent kernel, float32 [H, H]."""
        return [self.candidate_kernel]

    def forward(self, inputs: Any, recurrent: Any, states: Any, kernel: Any) -> Any:
        """Go one step on; see `Cell`."""
        (hidden,) = states
        gates = ops.sigmoid(inputs[:, : 2 * self.width] + recurrent)
        z, r = ops.split(gates, 2, axis=1)
        dtype = self.compute_dtype
        reset = product(ops.cast(r * hidden, dtype), ops.cast(kernel, dtype))
        candidate = ops.tanh(inputs[:, 2 * self.width :] + reset)
        return (hidden + z * (candidate - hidden),), None


class GRUResetAfter(Cell):
    """The columns of both kernels are z, r, h̃."""

    biases = (0.0, 0.0, 0.0)
    saves = 4
    apart = True

    def forward(self, inputs: Any, recurrent: Any, states: Any) -> Any:
        """Go one step on; see `Cell`."""
        (hidden,), width = states, self.width
        gates = ops.sigmoid(inputs[:, : 2 * width] + recurrent[:, : 2 * width])
        z, r = ops.split(gates, 2, axis=1)
        seen = recurrent[:, 2 * width :]
        candidate = ops.tanh(inputs[:, 2 * width :] + r * seen)
        new = hidden + z * (candidate - hidden)
        return (new,), ops.concatenate([gates, candidate, seen], axis=1)

    def backward(self, saved: Any, before: Any, gradient: Any) -> CellGradients:
        """Go one step back; see `Cell`."""
        z, r, candidate, seen = ops.split(saved, 4, axis=1)
        d_z = gradient[0] * (candidate - before[0]) * z * (1 - z)
        d_candidate = gradient[0] * z * (1 - candidate * candidate)
        d_r = d_candidate * seen * r * (1 - r)
        return CellGradients(
            inputs=ops.concatenate([d_z, d_r, d_candidate], axis=1),
            states=(gradient[0] * (1 - z),),
            recurrent=ops.concatenate([d_z, d_r, d_candidate * r], axis=1),
        )
