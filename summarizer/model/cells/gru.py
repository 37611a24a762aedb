"""GRU, gated recurrent unit: like an LSTM, with two gates and without a separate cell state.

    z, r = σ(W x_t + U h_{t-1} + b)               update and reset gates
    h̃_t  = tanh(W x_t + U (r ∘ h_{t-1}) + b)      candidate
    h_t  = (1 − z) ∘ h_{t-1} + z ∘ h̃_t

The reset gate is applied before the product with U, so that product must wait for the gate. With
`reset_after` it is applied afterwards, r ∘ (U h_{t-1}), and one product a step is enough.

Source: Cho et al. (2014), arXiv:1406.1078, eq. 5 to 8, in the form of Chung et al. (2014),
arXiv:1412.3555, eq. 4 to 7.
"""

from dataclasses import dataclass

import keras
from keras import ops

from summarizer.model.cells import _base
from summarizer.model.cells._base import Cell, CellGradients, States
from summarizer.model.xla import product
from summarizer.types import Tensor


@dataclass(frozen=True)
class Options(_base.Options):
    """Settings of the cell."""

    reset_after: bool = False  # apply the reset gate after the product: one product a step

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.reset_after, bool):
            raise ValueError(f"reset_after={self.reset_after!r}: must be true or false")


def build(options: Options, inputs: int) -> Cell:
    """Build the cell for inputs of this width."""
    return (GRU if not options.reset_after else GRUResetAfter)(options.width, inputs)


class GRU(Cell):
    """GRU with the reset before the product. The columns of the kernel are z, r, h̃."""

    biases = (0.0, 0.0, 0.0)
    recurrent_gates = 2  # z and r; the candidate has its own recurrent kernel

    def __init__(self, width: int, inputs: int):
        super().__init__(width, inputs)
        self.candidate_kernel = self.add_weight(
            (width, width), "orthogonal", name="candidate_kernel"
        )

    @property
    def extra_weights(self) -> list[keras.Variable]:
        """The recurrent kernel of the candidate, float32 [H, H]."""
        return [self.candidate_kernel]

    def forward(
        self, inputs: Tensor, recurrent: Tensor, states: States, candidate_kernel: Tensor
    ) -> tuple[States, None]:
        """Compute one step; see `cells/_base.py` for the arguments."""
        (hidden,) = states
        gates = ops.sigmoid(inputs[:, : 2 * self.width] + recurrent)
        z, r = ops.split(gates, 2, axis=1)
        dtype = self.compute_dtype
        reset = product(ops.cast(r * hidden, dtype), ops.cast(candidate_kernel, dtype))
        candidate = ops.tanh(inputs[:, 2 * self.width :] + reset)
        return (hidden + z * (candidate - hidden),), None


class GRUResetAfter(Cell):
    """GRU with the reset after the product. The columns of both kernels are z, r, h̃."""

    biases = (0.0, 0.0, 0.0)
    saved_width = 4
    separate_input_gradient = True  # the reset gate scales U h but not W x

    def forward(self, inputs: Tensor, recurrent: Tensor, states: States) -> tuple[States, Tensor]:
        """Compute one step; see `cells/_base.py` for the arguments."""
        (hidden,), width = states, self.width
        gates = ops.sigmoid(inputs[:, : 2 * width] + recurrent[:, : 2 * width])
        z, r = ops.split(gates, 2, axis=1)
        unreset = recurrent[:, 2 * width :]
        candidate = ops.tanh(inputs[:, 2 * width :] + r * unreset)
        new = hidden + z * (candidate - hidden)
        return (new,), ops.concatenate([gates, candidate, unreset], axis=1)

    def backward(self, saved: Tensor, before: States, gradient: States) -> CellGradients:
        """Compute the gradients of one step; see `cells/_base.py` for the arguments."""
        z, r, candidate, unreset = ops.split(saved, 4, axis=1)
        d_z = gradient[0] * (candidate - before[0]) * z * (1 - z)
        d_candidate = gradient[0] * z * (1 - candidate * candidate)
        d_r = d_candidate * unreset * r * (1 - r)
        return CellGradients(
            inputs=ops.concatenate([d_z, d_r, d_candidate], axis=1),
            states=(gradient[0] * (1 - z),),
            recurrent=ops.concatenate([d_z, d_r, d_candidate * r], axis=1),
        )
