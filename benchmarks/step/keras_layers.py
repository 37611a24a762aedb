"""The same model of Keras layers, with a compiled training step as the Keras guides write it.

The step is faster than `fit`, which also computes metrics. Documents have no padding, so no layer
gets a mask.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from step.shape import CLIP, EPSILON, LEARNING_RATE, Shape, batch, regated


class Tied(keras.layers.Layer):
    """Output layer that shares its weights with the embedding."""

    def __init__(self, embedding: keras.layers.Embedding):
        super().__init__()
        self.embedding = embedding

    def build(self, _: Any) -> None:
        self.bias = self.add_weight((self.embedding.input_dim,), "zeros", name="bias")

    def call(self, features: Any) -> Any:
        table = keras.ops.cast(self.embedding.embeddings, self.compute_dtype)
        logits = keras.ops.matmul(features, keras.ops.transpose(table))
        return keras.ops.cast(logits, "float32") + self.bias


class Built:
    """The model, its optimizer and its compiled step.

    Args:
        case: precision and compiler.
        shape: sizes of batch and model.
        weights: initial weights, written by this project's model.
    """

    def __init__(self, case: str, shape: Shape, weights: Path | None = None):
        precision, compiler = case.split()
        policy = keras.config.dtype_policy()
        keras.config.set_dtype_policy(precision)
        try:
            self.model = self._model(shape)
        finally:
            keras.config.set_dtype_policy(policy)
        if weights:
            self._assign(np.load(weights))
        variables = self.model.trainable_variables
        optimizer = keras.optimizers.Adam(LEARNING_RATE, epsilon=EPSILON, global_clipnorm=CLIP)
        optimizer.build(variables)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

        def step(document: Any, summary: Any, target: Any) -> Any:
            with tf.GradientTape() as tape:
                value = loss(target, self.model([document, summary], training=True))
            optimizer.apply(tape.gradient(value, [v.value for v in variables]), variables)
            return value

        self.run = tf.function(step, jit_compile=compiler == "xla", autograph=False)
        arrays = batch(shape)
        names = ("document", "summary_in", "summary_out")
        self.batch = [tf.constant(arrays[name]) for name in names]

    def _model(self, shape: Shape) -> Any:
        layers = keras.layers
        document = keras.Input((shape.document,), shape.batch, "int32")
        summary = keras.Input((shape.summary,), shape.batch, "int32")
        self.embedding = layers.Embedding(shape.vocabulary, shape.embedding)
        self.encoder = layers.Bidirectional(
            layers.LSTM(shape.encoder, return_sequences=True, return_state=True)
        )
        memory, left, _, right, _ = self.encoder(self.embedding(document))
        final = layers.Concatenate()([left, right])
        self.bridge = [layers.Dense(shape.decoder, "tanh") for _ in range(2)]
        self.decoder = layers.LSTM(shape.decoder, return_sequences=True)
        initial = [dense(final) for dense in self.bridge]
        hidden = self.decoder(self.embedding(summary), initial_state=initial)
        context = layers.Attention()([hidden, memory])
        self.combine = layers.Dense(shape.embedding, "tanh")
        features = self.combine(layers.Concatenate()([hidden, context]))
        self.output = Tied(self.embedding)
        return keras.Model([document, summary], self.output(features))

    def _assign(self, arrays: Any) -> None:
        self.embedding.set_weights([arrays["embeddings"]])
        self.output.bias.assign(arrays["output_bias"])
        cells = [("encoder.left", self.encoder.forward_layer)]
        cells += [("encoder.right", self.encoder.backward_layer), ("decoder.cell", self.decoder)]
        for name, layer in cells:
            parts = ("kernel", "recurrent_kernel", "bias")
            layer.set_weights([regated(arrays[f"{name}.{p}"], (0, 1, 3, 2)) for p in parts])
        dense = [(f"decoder.bridge.{i}", layer) for i, layer in enumerate(self.bridge)]
        for name, layer in [*dense, ("decoder.combine", self.combine)]:
            layer.set_weights([arrays[f"{name}.{p}"] for p in ("kernel", "bias")])

    def step(self) -> float:
        """Train one step and return the loss before it."""
        return float(self.run(*self.batch))

    def parameters(self) -> int:
        return sum(int(np.prod(v.shape)) for v in self.model.trainable_variables)
