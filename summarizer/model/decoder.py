"""Write the summary piece by piece: a recurrent cell, attention over the document, and features.

Luong-style: the cell sees the last piece, attention is queried with the cell's new output, and
both together give the features that the output layer scores. The attention does not feed back
into the cell, so in training all summary positions attend in one product.

Source: Luong, Pham, Manning (2015), arXiv:1508.04025, eq. 5.
"""

from typing import Any, NamedTuple

import keras
from keras import ops

from summarizer import plugins
from summarizer.config import ModelConfig
from summarizer.model.recurrence import unroll
from summarizer.types import DecoderState, Memory


class Decoded(NamedTuple):
    """What the decoder says of each summary position.

    Attributes:
        features: float [B, T, E], what the output layer compares with the embeddings.
        attention: float32 [B, T, S], weights over the document's pieces.
        evidence: float [B, T, ...], what the pointer's gate decides from.
    """

    features: Any
    attention: Any
    evidence: Any


class Decoder(keras.layers.Layer):
    """The decoder without its output layer, for one step or for all at once."""

    def __init__(self, config: ModelConfig, memory: int):
        super().__init__()
        part, attention = config.decoder, config.attention
        self.cell = plugins.build("cell", part.name, config.embedding, **part.options)
        width = self.cell.width
        self.attention = plugins.build(
            "attention", attention.name, width, memory, **attention.options
        )
        self.bridge = [
            _dense(memory, width, "tanh", name=f"bridge_{i}") for i in range(self.cell.states)
        ]
        self.combine = _dense(width + memory, config.embedding, "tanh", name="combine")
        self.evidence = width + memory + config.embedding
        self.built = True

    def remember(self, outputs: Any, final: Any, pieces: Any, mask: Any) -> Memory:
        """Prepare what one document costs only once."""
        return Memory(self.attention.project(outputs), outputs, mask, pieces, final)

    def start(self, memory: Memory) -> DecoderState:
        """Return the state before the first piece, each float32 [B, H]."""
        return DecoderState(tuple(ops.cast(b(memory.final), "float32") for b in self.bridge))

    def unroll(self, embedded: Any, state: DecoderState, memory: Memory, beams: Any = 1) -> Decoded:
        """Decode all positions of K known summaries of each document.

        Args:
            embedded: float [B * K, T, E].
            state: each float32 [B * K, H].
            memory: of the B documents; it is not repeated for the K summaries.
            beams: K. The positions of a document's summaries are then one axis, K * T.
        """
        hidden, _ = unroll(self.cell, embedded, state.cells, None)
        steps = ops.shape(embedded)[1] * beams
        hidden = ops.reshape(hidden, (-1, steps, self.cell.width))
        embedded = ops.reshape(embedded, (-1, steps, ops.shape(embedded)[2]))
        return self._attend(hidden, embedded, memory)

    def step(
        self, embedded: Any, state: DecoderState, memory: Memory
    ) -> tuple[Decoded, DecoderState]:
        """Decode one more piece of K summaries of each document.

        Args:
            embedded: float [B, K, E], the last piece of each.
            state: each float32 [B * K, H].
            memory: of the B documents; it is not repeated for the K summaries.
        """
        batch, beams, width = ops.shape(embedded)
        cell, dtype = self.cell, self.compute_dtype
        sums = cell.project(ops.reshape(embedded, (batch * beams, width)))
        kernel = ops.cast(ops.convert_to_tensor(cell.recurrent_kernel), dtype)
        sums = ops.cast(sums, "float32") + ops.cast(ops.convert_to_tensor(cell.bias), "float32")
        product = ops.matmul(ops.cast(state.cells[0], dtype), kernel)
        states, _ = cell.forward(sums + ops.cast(product, "float32"), state.cells)
        hidden = ops.cast(ops.reshape(states[0], (batch, beams, cell.width)), dtype)
        return self._attend(hidden, embedded, memory), DecoderState(tuple(states))

    def _attend(self, hidden: Any, embedded: Any, memory: Memory) -> Decoded:
        context, weights = self.attention(hidden, memory.keys, memory.values, memory.mask)
        both = ops.concatenate([hidden, context], axis=-1)
        evidence = ops.concatenate([both, ops.cast(embedded, both.dtype)], axis=-1)
        return Decoded(self.combine(both), weights, evidence)


def _dense(inputs: int, width: int, activation: str, name: str) -> keras.layers.Dense:
    """A dense layer whose weights exist from the start."""
    layer = keras.layers.Dense(width, activation=activation, name=name)
    layer.build((None, inputs))
    return layer
