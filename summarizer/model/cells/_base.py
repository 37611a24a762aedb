"""What all cells have in common: their weights, and what the recurrence asks of them.

A cell defines `forward(inputs, recurrent, states, *more)`, which returns the new states and what
`backward` needs. Its arguments are W x_t + b, float32 [B, G]; U h_{t-1}, float32 [B, R]; the
states, the hidden one first, each float32 [B, H]; and the further weights, float32.

It may define `backward(saved, before, gradient, *more)`, which returns the `Slopes` for the
gradients of the new states, given the states `before` and what was `saved`; they are linear in
`gradient`. Without it a step is differentiated as it stands.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
from keras import ops


@dataclass(frozen=True)
class Options:
    """Settings of a cell."""

    width: int = 256  # H

    def __post_init__(self) -> None:
        if not isinstance(self.width, int) or self.width < 1:
            raise ValueError(f"width={self.width!r}: must be a whole number above 0")


class CellGradients(NamedTuple):
    """The gradients of what `forward` took.

    Attributes:
        inputs: float32 [B, G], G columns of the kernel.
        states: each float32 [B, H], except through the recurrent product.
        recurrent: float32 [B, R]; None: the same as `inputs`, unless the cell says `apart`.
        more: of the further weights, summed over the batch.
    """

    inputs: Any
    states: tuple[Any, ...]
    recurrent: Any = None
    more: tuple[Any, ...] = ()


class Cell(keras.layers.Layer):
    """A step of a recurrence; the products over all steps belong to `recurrence.unroll`."""

    biases: tuple[float, ...] = (0.0,)  # at the start, one for each gate, in the kernel's order
    states = 1
    products: int | None = None  # gates that U h has a part in; None: all
    saves = 0  # width of what `forward` saves, in H
    apart = False  # whether W x and U h have gradients of their own
    backward: Any = None

    def __init__(self, width: int, inputs: int):
        super().__init__()
        self.width = width
        gates = len(self.biases)
        products = gates if self.products is None else self.products
        self.kernel = self.add_weight((inputs, gates * width), "glorot_uniform", name="kernel")
        if products:
            self.recurrent_kernel = self.add_weight(
                (width, products * width), "orthogonal", name="recurrent_kernel"
            )
        self.bias = self.add_weight((gates * width,), self._biases, name="bias")
        self.built = True

    @property
    def sizes(self) -> tuple[int, ...]:
        """The widths of the states, the hidden one's first."""
        return (self.width,) * self.states

    @property
    def more(self) -> list[Any]:
        """Further weights, in the order in which `forward` takes them."""
        return []

    def project(self, inputs: Any) -> Any:
        """Return W x for any leading shape, float [..., G]."""
        dtype = self.compute_dtype
        kernel = ops.cast(ops.convert_to_tensor(self.kernel), dtype)
        return ops.matmul(ops.cast(inputs, dtype), kernel)

    def _biases(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        width = shape[0] // len(self.biases)
        return ops.concatenate([ops.full((width,), value, dtype) for value in self.biases])
