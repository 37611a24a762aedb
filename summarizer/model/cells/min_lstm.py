"""minLSTM: gates that see only the input, so that all steps are computed in parallel.

    f, i = σ(W x_t + b)                     forget and input gates
    h̃_t  = W x_t + b                        candidate
    h_t  = f/(f + i) ∘ h_{t-1} + i/(f + i) ∘ h̃_t

The gates do not depend on h_{t-1}, so there is no recurrent product, and h_t = a_t ∘ h_{t-1} + b_t
is linear in the state. A parallel scan (`model/parallel_scan.py`) needs about 2 √S sequential steps
instead of S. The price: what a cell keeps cannot depend on what it holds; several layers compensate
for part of it.

Source: Feng et al. (2024), "Were RNNs all we needed?", arXiv:2410.01201, section 3.2 (minLSTM).
"""

from keras import ops

from summarizer.model.cells._base import Cell, Options, States
from summarizer.types import Tensor

_CLOSED = -30.0  # pre-activation at which a gate is treated as closed; keeps exp finite


def build(options: Options, inputs: int) -> "MinLSTM":
    """Build the cell for inputs of this width."""
    return MinLSTM(options.width, inputs)


class MinLSTM(Cell):
    """Minimal LSTM. The columns of the kernel are f, i, h̃."""

    biases = (1.0, 0.0, 0.0)
    recurrent_gates = 0

    def forward(self, inputs: Tensor, recurrent: Tensor, states: States) -> tuple[States, None]:
        """Compute one step; see `cells/_base.py` for the arguments. `recurrent` is not used."""
        keep, add = self.coefficients(inputs)
        return (keep * states[0] + add,), None

    def coefficients(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return a and b of h_t = a ∘ h_{t-1} + b, each float32 [..., H].

        Args:
            inputs: W x + b, float32 [..., 3H].
        """
        f, i, candidate = ops.split(inputs, 3, axis=-1)
        # f/(f + i) = (1 + e^-i) / ((1 + e^-f) + (1 + e^-i)) in pre-activations; never 0 / 0.
        f, i = (1 + ops.exp(-ops.maximum(gate, _CLOSED)) for gate in (f, i))
        keep = i / (f + i)
        return keep, (1 - keep) * candidate
