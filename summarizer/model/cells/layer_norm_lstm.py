"""LSTM with layer normalization: gate sums and cell state have mean 0 and variance 1.

    i, f, o, g = LN(W x_t; α_x) + LN(U h_{t-1}; α_h) + b     then σ, σ, σ, tanh
    c_t        = f ∘ c_{t-1} + i ∘ g
    h_t        = o ∘ tanh(LN(c_t; α_c) + β_c)

    LN(a; α)   = α ∘ (a − mean(a)) / √(variance(a) + ε)      over the units of one example

Normalization keeps the gates where their slope is steep, however large the weights grow. The bias b
takes the place of the shifts of the two normalized sums.

Source: Ba, Kiros, Hinton (2016), arXiv:1607.06450, eq. 20 to 22.
"""

import keras
from keras import ops

from summarizer.model.cells._base import Cell, Options, States
from summarizer.types import Tensor

_EPSILON = 1e-5


def build(options: Options, inputs: int) -> "LayerNormLSTM":
    """Build the cell for inputs of this width."""
    return LayerNormLSTM(options.width, inputs)


class LayerNormLSTM(Cell):
    """Normalized LSTM. The columns of the kernels are i, f, o, g, normalized together."""

    biases = (0.0, 1.0, 0.0, 0.0)
    states = 2

    def __init__(self, width: int, inputs: int):
        super().__init__(width, inputs)
        self.input_scale = self.add_weight((4 * width,), "ones", name="input_scale")
        self.recurrent_scale = self.add_weight((4 * width,), "ones", name="recurrent_scale")
        self.cell_scale = self.add_weight((width,), "ones", name="cell_scale")
        self.cell_shift = self.add_weight((width,), "zeros", name="cell_shift")

    @property
    def extra_weights(self) -> list[keras.Variable]:
        """Scale of the recurrent sums [4H]; scale and shift of the cell state, each [H]."""
        return [self.recurrent_scale, self.cell_scale, self.cell_shift]

    def project(self, inputs: Tensor) -> Tensor:
        """Compute LN(W x; α_x) for inputs of any leading shape, float [..., 4H]."""
        sums = _normalize(super().project(inputs))
        scaled = sums * ops.cast(ops.convert_to_tensor(self.input_scale), "float32")
        return ops.cast(scaled, self.compute_dtype)

    def forward(
        self,
        inputs: Tensor,
        recurrent: Tensor,
        states: States,
        recurrent_scale: Tensor,
        cell_scale: Tensor,
        cell_shift: Tensor,
    ) -> tuple[States, None]:
        """Compute one step; see `cells/_base.py` for the arguments."""
        sums = inputs + _normalize(recurrent) * recurrent_scale
        i, f, o = ops.split(ops.sigmoid(sums[:, : 3 * self.width]), 3, axis=1)
        cell = f * states[1] + i * ops.tanh(sums[:, 3 * self.width :])
        return (o * ops.tanh(_normalize(cell) * cell_scale + cell_shift), cell), None


def _normalize(x: Tensor) -> Tensor:
    """Scale each row to mean 0 and variance 1, in float32; a constant row becomes 0."""
    x = ops.cast(x, "float32")
    centered = x - ops.mean(x, axis=-1, keepdims=True)
    variance = ops.mean(ops.square(centered), axis=-1, keepdims=True)
    return centered * ops.rsqrt(variance + _EPSILON)
