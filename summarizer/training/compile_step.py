"""The training step and the loss as compiled functions, for the Keras backend in use."""

from collections.abc import Callable

import keras

from summarizer.config import TrainConfig
from summarizer.model.compiled import compile_function
from summarizer.training.gradients import loss_function
from summarizer.training.step import FIELDS, Batch, Optimizer, TrainableModel, TrainStep
from summarizer.types import Tensor


def make_optimizer(model: TrainableModel, settings: TrainConfig) -> Optimizer:
    """Return Adam, built for a network, with a moving average of the weights if asked for."""
    adam = keras.optimizers.Adam(
        settings.learning_rate, use_ema=settings.ema_decay > 0, ema_momentum=settings.ema_decay
    )
    adam.build(model.trainable_variables)
    optimizer: Optimizer = adam
    return optimizer


def make_train_step(
    model: TrainableModel, optimizer: Optimizer, settings: TrainConfig, compiler: str
) -> TrainStep:
    """Return the step for the Keras backend in use.

    Args:
        model: a `Seq2Seq`, or a network with an `objective` of its own.
        optimizer: a built Keras optimizer.
        settings: the `TrainConfig` of the run.
        compiler: xla or graph; JAX always uses XLA.

    Raises:
        TrainingError: `compiler` is xla and TensorFlow cannot compile here.
    """
    if keras.backend.backend() == "jax":
        from summarizer.training.step_jax import JaxStep

        return JaxStep(model, optimizer, settings)
    from summarizer.training.step_tensorflow import TensorFlowStep

    return TensorFlowStep(model, optimizer, settings, compiler)


def make_loss_function(model: TrainableModel) -> Callable[[Batch], Tensor]:
    """Return a compiled function of a batch: float32 [2], its summed loss and weight.

    There is no dropout and no sampling.
    """

    def loss(batch: Batch) -> Tensor:
        return loss_function(model)(batch, smoothing=0.0, training=False)[1][:2]

    compiled = compile_function(model, loss)
    return lambda batch: compiled({name: batch[name] for name in FIELDS})
