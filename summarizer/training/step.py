"""What a training step is: its inputs, its metrics, and the protocols of its parts.

The noise of dropout depends on the seed and the step alone, so a resumed run draws what an
uninterrupted one would have drawn. Numbers that change from step to step (the weight of the
coverage loss, the share of scheduled sampling, the loss scale of float16) are inputs of the
compiled function, and only those that the run uses: a plain step computes none of them.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from summarizer.config import TrainConfig
from summarizer.types import Tensor

Batch = Mapping[str, Tensor]  # int32 or float32 [B, ...] by name
StepInputs = Mapping[str, Tensor]  # float32 [] by name
FIELDS = ("document", "summary_in", "summary_out", "weight")  # of a batch that a step reads
DRAWS = 64  # random numbers drawn in one computation of the loss, at most


class Variable(Protocol):
    """A Keras variable."""

    value: Tensor
    shape: tuple[int, ...]

    def assign(self, value: Tensor) -> None:
        """Replace the value."""
        ...


class NoiseSource(Protocol):
    """A Keras `SeedGenerator`; its state is uint32 [2]."""

    state: Variable


class TrainableModel(Protocol):
    """What a step needs of a network; `Seq2Seq` and `Tagger` implement it."""

    noise: NoiseSource
    compute_dtype: str
    variables: Sequence[Variable]
    trainable_variables: Sequence[Variable]
    non_trainable_variables: Sequence[Variable]


class Optimizer(Protocol):
    """What a step and its checkpoint need of a Keras optimizer."""

    learning_rate: Tensor
    use_ema: bool
    variables: Sequence[Variable]

    def apply(self, gradients: Sequence[Tensor], variables: Sequence[Variable]) -> None:
        """Update the variables."""
        ...

    def stateless_apply(
        self, state: Sequence[Tensor], gradients: Sequence[Tensor], weights: Sequence[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Return the new weights and the new state."""
        ...

    def finalize_variable_values(self, variables: Sequence[Variable]) -> None:
        """Give the variables the moving averages of their values."""
        ...


class StepMetrics(NamedTuple):
    """What a training step measures.

    Attributes:
        objective: the loss that is minimised, in nats per token, smoothing and coverage included.
        gradient_norm: global norm of the gradient before clipping.
        nll: summed negative log-probability of the batch's tokens, in nats.
        weight: number of tokens that `nll` sums over.
        accuracy: share of right first guesses among every eighth row, 0 to 1.
    """

    objective: float
    gradient_norm: float
    nll: float
    weight: float
    accuracy: float

    @property
    def finite(self) -> bool:
        """Whether objective and gradient norm are finite."""
        return math.isfinite(self.objective) and math.isfinite(self.gradient_norm)


class TrainStep(Protocol):
    """One step of training as a compiled function.

    Attributes:
        model: the network that a step updates.
        optimizer: a built Keras optimizer.
        input_names: numbers that a step takes besides its batch.
    """

    model: TrainableModel
    optimizer: Optimizer
    input_names: tuple[str, ...]

    def __call__(self, batch: Batch, inputs: Mapping[str, float]) -> StepMetrics:
        """Update model and optimizer.

        In float16 a step whose objective or gradient norm is not finite updates nothing.

        Args:
            batch: tensors of `FIELDS`, [B, ...].
            inputs: numbers by name, at least those of `input_names`.
        """
        ...


def dynamic_inputs(model: TrainableModel, settings: TrainConfig) -> tuple[str, ...]:
    """Return the names of the numbers that a run's steps take: coverage, sampling, scale."""
    uses = {
        "coverage": settings.coverage_loss > 0,
        "sampling": settings.scheduled_sampling > 0,
        "scale": model.compute_dtype == "float16",
    }
    return tuple(name for name, used in uses.items() if used)


def set_dropout_seed(model: TrainableModel, seed: int, step: int, parts: int = 1) -> None:
    """Set the noise of a step that computes its batch in `parts` parts."""
    model.noise.state.assign(np.array([seed, step * parts * DRAWS], np.uint32))


def unpack(packed: Tensor) -> StepMetrics:
    """Return the metrics that `gradients.pack` packed, as Python numbers."""
    return StepMetrics(*np.asarray(packed).tolist())
