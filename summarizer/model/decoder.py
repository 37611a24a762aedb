"""Write the summary piece by piece: recurrent cells, attention over the document, and features.

Luong-style: the cells see the last piece, attention is queried with the upper cell's new output,
and both together give the features that the output layer scores. Unless something of one position
feeds the next (input feeding, an attention that is `stepwise`), all summary positions attend in one
product in training.

Source: Luong, Pham, Manning (2015), arXiv:1508.04025, eq. 5; input feeding, section 3.3.
"""

from typing import Any, NamedTuple

import keras
from keras import ops

from summarizer import plugins
from summarizer.config import ModelConfig
from summarizer.errors import ConfigError
from summarizer.model.intra_attention import IntraAttention
from summarizer.model.recurrence import step_cell, unroll
from summarizer.model.while_loop import stack_outputs, while_loop
from summarizer.types import DecoderState, EncoderMemory


class DecoderOutput(NamedTuple):
    """What the decoder says of each summary position.

    Attributes:
        features: float [B, T, E], what the output layer compares with the embeddings.
        attention: float32 [B, T, S], weights over the document's pieces.
        evidence: float [B, T, ...], what the pointer's gate decides from.
    """

    features: Any
    attention: Any
    gate_input: Any


class Decoder(keras.layers.Layer):
    """The decoder without its output layer, for one step or for all at once."""

    def __init__(self, config: ModelConfig, memory: int, states: int):
        """Make the decoder.

        Args:
            config: its parts.
            memory: width of the encoder's outputs.
            states: how many last states the encoder hands over; 0 where it reads nothing.

        Raises:
            ConfigError: parts whose widths do not fit.
        """
        super().__init__()
        part, attention = config.decoder_cell, config.attention
        self.feeding = config.input_feeding
        inputs = config.embedding_size * (2 if self.feeding else 1)
        self.cell = plugins.build("cell", part.name, inputs, **part.options)
        width = self.cell.width
        self.upper = [
            plugins.build("cell", part.name, width, **part.options)
            for _ in range(config.decoder_layers - 1)
        ]
        self.attention = plugins.build(
            "attention", attention.name, width, memory, **attention.options
        )
        count = self.cell.states * config.decoder_layers
        self.intra = IntraAttention(width) if config.intra_attention else None
        self.bridge_kind = _check_bridge(config, self.cell, memory, states)
        self.bridge = [
            _dense(memory, width, "tanh", name=f"bridge_{i}")
            for i in range(count if config.bridge == "dense" else 0)
        ]
        self.sees_input = config.deep_output
        both = width + self.attention.width + (width if self.intra else 0)
        self.gate_input = both + config.embedding_size
        inputs = self.gate_input if self.sees_input else both
        self.combine = _dense(inputs, config.embedding_size, "tanh", name="combine")
        self.stepwise = self.feeding or self.attention.stepwise
        self.built = True

    def make_memory(self, outputs: Any, final: Any, pieces: Any, mask: Any) -> EncoderMemory:
        """Prepare what one document costs only once; nothing where nothing is attended to."""
        values = outputs if self.attention.width else ()
        keys = self.attention.project(outputs) if self.attention.width else ()
        return EncoderMemory(keys, values, mask, pieces, tuple(final))

    def start(self, memory: EncoderMemory, longest: Any, coverage: bool = False) -> DecoderState:
        """Return the state before the first piece, one row a document.

        Args:
            memory: of the documents.
            longest: positions that will be decoded, at most.
            coverage: keep the attention so far in the state.
        """
        batch, positions = ops.shape(memory.tokens)
        layers = 1 + len(self.upper)
        if self.bridge_kind == "dense":
            cells = tuple(ops.cast(b(memory.final[0]), "float32") for b in self.bridge)
        elif self.bridge_kind == "copy":
            cells = tuple(ops.cast(x, "float32") for x in memory.final) * layers
        else:
            zeros = ops.zeros((batch, self.cell.width), "float32")
            cells = (zeros,) * (self.cell.states * layers)
        size = self.combine.units
        return DecoderState(
            cells,
            ops.zeros((batch, size), "float32") if self.feeding else (),
            ops.zeros((batch, positions), "float32") if coverage else (),
            self.attention.start(batch, positions),
            self.intra.start(batch, longest, self.cell.width) if self.intra else (),
        )

    def unroll(
        self, embedded: Any, state: DecoderState, memory: EncoderMemory, beams: Any = 1
    ) -> DecoderOutput:
        """Decode all positions of K known summaries of each document.

        Args:
            embedded: float [B * K, T, E].
            state: at the start, B * K rows.
            memory: of the B documents; it is not repeated for the K summaries.
            beams: K. The positions of a document's summaries are then one axis, K * T.
        """
        if self.stepwise:
            return self._walk(embedded, state, memory, beams)
        hidden, count = embedded, self.cell.states
        for i, cell in enumerate((self.cell, *self.upper)):
            out, _ = unroll(cell, hidden, state.cells[i * count : (i + 1) * count], None)
            hidden = out + hidden if i else out
        hidden = ops.concatenate([hidden, self.intra(hidden)], axis=-1) if self.intra else hidden
        hidden, embedded = (
            ops.reshape(x, (-1, ops.shape(x)[1] * beams, ops.shape(x)[2]))
            for x in (hidden, embedded)
        )
        return self._attend(hidden, embedded, memory, ())[0]

    def _walk(
        self, embedded: Any, state: DecoderState, memory: EncoderMemory, beams: Any
    ) -> DecoderOutput:
        """What `unroll` gives, one position after another."""
        rows, steps, size = ops.shape(embedded)

        def step(state: Any, now: Any) -> Any:
            here = ops.reshape(now[0], (-1, beams, size))
            decoded, state = self.step(here, state, memory)
            return state, tuple(ops.reshape(x, (rows, -1)) for x in decoded)

        shapes = [
            (self.combine.units, self.compute_dtype),
            (memory.tokens.shape[1], "float32"),
            (self.gate_input, self.compute_dtype),
        ]
        _, found = while_loop(step, state, (ops.transpose(embedded, (1, 0, 2)),), shapes)
        return DecoderOutput(
            *(
                ops.reshape(ops.transpose(x, (1, 0, 2)), (-1, steps * beams, ops.shape(x)[2]))
                for x in map(stack_outputs, found)
            )
        )

    def step(
        self, embedded: Any, state: DecoderState, memory: EncoderMemory
    ) -> tuple[DecoderOutput, DecoderState]:
        """Decode one more piece of K summaries of each document.

        Args:
            embedded: float [B, K, E], the last piece of each.
            state: of B * K rows.
            memory: of the B documents; it is not repeated for the K summaries.
        """
        batch, beams, size = ops.shape(embedded)
        below = ops.reshape(embedded, (batch * beams, size))
        if self.feeding:
            feed = ops.cast(state.feed, embedded.dtype)
            below = ops.concatenate([below, feed], axis=1)
        cells: list[Any] = []
        for i, cell in enumerate((self.cell, *self.upper)):
            states = step_cell(cell, below, state.cells[len(cells) :][: cell.states])
            cells.extend(states)
            hidden = ops.cast(states[0], self.compute_dtype)
            below = hidden + below if i else hidden
        past: tuple[Any, ...] = ()
        if self.intra:
            context, past = self.intra.step(below, state.past)
            below = ops.concatenate([below, context], axis=1)
        hidden = ops.reshape(below, (batch, beams, -1))
        own = tuple(ops.reshape(x, (batch, beams, -1)) for x in state.attention)
        decoded, own = self._attend(hidden, embedded, memory, own)
        feed = ops.reshape(decoded.features, (batch * beams, self.combine.units))
        kept = not isinstance(state.coverage, tuple)
        return decoded, DecoderState(
            tuple(cells),
            ops.cast(feed, "float32") if self.feeding else (),
            state.coverage + ops.reshape(decoded.attention, (batch * beams, -1)) if kept else (),
            tuple(ops.reshape(x, (batch * beams, -1)) for x in own),
            past,
        )

    def _attend(
        self, hidden: Any, embedded: Any, memory: EncoderMemory, state: tuple[Any, ...]
    ) -> tuple[DecoderOutput, tuple[Any, ...]]:
        """Ask the attention with outputs that any context of the decoder's own stands behind."""
        query = hidden[:, :, : self.cell.width] if self.intra else hidden
        context, weights, state = self.attention(
            query, memory.keys, memory.values, memory.mask, state
        )
        parts = [hidden, context] if self.attention.width else [hidden]
        both = ops.concatenate(parts, axis=-1)
        evidence = ops.concatenate([both, ops.cast(embedded, both.dtype)], axis=-1)
        features = self.combine(evidence if self.sees_input else both)
        return DecoderOutput(features, weights, evidence), state


def _check_bridge(config: ModelConfig, cell: Any, memory: int, states: int) -> str:
    """Return the kind of bridge if the encoder's last states can be handed over that way."""
    bridge = config.bridge
    if bridge == "copy" and (cell.width != memory or cell.states != states):
        raise ConfigError(
            f"model.bridge=copy: the encoder ends in {states} states of width {memory}, the "
            f"decoder begins with {cell.states} of width {cell.width}; make them equal or set "
            "model.bridge=dense"
        )
    if bridge == "dense" and not states:
        raise ConfigError(
            f"model.bridge=dense: model.encoder={config.encoder.name} hands over no last state; "
            "set model.bridge=zero"
        )
    if bridge == "zero" and states and config.attention.name == "none":
        raise ConfigError(
            "model.bridge=zero: without attention the decoder would learn nothing of the "
            "document; set model.bridge=dense or model.attention=dot"
        )
    return bridge


def _dense(inputs: int, width: int, activation: str, name: str) -> keras.layers.Dense:
    """A dense layer whose weights exist from the start."""
    layer = keras.layers.Dense(width, activation=activation, name=name)
    layer.build((None, inputs))
    return layer
