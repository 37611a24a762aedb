"""LSTM, long short-term memory: gates control what the cell state takes in, keeps and shows.

    i, f, o = σ(W x_t + U h_{t-1} + b)      input, forget and output gates
    g       = tanh(W x_t + U h_{t-1} + b)   candidate
    c_t     = f ∘ c_{t-1} + i ∘ g           cell state
    h_t     = o ∘ tanh(c_t)                 hidden state, the output

A plain RNN multiplies its state by U at every step, so gradients vanish over long distances. In an
LSTM the path from c_{t-1} to c_t contains only the forget gate: where f is near 1, the cell keeps
its content, and the gradient passes unchanged.

Source: Hochreiter and Schmidhuber (1997); forget gate: Gers et al. (2000), with initial bias 1, so
that it starts open: Jozefowicz et al. (2015).
"""

from keras import ops

from summarizer.model.cells._base import Cell, CellGradients, Options, States
from summarizer.types import Tensor


def build(options: Options, inputs: int) -> "LSTM":
    """Build the cell for inputs of this width."""
    return LSTM(options.width, inputs)


class LSTM(Cell):
    """Long short-term memory. The columns of W, U and b are i, f, o, g."""

    biases = (0.0, 1.0, 0.0, 0.0)
    states = 2  # h and c
    saved_width = 4  # i, f, o and g

    def forward(self, inputs: Tensor, recurrent: Tensor, states: States) -> tuple[States, Tensor]:
        """Compute one step.

        Args:
            inputs: W x_t + b, float32 [B, 4H].
            recurrent: U h_{t-1}, float32 [B, 4H].
            states: h_{t-1} and c_{t-1}, each float32 [B, H].

        Returns:
            (h_t, c_t), and the gates and the candidate for `backward`, float32 [B, 4H].
        """
        sums = inputs + recurrent
        gates = ops.sigmoid(sums[:, : 3 * self.width])  # one sigmoid for three gates
        candidate = ops.tanh(sums[:, 3 * self.width :])
        i, f, o = ops.split(gates, 3, axis=1)
        cell = f * states[1] + i * candidate
        return (o * ops.tanh(cell), cell), ops.concatenate([gates, candidate], axis=1)

    def backward(self, saved: Tensor, before: States, gradient: States) -> CellGradients:
        """Compute the gradients of one step.

        Args:
            saved: i, f, o and g of the step, float32 [B, 4H].
            before: h_{t-1} and c_{t-1}, each float32 [B, H].
            gradient: of h_t and c_t, each float32 [B, H].
        """
        i, f, o, g = ops.split(saved, 4, axis=1)
        tanh_cell = ops.tanh(f * before[1] + i * g)
        d_cell = gradient[1] + gradient[0] * o * (1 - tanh_cell * tanh_cell)
        d_sums = [
            d_cell * g * i * (1 - i),  # σ' = σ (1 − σ)
            d_cell * before[1] * f * (1 - f),
            gradient[0] * tanh_cell * o * (1 - o),
            d_cell * i * (1 - g * g),  # tanh' = 1 − tanh²
        ]
        return CellGradients(ops.concatenate(d_sums, axis=1), (ops.zeros_like(d_cell), d_cell * f))
