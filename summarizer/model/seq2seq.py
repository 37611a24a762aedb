"""The summarizer's network: embeddings, encoder, decoder, pointer, and the output layer.

One matrix embeds document and summary and scores the output (Press and Wolf 2017,
arXiv:1608.05859), or several do. Dropout sets the same units to 0 at all positions of a sequence
(Gal and Ghahramani 2016, arXiv:1512.05287).
"""

import random
from typing import Any, NamedTuple

import keras
from keras import ops

from summarizer import plugins
from summarizer.config import ModelConfig
from summarizer.model import cross_entropy, indexing, pointer
from summarizer.model.decoder import Decoder
from summarizer.model.sentence_ids import SentenceIds
from summarizer.types import DecoderState, EncoderMemory
from summarizer.vocabulary import PAD, START, UNKNOWN


class OutputLayer(NamedTuple):
    """The output layer.

    Attributes:
        table: float [E, N].
        bias: float32 [N], NEVER for what is never written.
    """

    table: Any
    bias: Any


class StepOutput(NamedTuple):
    """What one step of K summaries of each document leaves.

    Attributes:
        features: float [B, K, E].
        attention: float32 [B, K, S].
        gate: float32 [B, K], logit of p_gen; None without a pointer.
        copied: float32 [B, K, S], the attention that the pointer copies by.
    """

    features: Any
    attention: Any
    gate: Any
    copied: Any


class Seq2Seq(keras.Model):
    """An encoder-decoder with attention over pieces."""

    def __init__(
        self, config: ModelConfig, size: int, seed: int = 1, extended: bool = False,
        controls: int = 0,
    ):  # fmt: skip
        """Make the network with fresh weights.

        Args:
            config: its parts and widths.
            size: N, the vocabulary's.
            seed: of the first weights and of dropout.
            extended: a document's words outside the vocabulary have ids from N on; they are read as
                unknown and can be copied, so the search's distributions have N + S columns.
            controls: the number of control tokens, which follow UNKNOWN and are never written.

        Raises:
            ConfigError: parts that do not fit.
        """
        super().__init__()
        random.seed(seed)  # initializers draw their seeds from it; Keras' own way loads TensorFlow
        self.size, self.rate = size, config.dropout
        self.has_document_words, self._controls = extended, controls
        self.embeddings = self._table(config, "embeddings")
        self.summary_embeddings = self.output_embeddings = self.embeddings
        if config.tying in ("summary", "none"):
            self.summary_embeddings = self._table(config, "summary_embeddings")
            self.output_embeddings = self.summary_embeddings
        if config.tying in ("embeddings", "none"):
            self.output_embeddings = self._table(config, "output_embeddings")
        self.output_bias = self.add_weight((size,), "zeros", name="output_bias")
        encoder = config.encoder
        self.encoder = plugins.build(
            "encoder", encoder.name, config.embedding_size, **encoder.options
        )
        self.sentences = SentenceIds(size) if self.encoder.needs_sentence_ids else None
        self.decoder = Decoder(config, self.encoder.width, self.encoder.states)
        self.gate = pointer.Gate(self.decoder.gate_input) if config.pointer else None
        self.noise = keras.random.SeedGenerator(seed)
        self.built = True

    def _table(self, config: ModelConfig, name: str) -> Any:
        near = keras.initializers.RandomNormal(stddev=config.embedding_size**-0.5)
        return self.add_weight((self.size, config.embedding_size), near, name=name)

    def encode(self, document: Any, training: bool = False) -> EncoderMemory:
        """Read documents, int32 [B, S], padded with 0."""
        mask = ops.not_equal(document, PAD)
        embedded = self._drop(self._embed(self.embeddings, document), training)
        seen = {} if self.sentences is None else {"sentence": self.sentences(document)}
        outputs, final = self.encoder(embedded, mask, **seen)
        return self.decoder.make_memory(self._drop(outputs, training), final, document, mask)

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
        scored = self.score(memory, batch["summary_in"], batch["summary_out"], training)
        log_prob, generated, logits, account = scored
        return log_prob, generated, logits(), account

    def score(self, memory: EncoderMemory, inputs: Any, target: Any, training: bool = False) -> Any:
        """Score known summaries of documents already read.

        Returns:
            What `call` does, but `logits(every)` in place of the logits: float32 [B / every, T, N],
            those of each `every`-th summary, so that who looks at few of them computes few.
        """
        embedded = self._drop(self._embed(self.summary_embeddings, inputs), training)
        state = self.decoder.start(memory, longest=ops.shape(inputs)[1])
        decoded = self.decoder.unroll(embedded, state, memory)
        features = self._drop(decoded.features, training)
        known = (
            ops.where(target < self.size, target, UNKNOWN) if self.has_document_words else target
        )
        output = self.output()
        generated, logits = cross_entropy.score_targets(features, output, known)
        if self.gate is None:
            gate = ops.zeros_like(generated) - pointer.LOG_ZERO  # always generates
            return generated, generated, logits, (decoded, gate)
        gate = self.gate(decoded.gate_input)
        log_prob = pointer.target_log_prob(
            generated, gate, decoded.attention, memory.tokens, target
        )
        return log_prob, generated, logits, (decoded, gate)

    def mask_copying(self, memory: EncoderMemory, selected: Any) -> EncoderMemory:
        """Return the memory with the pieces that the pointer may copy, bool [B, S]."""
        return memory._replace(selected=ops.cast(selected, "float32"))

    def output(self) -> OutputLayer:
        """Return what compares features with every embedding; once for all positions."""
        dtype = self.compute_dtype
        table = ops.cast(ops.convert_to_tensor(self.output_embeddings), dtype)
        return OutputLayer(ops.transpose(table), self._bias())

    def copy_indices(self, memory: EncoderMemory, width: Any) -> Any:
        """Return where `weigh` adds what is copied, for K summaries of each document."""
        more = ops.shape(memory.tokens)[1] if self.has_document_words else 0
        return pointer.copy_indices(memory.tokens[:, None, :], width, self.size + more)

    def step(
        self, pieces: Any, state: DecoderState, memory: EncoderMemory
    ) -> tuple[StepOutput, Any]:
        """Go one piece on in K summaries of each document.

        Args:
            pieces: int32 [B, K], the last of each.
            state: of B * K rows.
            memory: of the B documents.

        Returns:
            What `weigh` and `shown` need, and the new state.
        """
        if self.has_document_words:
            pieces = ops.where(pieces < self.size, pieces, UNKNOWN)
        embedded = indexing.gather_rows(ops.convert_to_tensor(self.summary_embeddings), pieces)
        embedded = ops.cast(embedded, self.compute_dtype)
        decoded, state = self.decoder.step(embedded, state, memory)
        gate = None if self.gate is None else self.gate(decoded.gate_input)
        copied = decoded.attention
        if gate is not None and not isinstance(memory.selected, tuple):
            copied = pointer.restrict_attention(copied, memory.selected)
        return StepOutput(decoded.features, decoded.attention, gate, copied), state

    def attention_and_gate(self, account: StepOutput) -> tuple[Any, Any]:
        """Return attention float32 [B, K, S] and the probability of generating, float32 [B, K]."""
        if account.gate is None:
            return account.attention, ops.ones_like(account.attention[:, :, 0])
        return account.attention, ops.sigmoid(account.gate)

    def next_token_scores(
        self, account: StepOutput, output: OutputLayer, places: Any, allowed: Any = None
    ) -> pointer.TokenScores:
        """Say how probable every next piece is.

        Args:
            account: from `step`.
            output: from `output`.
            places: from `places`.
            allowed: bool [B, N], what the generator may write; copying is always allowed. None:
                everything.

        Returns:
            Weights [B, K, N]; N + S with an extended vocabulary.
        """
        batch, width, size = ops.shape(account.features)
        # Matrices of two dimensions: then onnxruntime adds the bias within the product.
        features = ops.reshape(account.features, (-1, size))
        logits = ops.cast(ops.matmul(features, output.table), "float32") + output.bias
        logits = ops.reshape(logits, (batch, width, self.size))
        if allowed is not None:
            logits = ops.where(allowed[:, None, :], logits, pointer.LOG_ZERO)
        if account.gate is None:
            return pointer.TokenScores(ops.log_softmax(logits, axis=-1), None)
        more = ops.shape(account.attention)[2] if self.has_document_words else 0
        return pointer.mix(logits, account.gate, account.copied, places, more)

    def _embed(self, table: Any, pieces: Any) -> Any:
        if self.has_document_words:
            pieces = ops.where(pieces < self.size, pieces, UNKNOWN)
        return ops.cast(ops.take(ops.convert_to_tensor(table), pieces, axis=0), self.compute_dtype)

    def _bias(self) -> Any:
        """The output layer's, float32 [N]; NEVER for what is never written."""
        bias = ops.cast(ops.convert_to_tensor(self.output_bias), "float32")
        ids = ops.arange(self.size)
        never = (ids == PAD) | (ids == START)
        never = never | ((ids >= UNKNOWN) & (ids <= UNKNOWN + self._controls))
        return ops.where(never, pointer.LOG_ZERO, bias)

    def _drop(self, x: Any, training: bool) -> Any:
        if not training or self.rate == 0:
            return x
        batch, _, width = ops.shape(x)
        return keras.random.dropout(x, self.rate, (batch, 1, width), seed=self.noise)
