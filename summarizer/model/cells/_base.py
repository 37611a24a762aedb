"""What all cells share: their weights, and the interface that `recurrence.unroll` calls.

A cell defines `forward(inputs, recurrent, states, *extra_weights)`, which computes one step. It
returns the new states, and a tensor that `backward` needs (None if there is no `backward`):

    inputs          W x_t + b, float32 [B, G]
    recurrent       U h_{t-1}, float32 [B, R]
    states          the states before the step, each float32 [B, H], the hidden state first
    extra_weights   the weights in the property of that name, float32

A cell can also define `backward(saved, before, gradient, *extra_weights)`. It returns the
`CellGradients` for the gradients of the new states, from the states `before` the step and the
tensor that `forward` saved, and must be linear in `gradient`. Without `backward`, each step is
differentiated automatically, which is slower.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import keras
from keras import ops

from summarizer.types import Tensor

States: TypeAlias = tuple[Tensor, ...]


@dataclass(frozen=True)
class Options:
    """Settings of a cell."""

    width: int = 256  # number of units, H

    def __post_init__(self) -> None:
        if not isinstance(self.width, int) or self.width < 1:
            raise ValueError(f"width={self.width!r}: must be a whole number above 0")


class CellGradients(NamedTuple):
    """Gradients with respect to the arguments of `forward`.

    Attributes:
        inputs: float32 [B, G], for the G columns of the kernel.
        states: each float32 [B, H], without the part that flows through U h_{t-1}.
        recurrent: float32 [B, R]; None if it equals `inputs`, that is, unless the cell sets
            `separate_input_gradient`.
        extra_weights: one for each of the extra weights, summed over the batch.
    """

    inputs: Tensor
    states: States
    recurrent: Tensor = None
    extra_weights: tuple[Tensor, ...] = ()


class Cell(keras.layers.Layer):
    """Weights of a recurrent cell; `recurrence.unroll` computes the products over all steps.

    Attributes:
        width: H, the number of units.
        biases: initial bias of each gate, in the order of the kernel's columns.
        states: number of states, the hidden state included.
        recurrent_gates: number of gates with a term U h_{t-1}; None: all of them.
        saved_width: width of the tensor that `forward` saves, in multiples of H.
        separate_input_gradient: whether W x and U h have different gradients.
        backward: the gradient of a step; None: automatic differentiation.
    """

    biases: tuple[float, ...] = (0.0,)
    states = 1
    recurrent_gates: int | None = None
    saved_width = 0
    separate_input_gradient = False
    backward: Callable[..., CellGradients] | None = None

    def __init__(self, width: int, inputs: int):
        super().__init__()
        self.width = width
        gates = len(self.biases)
        recurrent_gates = gates if self.recurrent_gates is None else self.recurrent_gates
        self.kernel = self.add_weight((inputs, gates * width), "glorot_uniform", name="kernel")
        if recurrent_gates:
            self.recurrent_kernel = self.add_weight(
                (width, recurrent_gates * width), "orthogonal", name="recurrent_kernel"
            )
        self.bias = self.add_weight((gates * width,), self._initial_bias, name="bias")
        self.built = True

    @property
    def sizes(self) -> tuple[int, ...]:
        """The width of each state, the hidden state first."""
        return (self.width,) * self.states

    @property
    def extra_weights(self) -> list[keras.Variable]:
        """The weights besides kernels and bias, in the order in which `forward` takes them."""
        return []

    def project(self, inputs: Tensor) -> Tensor:
        """Compute W x for inputs float [..., I] of any leading shape, float [..., G]."""
        dtype = self.compute_dtype
        kernel = ops.cast(ops.convert_to_tensor(self.kernel), dtype)
        return ops.matmul(ops.cast(inputs, dtype), kernel)

    def _initial_bias(self, shape: tuple[int, ...], dtype: str | None = None) -> Tensor:
        width = shape[0] // len(self.biases)
        return ops.concatenate([ops.full((width,), value, dtype) for value in self.biases])
