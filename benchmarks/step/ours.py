"""The training step of this project, made as `summarizer train` makes it; on TensorFlow or JAX."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from step.shape import CLIP, EPSILON, LEARNING_RATE, Shape, batch
from summarizer.config import ModelConfig, Part, TrainConfig
from summarizer.model import named_weights
from summarizer.model.seq2seq import Seq2Seq
from summarizer.training import compile_step, hardware
from summarizer.vocabulary import PAD, START, UNKNOWN


def chosen() -> str:
    """Return the case that `summarizer train` chooses on this machine."""
    choice = hardware.choose_hardware("auto", "auto")
    return f"{choice.precision} {choice.compile}"


class Built:
    """A model, its optimizer and its compiled step.

    Args:
        case: precision and compiler.
        shape: sizes of batch and model.
        parts: number of parts of a batch for gradient accumulation.
        pointer: whether the model copies, which the other systems cannot.
    """

    def __init__(self, case: str, shape: Shape, parts: int = 1, pointer: bool = False):
        precision, compiler = case.split()
        hardware.keep_memory()
        hardware.set_threads(hardware.choose_hardware(precision, compiler))
        policy = keras.config.dtype_policy()
        keras.config.set_dtype_policy(precision)
        try:
            self.model = Seq2Seq(model_config(shape, pointer), shape.vocabulary)
        finally:
            keras.config.set_dtype_policy(policy)
        self.optimizer = keras.optimizers.Adam(LEARNING_RATE, epsilon=EPSILON)
        self.optimizer.build(self.model.trainable_variables)
        self.config = TrainConfig(
            batch_size=shape.batch, max_gradient_norm=CLIP, gradient_accumulation=parts
        )
        self.compiled = compiler == "xla"
        self.run = compile_step.make_train_step(self.model, self.optimizer, self.config, compiler)
        self.batch = placed(batch(shape))

    def step(self) -> float:
        """Train one step and return the loss before it."""
        return self.run(self.batch, {}).objective

    def parameters(self) -> int:
        return sum(int(np.prod(v.shape)) for v in self.model.trainable_variables)

    def save(self, path: Path) -> None:
        """Write the weights from which the other systems start.

        This model never writes PAD, START and UNKNOWN; the bias excludes them elsewhere, too.
        """
        arrays = named_weights.weight_arrays(self.model)
        arrays["output_bias"] = arrays["output_bias"].copy()
        arrays["output_bias"][[PAD, START, UNKNOWN]] = -1e9
        np.savez(path, **arrays)


def model_config(shape: Shape, pointer: bool) -> ModelConfig:
    """Return the configuration of a shape, without dropout as in the other systems."""
    return ModelConfig(
        embedding_size=shape.embedding,
        encoder=Part("bidirectional", {"width": shape.encoder}),
        decoder_cell=Part("lstm", {"width": shape.decoder}),
        pointer=pointer,
        dropout=0.0,
    )


def placed(arrays: dict[str, Any]) -> dict[str, Any]:
    """Return a batch on the device of the step."""
    if keras.backend.backend() == "jax":
        import jax

        return {name: jax.device_put(value) for name, value in arrays.items()}
    import tensorflow as tf

    return {name: tf.constant(value) for name, value in arrays.items()}
