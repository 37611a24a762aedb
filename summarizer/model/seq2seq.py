"""The summarizer's network: embeddings, encoder, decoder, pointer, and the output layer.

One matrix embeds document and summary and scores the output (Press and Wolf 2017,
arXiv:1608.05859), or several do. Dropout sets the same units to 0 at all positions of a sequence
(Gal and Ghahramani 2016, arXiv:1512.05287).
"""

import random
from typing import Any

import keras
from keras import ops

from summarizer import plugins
from summarizer.config import ModelConfig
from summarizer.model import pointer
from summarizer.model.decoder import Decoder
from summarizer.types import DecoderState, Memory
from summarizer.vocabulary import PAD, START, UNKNOWN


class Seq2Seq(keras.Model):
    """An encoder-decoder with attention over pieces."""

    def __init__(self, config: ModelConfig, size: int, seed: int = 1, extended: bool = False):
        """Make the network with fresh weights.

        Args:
            config: its parts and widths.
            size: N, the vocabulary's.
            seed: of the first weights and of dropout.
            extended: a document's words outside the vocabulary have ids from N on; they are read as
                unknown and can be copied, so the search's distributions have N + S columns.

        Raises:
            ConfigError: parts that do not fit.
        """
        super().__init__()
        random.seed(seed)  # initializers draw their seeds from it; Keras' own way loads TensorFlow
        self.size, self.rate = size, config.dropout
        self.extended = extended
        self.embeddings = self._table(config, "embeddings")
        self.summary_embeddings = self.output_embeddings = self.embeddings
        if config.tying in ("summary", "none"):
            self.summary_embeddings = self._table(config, "summary_embeddings")
            self.output_embeddings = self.summary_embeddings
        if config.tying in ("embeddings", "none"):
            self.output_embeddings = self._table(config, "output_embeddings")
        self.output_bias = self.add_weight((size,), "zeros", name="output_bias")
        encoder = config.encoder
        self.encoder = plugins.build("encoder", encoder.name, config.embedding, **encoder.options)
        self.decoder = Decoder(config, self.encoder.width, self.encoder.states)
        self.gate = pointer.Gate(self.decoder.evidence) if config.pointer else None
        self.noise = keras.random.SeedGenerator(seed)
        self.built = True

    def _table(self, config: ModelConfig, name: str) -> Any:
        near = keras.initializers.RandomNormal(stddev=config.embedding**-0.5)
        return self.add_weight((self.size, config.embedding), near, name=name)

    def encode(self, document: Any, training: bool = False) -> Memory:
        """Read documents, int32 [B, S], padded with 0."""
        mask = ops.not_equal(document, PAD)
        embedded = self._drop(self._embed(self.embeddings, document), training)
        outputs, final = self.encoder(embedded, mask)
        return self.decoder.remember(self._drop(outputs, training), final, document, mask)

    def call(self, batch: Any, training: bool = False) -> Any:
        """Score known summaries.

        Args:
            batch: `document` int32 [B, S], `summary_in` and `summary_out` int32 [B, T].
            training: use dropout.

        Returns:
            log_prob: float32 [B, T], of the pieces of `summary_out` (0 has no meaning there).
            generated: float32 [B, T], the generator's part of it.
            logits: float32 [B, T, N], the generator's.
            decoded: the decoder's account, with the gate's logit float32 [B, T].
        """
        memory = self.encode(batch["document"], training)
        return self.score(memory, batch["summary_in"], batch["summary_out"], training)

    def score(self, memory: Memory, inputs: Any, target: Any, training: bool = False) -> Any:
        """Score known summaries of documents already read; see `call`."""
        embedded = self._drop(self._embed(self.summary_embeddings, inputs), training)
        decoded = self.decoder.unroll(embedded, self.decoder.start(memory), memory)
        logits = self._logits(self._drop(decoded.features, training))
        known = ops.where(target < self.size, target, UNKNOWN) if self.extended else target
        generated = -ops.sparse_categorical_crossentropy(known, logits, from_logits=True)
        if self.gate is None:
            gate = ops.zeros_like(generated) - pointer.NEVER  # always generates
            return generated, generated, logits, (decoded, gate)
        gate = self.gate(decoded.evidence)
        log_prob = pointer.of_target(generated, gate, decoded.attention, memory.pieces, target)
        return log_prob, generated, logits, (decoded, gate)

    def step(
        self, pieces: Any, state: DecoderState, memory: Memory, allowed: Any
    ) -> tuple[Any, DecoderState]:
        """Go one piece on in K summaries of each document.

        Args:
            pieces: int32 [B, K], the last of each.
            state: of B * K rows.
            memory: of the B documents.
            allowed: bool [B, N], what the generator may write; copying is always allowed.

        Returns:
            The log-probability of every next piece, float32 [B, K, N] (N + S with an extended
            vocabulary), and the new state.
        """
        embedded = self._embed(self.summary_embeddings, pieces)
        decoded, state = self.decoder.step(embedded, state, memory)
        logits = ops.where(allowed[:, None, :], self._logits(decoded.features), pointer.NEVER)
        if self.gate is None:
            return ops.log_softmax(logits, axis=-1), state
        gate = self.gate(decoded.evidence)
        more = ops.shape(memory.pieces)[1] if self.extended else 0
        return pointer.mixture(logits, gate, decoded.attention, memory.pieces, more), state

    def trace(
        self, inputs: Any, state: DecoderState, memory: Memory, width: Any
    ) -> tuple[Any, Any]:
        """Go over K known summaries of each document, for their attention and gate.

        Args:
            inputs: int32 [B * K, T].
            state: at the start, B * K rows.
            memory: of the B documents.
            width: K.

        Returns:
            The decoder's account with attention float32 [B, K * T, S], and the probability of
            generating, float32 [B, K * T].
        """
        embedded = self._embed(self.summary_embeddings, inputs)
        decoded = self.decoder.unroll(embedded, state, memory, width)
        if self.gate is None:
            return decoded, ops.ones_like(decoded.attention[:, :, 0])
        return decoded, ops.sigmoid(self.gate(decoded.evidence))

    def _embed(self, table: Any, pieces: Any) -> Any:
        if self.extended:
            pieces = ops.where(pieces < self.size, pieces, UNKNOWN)
        return ops.cast(ops.take(ops.convert_to_tensor(table), pieces, axis=0), self.compute_dtype)

    def _logits(self, features: Any) -> Any:
        """Compare with every embedding, float32 [B, T, N]; what is never written gets NEVER."""
        dtype = self.compute_dtype
        table = ops.cast(ops.convert_to_tensor(self.output_embeddings), dtype)
        logits = ops.cast(ops.matmul(ops.cast(features, dtype), ops.transpose(table)), "float32")
        bias = ops.cast(ops.convert_to_tensor(self.output_bias), "float32")
        ids = ops.arange(self.size)
        never = (ids == PAD) | (ids == START) | (ids == UNKNOWN)
        return logits + ops.where(never, pointer.NEVER, bias)

    def _drop(self, x: Any, training: bool) -> Any:
        if not training or self.rate == 0:
            return x
        batch, _, width = ops.shape(x)
        return keras.random.dropout(x, self.rate, (batch, 1, width), seed=self.noise)
