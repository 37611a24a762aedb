"""LSTM whose sums and cell state are brought to mean 0 and variance 1 before they are squashed.

    i, f, o, g = LN(W x_t; α_x) + LN(U h_{t-1}; α_h) + b     then σ, σ, σ, tanh
    c_t        = f ∘ c_{t-1} + i ∘ g
    h_t        = o ∘ tanh(LN(c_t; α_c) + β_c)

    LN(a; α)   = α ∘ (a − mean(a)) / √(variance(a) + ε)      over the units of one example

The gates stay where their slopes are steep, whatever the weights grow to. The sums' own shifts
are the bias b.

Source: Ba, Kiros, Hinton (2016), arXiv:1607.06450, eq. 20 to 22.
"""

from typing import Any

from keras import ops

from summarizer.model.cells._base import Cell, Options

_EPSILON = 1e-5


def build(options: Options, inputs: int) -> "LayerNormLSTM":
    """Make the cell for inputs of a width."""
    return LayerNormLSTM(options.width, inputs)


class LayerNormLSTM(Cell):
    """The columns of the kernels are i, f, o, g; each sum of all gates is normalised as one."""

    biases = (0.0, 1.0, 0.0, 0.0)
    states = 2

    def __init__(self, width: int, inputs: int):
        super().__init__(width, inputs)
        self.input_scale = self.add_weight((4 * width,), "ones", name="input_scale")
        self.recurrent_scale = self.add_weight((4 * width,), "ones", name="recurrent_scale")
        self.cell_scale = self.add_weight((width,), "ones", name="cell_scale")
        self.cell_shift = self.add_weight((width,), "zeros", name="cell_shift")

    @property
    def more(self) -> list[Any]:
        """Scales of the recurrent sums and of the cell state, and its shift."""
        return [self.recurrent_scale, self.cell_scale, self.cell_shift]

    def project(self, inputs: Any) -> Any:
        """Return LN(W x; α_x) for any leading shape, float [..., 4H]; all steps at once."""
        sums = _normalised(super().project(inputs))
        scaled = sums * ops.cast(ops.convert_to_tensor(self.input_scale), "float32")
        return ops.cast(scaled, self.compute_dtype)

    def forward(
        self, inputs: Any, recurrent: Any, states: Any, scale: Any, cell_scale: Any, shift: Any
    ) -> Any:
        """Go one step on; see `Cell`."""
        sums = inputs + _normalised(recurrent) * scale
        i, f, o = ops.split(ops.sigmoid(sums[:, : 3 * self.width]), 3, axis=1)
        cell = f * states[1] + i * ops.tanh(sums[:, 3 * self.width :])
        return (o * ops.tanh(_normalised(cell) * cell_scale + shift), cell), None


def _normalised(x: Any) -> Any:
    """Bring each row to mean 0 and variance 1, in float32; a row of equal numbers to 0."""
    x = ops.cast(x, "float32")
    centred = x - ops.mean(x, axis=-1, keepdims=True)
    variance = ops.mean(ops.square(centred), axis=-1, keepdims=True)
    return centred * ops.rsqrt(variance + _EPSILON)
