"""The training step and the loss as compiled functions, for the Keras backend in use."""

from collections.abc import Callable, Sequence

import keras

from summarizer.config import TrainConfig
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

    TensorFlow traces once for all shapes; JAX compiles once for each shape. There is no dropout
    and no sampling.
    """

    def run(batch: Batch) -> Tensor:
        return loss_function(model)(batch, smoothing=0.0, training=False)[1][:2]

    if keras.backend.backend() == "jax":
        import jax

        def pure(weights: Sequence[Tensor], batch: Batch) -> Tensor:
            with keras.StatelessScope(zip(model.variables, weights, strict=True)):
                return run(batch)

        compiled = jax.jit(pure)
        return lambda batch: compiled([v.value for v in model.variables], _fields(batch))

    import tensorflow as tf

    traced = tf.function(run, autograph=False, reduce_retracing=True)
    return lambda batch: traced(
        {name: tf.convert_to_tensor(value) for name, value in _fields(batch).items()}
    )


def _fields(batch: Batch) -> dict[str, Tensor]:
    return {name: batch[name] for name in FIELDS}
