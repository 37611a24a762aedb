"""Write the summary token by token: recurrent cells, attention over the document, and features.

Luong-style: the cells read the previous token, the new output of the top cell queries the
attention, and both together form the features that the output layer scores. In training, all
summary positions attend in one product, unless something flows from one position to the next (input
feeding, or an attention that is `stepwise`).

Source: Luong, Pham, Manning (2015), arXiv:1508.04025, eq. 5; input feeding: section 3.3.
"""

from typing import NamedTuple

import keras
from keras import ops

from summarizer import plugins
from summarizer.config import ModelConfig
from summarizer.errors import ConfigError
from summarizer.model.cells._base import States
from summarizer.model.intra_attention import IntraAttention
from summarizer.model.protocols import Cell
from summarizer.model.recurrence import step_cell, unroll
from summarizer.model.while_loop import stack_outputs, while_loop
from summarizer.types import DecoderState, EncoderMemory, Tensor


class DecoderOutput(NamedTuple):
    """Output of the decoder at each summary position.

    Attributes:
        features: float [B, T, E], compared with the output embeddings.
        attention: float32 [B, T, S], weights over the document's tokens.
        gate_input: float [B, T, ...], the input of the pointer's gate.
    """

    features: Tensor
    attention: Tensor
    gate_input: Tensor


class Decoder(keras.layers.Layer):
    """The decoder without its output layer, for one position or for all at once."""

    def __init__(self, config: ModelConfig, memory_width: int, encoder_states: int):
        """Create the decoder.

        Args:
            config: of the model.
            memory_width: width of the encoder's outputs.
            encoder_states: number of final states of the encoder; 0 if it reads nothing.

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
            "attention", attention.name, width, memory_width, **attention.options
        )
        count = self.cell.states * config.decoder_layers
        self.intra = IntraAttention(width) if config.intra_attention else None
        self.bridge_kind = _check_bridge(config, self.cell, memory_width, encoder_states)
        self.bridge = [
            _dense(memory_width, width, "tanh", name=f"bridge_{i}")
            for i in range(count if config.bridge == "dense" else 0)
        ]
        self.sees_input = config.deep_output
        hidden_and_context = width + self.attention.width + (width if self.intra else 0)
        self.gate_input = hidden_and_context + config.embedding_size
        inputs = self.gate_input if self.sees_input else hidden_and_context
        self.combine = _dense(inputs, config.embedding_size, "tanh", name="combine")
        self.stepwise = self.feeding or self.attention.stepwise
        self.built = True

    def make_memory(
        self, outputs: Tensor, final: States, document: Tensor, mask: Tensor
    ) -> EncoderMemory:
        """Compute what is needed once per document; keys and values are () without attention."""
        values = outputs if self.attention.width else ()
        keys = self.attention.project(outputs) if self.attention.width else ()
        return EncoderMemory(keys, values, mask, document, tuple(final))

    def initial_state(
        self, memory: EncoderMemory, max_length: Tensor, coverage: bool = False
    ) -> DecoderState:
        """Return the state before the first token, one row a document.

        Args:
            memory: of the documents.
            max_length: maximum number of positions to decode.
            coverage: whether the state sums the attention of the positions so far.
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
            self.intra.start(batch, max_length, self.cell.width) if self.intra else (),
        )

    def unroll(self, embedded: Tensor, state: DecoderState, memory: EncoderMemory) -> DecoderOutput:
        """Decode all positions of a known summary of each document.

        Args:
            embedded: float [B, T, E], the input token at each position.
            state: the initial state.
            memory: of the documents.
        """
        if self.stepwise:
            return self._unroll_stepwise(embedded, state, memory)
        hidden, count = embedded, self.cell.states
        for i, cell in enumerate((self.cell, *self.upper)):
            out, _ = unroll(cell, hidden, state.cells[i * count : (i + 1) * count], None)
            hidden = out + hidden if i else out
        hidden = ops.concatenate([hidden, self.intra(hidden)], axis=-1) if self.intra else hidden
        return self._attend(hidden, embedded, memory, ())[0]

    def _unroll_stepwise(
        self, embedded: Tensor, state: DecoderState, memory: EncoderMemory
    ) -> DecoderOutput:
        """Decode all positions, one after another."""

        def step(
            state: DecoderState, now: tuple[Tensor, ...]
        ) -> tuple[DecoderState, tuple[Tensor, ...]]:
            decoded, state = self.step(now[0][:, None], state, memory)
            return state, tuple(x[:, 0] for x in decoded)

        shapes = [
            (self.combine.units, self.compute_dtype),
            (memory.tokens.shape[1], "float32"),
            (self.gate_input, self.compute_dtype),
        ]
        _, outputs = while_loop(step, state, (ops.transpose(embedded, (1, 0, 2)),), shapes)
        return DecoderOutput(*(ops.transpose(stack_outputs(x), (1, 0, 2)) for x in outputs))

    def step(
        self, embedded: Tensor, state: DecoderState, memory: EncoderMemory
    ) -> tuple[DecoderOutput, DecoderState]:
        """Decode one position of K summaries of each document.

        Args:
            embedded: float [B, K, E], the previous token of each summary.
            state: of B * K rows.
            memory: of the B documents, not repeated for the K summaries.
        """
        batch, beams, size = ops.shape(embedded)
        below = ops.reshape(embedded, (batch * beams, size))
        if self.feeding:
            feed = ops.cast(state.feed, embedded.dtype)
            below = ops.concatenate([below, feed], axis=1)
        cells: list[Tensor] = []
        for i, cell in enumerate((self.cell, *self.upper)):
            states = step_cell(cell, below, state.cells[len(cells) :][: cell.states])
            cells.extend(states)
            hidden = ops.cast(states[0], self.compute_dtype)
            below = hidden + below if i else hidden
        past: States = ()
        if self.intra:
            context, past = self.intra.step(below, state.past)
            below = ops.concatenate([below, context], axis=1)
        hidden = ops.reshape(below, (batch, beams, -1))
        attention_state = tuple(ops.reshape(x, (batch, beams, -1)) for x in state.attention)
        decoded, attention_state = self._attend(hidden, embedded, memory, attention_state)
        feed = ops.reshape(decoded.features, (batch * beams, self.combine.units))
        covers = not isinstance(state.coverage, tuple)
        return decoded, DecoderState(
            tuple(cells),
            ops.cast(feed, "float32") if self.feeding else (),
            state.coverage + ops.reshape(decoded.attention, (batch * beams, -1)) if covers else (),
            tuple(ops.reshape(x, (batch * beams, -1)) for x in attention_state),
            past,
        )

    def _attend(
        self,
        hidden: Tensor,
        embedded: Tensor,
        memory: EncoderMemory,
        attention_state: States,
    ) -> tuple[DecoderOutput, States]:
        """Attend to the document and compute the features.

        Args:
            hidden: float [B, T, H], or [B, T, 2H] with the context of the intra-attention.
            embedded: float [B, T, E].
            memory: of the documents.
            attention_state: what the attention carries from position to position.
        """
        query = hidden[:, :, : self.cell.width] if self.intra else hidden
        context, weights, attention_state = self.attention(
            query, memory.keys, memory.values, memory.mask, attention_state
        )
        parts = [hidden, context] if self.attention.width else [hidden]
        hidden_and_context = ops.concatenate(parts, axis=-1)
        gate_input = ops.concatenate(
            [hidden_and_context, ops.cast(embedded, hidden_and_context.dtype)], axis=-1
        )
        features = self.combine(gate_input if self.sees_input else hidden_and_context)
        return DecoderOutput(features, weights, gate_input), attention_state


def _check_bridge(config: ModelConfig, cell: Cell, memory_width: int, encoder_states: int) -> str:
    """Return the kind of bridge.

    Raises:
        ConfigError: the encoder's final states cannot become the decoder's initial states that way.
    """
    bridge = config.bridge
    if bridge == "copy" and (cell.width != memory_width or cell.states != encoder_states):
        raise ConfigError(
            f"model.bridge=copy: the encoder ends with {encoder_states} states of width "
            f"{memory_width}, the decoder begins with {cell.states} of width {cell.width}; make "
            "them equal or set model.bridge=dense"
        )
    if bridge == "dense" and not encoder_states:
        raise ConfigError(
            f"model.bridge=dense: model.encoder={config.encoder.name} has no final state; "
            "set model.bridge=zero"
        )
    if bridge == "zero" and encoder_states and config.attention.name == "none":
        raise ConfigError(
            "model.bridge=zero: without attention, the decoder would see nothing of the "
            "document; set model.bridge=dense or model.attention=dot"
        )
    return bridge


def _dense(inputs: int, width: int, activation: str, name: str) -> keras.layers.Dense:
    layer = keras.layers.Dense(width, activation=activation, name=name)
    layer.build((None, inputs))
    return layer
