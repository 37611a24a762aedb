"""The training step as one JAX function, compiled by XLA once for each shape of a batch."""

from collections.abc import Mapping, Sequence

import jax
import keras
import numpy as np
from keras import ops

from summarizer.config import TrainConfig
from summarizer.training import step
from summarizer.training.gradients import accumulate, pack, training_loss, unscale_and_clip
from summarizer.training.step import Batch, Optimizer, StepInputs, StepMetrics, TrainableModel
from summarizer.types import Tensor


class JaxStep:
    """See `step.TrainStep`."""

    def __init__(self, model: TrainableModel, optimizer: Optimizer, settings: TrainConfig):
        """Prepare the function; the first call compiles it.

        Args:
            model: a `Seq2Seq`, or a network with an `objective` of its own.
            optimizer: a built Keras optimizer.
            settings: smoothing, clipping and accumulation.
        """
        self.model, self.optimizer = model, optimizer
        self.input_names = step.dynamic_inputs(model, settings)
        self._settings = settings
        fixed = model.non_trainable_variables
        self._noise = next(i for i, v in enumerate(fixed) if v is model.noise.state)
        self._function = jax.jit(self._update, donate_argnums=(0, 2))

    def __call__(self, batch: Batch, inputs: Mapping[str, float]) -> StepMetrics:
        """Update model and optimizer."""
        model, optimizer = self.model, self.optimizer
        trainable, optimizer_state, packed = self._function(
            [v.value for v in model.trainable_variables],
            [v.value for v in model.non_trainable_variables],
            [v.value for v in optimizer.variables],
            {name: batch[name] for name in step.FIELDS},
            {name: np.float32(inputs[name]) for name in self.input_names},
        )
        for variable, value in zip(model.trainable_variables, trainable, strict=True):
            variable.assign(value)
        for variable, value in zip(optimizer.variables, optimizer_state, strict=True):
            variable.assign(value)
        return step.unpack(packed)

    def _update(
        self,
        trainable: list[Tensor],
        fixed: list[Tensor],
        optimizer_state: list[Tensor],
        batch: Batch,
        inputs: StepInputs,
    ) -> tuple[list[Tensor], list[Tensor], Tensor]:
        settings = self._settings
        gradient = jax.value_and_grad(self._loss, has_aux=True)

        def compute(part: Batch, i: Tensor) -> tuple[Tensor, list[Tensor]]:
            noise = fixed[self._noise] + ops.stack([0, ops.cast(i * step.DRAWS, "uint32")])
            others = [noise if at == self._noise else value for at, value in enumerate(fixed)]
            (_, metrics), gradients = gradient(trainable, others, part, inputs)
            return metrics, gradients

        parts = settings.gradient_accumulation
        metrics, gradients = accumulate(compute, batch, parts, trainable)
        gradients, norm = unscale_and_clip(gradients, inputs, settings.max_gradient_norm)
        before = trainable, optimizer_state
        after = self.optimizer.stateless_apply(optimizer_state, gradients, trainable)
        if "scale" in inputs:
            finite = ops.isfinite(norm) & ops.isfinite(metrics[0])
            after = jax.tree.map(lambda new, old: ops.where(finite, new, old), after, before)
        return *after, pack(metrics, norm)

    def _loss(
        self, trainable: Sequence[Tensor], fixed: Sequence[Tensor], batch: Batch, inputs: StepInputs
    ) -> tuple[Tensor, Tensor]:
        variables = [*self.model.trainable_variables, *self.model.non_trainable_variables]
        mapping = zip(variables, [*trainable, *fixed], strict=True)
        with keras.StatelessScope(state_mapping=mapping):
            return training_loss(self.model, batch, self._settings, inputs)
