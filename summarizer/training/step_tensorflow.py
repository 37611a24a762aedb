"""The training step as one TensorFlow function, compiled as a graph or by XLA."""

from collections.abc import Mapping

import tensorflow as tf

from summarizer.config import TrainConfig
from summarizer.errors import TrainingError
from summarizer.model.xla import FULL, PARTIAL, xla_scope
from summarizer.training import step
from summarizer.training.gradients import accumulate, pack, training_loss, unscale_and_clip
from summarizer.training.step import Batch, Optimizer, StepInputs, StepMetrics, TrainableModel
from summarizer.types import Tensor


class TensorFlowStep:
    """See `step.TrainStep`. The function is traced once for all lengths."""

    def __init__(
        self,
        model: TrainableModel,
        optimizer: Optimizer,
        settings: TrainConfig,
        compiler: str,
    ):
        """Prepare the function; the first call traces and compiles it.

        Args:
            model: a `Seq2Seq`, or a network with an `objective` of its own.
            optimizer: a built Keras optimizer.
            settings: batch size, smoothing, clipping and accumulation.
            compiler: xla or graph.

        Raises:
            TrainingError: `compiler` is xla and TensorFlow cannot compile here.
        """
        if compiler == "xla" and not _xla_compiles():
            raise TrainingError(
                "train.compile=xla: TensorFlow cannot compile here; set train.compile=graph"
            )
        self.model, self.optimizer = model, optimizer
        self.input_names = step.dynamic_inputs(model, settings)
        self._settings, self._xla = settings, compiler == "xla"
        tokens = tf.TensorSpec([settings.batch_size, None], tf.int32)
        signature = dict.fromkeys(step.FIELDS, tokens)
        signature["weight"] = tf.TensorSpec([settings.batch_size, None], tf.float32)
        numbers = dict.fromkeys(self.input_names, tf.TensorSpec([], tf.float32))
        self._function = tf.function(
            self._update,
            input_signature=[signature, numbers],
            jit_compile=self._xla,
            autograph=False,
        )

    def __call__(self, batch: Batch, inputs: Mapping[str, float]) -> StepMetrics:
        """Update model and optimizer."""
        numbers = {name: tf.constant(inputs[name], tf.float32) for name in self.input_names}
        tensors = {name: tf.convert_to_tensor(batch[name]) for name in step.FIELDS}
        return step.unpack(self._function(tensors, numbers))

    def _update(self, batch: Batch, inputs: StepInputs) -> Tensor:
        settings, weights = self._settings, self.model.trainable_variables

        def compute(part: Batch, _: Tensor) -> tuple[Tensor, list[Tensor]]:
            with xla_scope(FULL if self._xla else PARTIAL):
                with tf.GradientTape() as tape:
                    objective, metrics = training_loss(self.model, part, settings, inputs)
                gradients = tape.gradient(objective, [w.value for w in weights])
            return metrics, [tf.convert_to_tensor(g) for g in gradients]

        parts = settings.gradient_accumulation
        metrics, gradients = accumulate(compute, batch, parts, weights)
        gradients, norm = unscale_and_clip(gradients, inputs, settings.max_gradient_norm)

        def apply() -> bool:
            self.optimizer.apply(gradients, weights)
            return True

        if "scale" in inputs:
            finite = tf.math.is_finite(norm) & tf.math.is_finite(metrics[0])
            tf.cond(finite, apply, lambda: False)
        else:
            apply()
        return pack(metrics, norm)


def _xla_compiles() -> bool:
    """Tell whether XLA compiles here.

    A function that calls back into Python runs everywhere except where XLA compiles it.
    """
    probe = tf.function(
        lambda: tf.py_function(lambda: 1.0, [], tf.float32), jit_compile=True, autograph=False
    )
    try:
        probe()
    except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError):
        return True
    return False
