"""minLSTM: gates that see only the input, so that all steps can be computed side by side.

    f, i = σ(W x_t + b)                     forget and input gates
    h̃_t  = W x_t + b                        candidate
    h_t  = f/(f + i) ∘ h_{t-1} + i/(f + i) ∘ h̃_t

Without h_{t-1} in the gates there is no product with it, and h_t = a_t ∘ h_{t-1} + b_t is linear in
what came before: a parallel scan (`model/scan.py`) computes it in √S steps after another instead of
S. What it loses: what to keep cannot depend on what is kept; several layers make up for some of it.

Source: Feng et al. (2024), "Were RNNs all we needed?", arXiv:2410.01201, section 3.2 (minLSTM).
"""

from typing import Any

from keras import ops

from summarizer.model.cells._base import Cell, Options

_CLOSED = -30.0  # a gate's sum at which nothing passes any more


def build(options: Options, inputs: int) -> "MinLSTM":
    """Make the cell for inputs of a width."""
    return MinLSTM(options.width, inputs)


class MinLSTM(Cell):
    """The columns of the kernel are f, i, h̃."""

    biases = (1.0, 0.0, 0.0)
    products = 0

    def forward(self, inputs: Any, recurrent: Any, states: Any) -> Any:
        """Go one step on; see `Cell`. Nothing comes through a recurrent product."""
        keep, add = self.coefficients(inputs)
        return (keep * states[0] + add,), None

    def coefficients(self, inputs: Any) -> tuple[Any, Any]:
        """Return a and b of h_t = a ∘ h_{t-1} + b, float32 [..., H].

        Args:
            inputs: W x + b, float32 [..., 3H].
        """
        f, i, candidate = ops.split(inputs, 3, axis=-1)
        # σ(f) / (σ(f) + σ(i)), both parts times what they are divided by: never 0 / 0.
        f, i = (1 + ops.exp(-ops.maximum(gate, _CLOSED)) for gate in (f, i))
        keep = i / (f + i)
        return keep, (1 - keep) * candidate
