"""LSTM with peepholes: the gates also see the cell state, even where the output gate hides it.

    i   = σ(W x_t + U h_{t-1} + w_i ∘ c_{t-1} + b)      f in the same way
    g   = tanh(W x_t + U h_{t-1} + b)
    c_t = f ∘ c_{t-1} + i ∘ g
    o   = σ(W x_t + U h_{t-1} + w_o ∘ c_t + b)
    h_t = o ∘ tanh(c_t)

With peepholes a cell can measure durations (Gers and Schmidhuber's tasks of timing and counting).
Options: the output gate sees c_{t-1} instead of c_t; the candidate sees c_{t-1} as well; peepholes
are matrices instead of vectors.

Source: Gers and Schmidhuber (2000), "Recurrent nets that time and count"; vectors: Gers,
Schraudolph, Schmidhuber (2002).
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

    output_sees: str = "new"  # cell state that the output gate sees: new (c_t) or old (c_{t-1})
    candidate: bool = False  # whether the candidate also sees c_{t-1}
    full: bool = False  # peepholes are matrices: each unit sees the whole cell state

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.output_sees not in ("new", "old"):
            raise ValueError(f"output_sees={self.output_sees!r}: must be new or old")
        for name in ("candidate", "full"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name}={getattr(self, name)!r}: must be true or false")


def build(options: Options, inputs: int) -> "FullPeepholeLSTM":
    """Build the cell for inputs of this width."""
    return (FullPeepholeLSTM if options.full else PeepholeLSTM)(options, inputs)


class FullPeepholeLSTM(Cell):
    """LSTM with peephole matrices. The columns of the kernels are i, f, o, g."""

    biases = (0.0, 1.0, 0.0, 0.0)
    states = 2

    def __init__(self, options: Options, inputs: int):
        super().__init__(options.width, inputs)
        self.sees_old = options.output_sees == "old"
        shape = (self.width,) * (2 if options.full else 1)
        self.peepholes = [
            self.add_weight(shape, "zeros", name=f"peephole_{gate}")
            for gate in ("i", "f", "o", *(["g"] if options.candidate else []))
        ]

    @property
    def extra_weights(self) -> list[keras.Variable]:
        """The peepholes of i, f, o and, as an option, g; each [H], or [H, H] if `full`."""
        return self.peepholes

    def look(self, peephole: Tensor, cell: Tensor) -> Tensor:
        """Apply a peephole to a cell state; both states float32 [B, H]."""
        dtype = self.compute_dtype
        return product(ops.cast(cell, dtype), ops.cast(peephole, dtype))

    def forward(
        self, inputs: Tensor, recurrent: Tensor, states: States, *peepholes: Tensor
    ) -> tuple[States, Tensor]:
        """Compute one step; see `cells/_base.py` for the arguments."""
        i, f, o, g = ops.split(inputs + recurrent, 4, axis=1)
        old, (w_i, w_f, w_o, *w_g) = states[1], peepholes
        i = ops.sigmoid(i + self.look(w_i, old))
        f = ops.sigmoid(f + self.look(w_f, old))
        g = ops.tanh(g + self.look(w_g[0], old) if w_g else g)
        new = f * old + i * g
        o = ops.sigmoid(o + self.look(w_o, old if self.sees_old else new))
        return (o * ops.tanh(new), new), ops.concatenate([i, f, o, g], axis=1)


class PeepholeLSTM(FullPeepholeLSTM):
    """LSTM with peephole vectors."""

    saved_width = 4

    def look(self, peephole: Tensor, cell: Tensor) -> Tensor:
        """Apply a peephole to a cell state; both states float32 [B, H]."""
        return peephole * cell

    def backward(
        self, saved: Tensor, before: States, gradient: States, *peepholes: Tensor
    ) -> CellGradients:
        """Compute the gradients of one step; see `cells/_base.py` for the arguments."""
        i, f, o, g = ops.split(saved, 4, axis=1)
        old, (w_i, w_f, w_o, *w_g) = before[1], peepholes
        new = f * old + i * g
        tanh_cell = ops.tanh(new)
        d_o = gradient[0] * tanh_cell * o * (1 - o)
        d_new = gradient[1] + gradient[0] * o * (1 - tanh_cell * tanh_cell)
        d_new = d_new if self.sees_old else d_new + d_o * w_o
        d_i, d_f = d_new * g * i * (1 - i), d_new * old * f * (1 - f)
        d_g = d_new * i * (1 - g * g)
        d_old = d_new * f + d_i * w_i + d_f * w_f
        d_old = d_old + d_o * w_o if self.sees_old else d_old
        d_old = d_old + d_g * w_g[0] if w_g else d_old
        d_peepholes = [d_i * old, d_f * old, d_o * (old if self.sees_old else new), d_g * old]
        return CellGradients(
            inputs=ops.concatenate([d_i, d_f, d_o, d_g], axis=1),
            states=(ops.zeros_like(d_old), d_old),
            extra_weights=tuple(ops.sum(x, axis=0) for x in d_peepholes[: len(peepholes)]),
        )
