"""The summarizer's network: embeddings, encoder, decoder, pointer and output layer.

The embeddings of documents and summaries and the output layer share one matrix (Press and Wolf
2017, arXiv:1608.05859), or have several. Dropout sets the same units to 0 at all positions of a
sequence (Gal and Ghahramani 2016, arXiv:1512.05287).
"""

import random
from collections.abc import Callable, Mapping

import keras
from keras import ops

from summarizer import plugins
from summarizer.config import ModelConfig
from summarizer.model import cross_entropy, indexing, pointer
from summarizer.model.decoder import Decoder, DecoderOutput
from summarizer.model.protocols import OutputLayer, StepOutput
from summarizer.model.sentence_ids import SentenceIds
from summarizer.model.sentence_scorer import SentenceScorer
from summarizer.model.word_scorer import WordScorer
from summarizer.types import DecoderState, EncoderMemory, Tensor
from summarizer.vocabulary import PAD, START, UNKNOWN

Scores = tuple[Tensor, Tensor, Callable[[int], Tensor], tuple[DecoderOutput, Tensor]]


class Seq2Seq(keras.Model):
    """An encoder-decoder with attention; a `SequenceModel`."""

    def __init__(
        self,
        config: ModelConfig,
        size: int,
        seed: int = 1,
        has_document_words: bool = False,
        controls: int = 0,
    ):
        """Create the network with fresh weights.

        Args:
            config: its parts and widths.
            size: N, the size of the vocabulary.
            seed: of the initial weights and of dropout.
            has_document_words: whether words that only a document contains have ids from N on. They
                are read as unknown words and can be copied, so the distributions of the search have
                N + S columns.
            controls: number of control tokens; they follow UNKNOWN and are never written.

        Raises:
            ConfigError: parts that do not fit together.
        """
        super().__init__()
        random.seed(seed)  # initializers draw their seeds from it; Keras' own way loads TensorFlow
        self.size, self.rate = size, config.dropout
        self.has_document_words, self._controls = has_document_words, controls
        self.embeddings = self._add_table(config, "embeddings")
        self.summary_embeddings = self.output_embeddings = self.embeddings
        if config.tying in ("summary", "none"):
            self.summary_embeddings = self._add_table(config, "summary_embeddings")
            self.output_embeddings = self.summary_embeddings
        if config.tying in ("embeddings", "none"):
            self.output_embeddings = self._add_table(config, "output_embeddings")
        self.output_bias = self.add_weight((size,), "zeros", name="output_bias")
        encoder = config.encoder
        self.encoder = plugins.build(
            "encoder", encoder.name, config.embedding_size, **encoder.options
        )
        self.sentences = SentenceIds(size) if self.encoder.needs_sentence_ids else None
        self.decoder = Decoder(config, self.encoder.width, self.encoder.states)
        self.gate = pointer.Gate(self.decoder.gate_input) if config.pointer else None
        self.sentence_head = self.word_head = None
        if config.sentence_head:
            self.sentence_head = SentenceScorer(size, self.encoder.width)
        if config.word_head:
            self.word_head = WordScorer(self.encoder.width)
        self.noise = keras.random.SeedGenerator(seed)
        self.built = True

    def _add_table(self, config: ModelConfig, name: str) -> keras.Variable:
        initializer = keras.initializers.RandomNormal(stddev=config.embedding_size**-0.5)
        return self.add_weight((self.size, config.embedding_size), initializer, name=name)

    def encode(self, document: Tensor, training: bool = False) -> EncoderMemory:
        """Read documents, int32 [B, S], padded with 0."""
        mask = ops.not_equal(document, PAD)
        embedded = self._drop(self._embed(self.embeddings, document), training)
        sentence = {} if self.sentences is None else {"sentence": self.sentences(document)}
        outputs, final = self.encoder(embedded, mask, **sentence)
        return self.decoder.make_memory(self._drop(outputs, training), final, document, mask)

    def call(
        self, batch: Mapping[str, Tensor], training: bool = False
    ) -> tuple[Tensor, Tensor, Tensor, tuple[DecoderOutput, Tensor]]:
        """Score known summaries.

        Args:
            batch: `document` int32 [B, S]; `summary_in` and `summary_out` int32 [B, T].
            training: use dropout.

        Returns:
            log_prob: float32 [B, T], of the tokens of `summary_out` (undefined at padding).
            generated: float32 [B, T], log-probability under the generator alone.
            logits: float32 [B, T, N], of the generator.
            decoded: the decoder's output, and the gate's logit float32 [B, T].
        """
        memory = self.encode(batch["document"], training)
        scores = self.score(memory, batch["summary_in"], batch["summary_out"], training)
        log_prob, generated, logits, decoded = scores
        return log_prob, generated, logits(1), decoded

    def score(
        self, memory: EncoderMemory, inputs: Tensor, target: Tensor, training: bool = False
    ) -> Scores:
        """Score known summaries of documents that are already encoded.

        Returns:
            The same as `call`, with a function `logits(stride)` in place of the logits: it returns
            float32 [B / stride, T, N], those of every `stride`-th summary, and computes no others.
        """
        embedded = self._drop(self._embed(self.summary_embeddings, inputs), training)
        state = self.initial_state(memory, ops.shape(inputs)[1])
        decoded = self.decoder.unroll(embedded, state, memory)
        features = self._drop(decoded.features, training)
        known = (
            ops.where(target < self.size, target, UNKNOWN) if self.has_document_words else target
        )
        generated, logits = cross_entropy.score_targets(features, self.output_layer(), known)
        if self.gate is None:
            gate = ops.zeros_like(generated) - pointer.LOG_ZERO  # always generates
            return generated, generated, logits, (decoded, gate)
        gate = self.gate(decoded.gate_input)
        log_prob = pointer.target_log_prob(
            generated, gate, decoded.attention, memory.tokens, target
        )
        return log_prob, generated, logits, (decoded, gate)

    def head_probabilities(self, memory: EncoderMemory) -> dict[str, Tensor]:
        """Return what the heads say of each token of the documents; {} without heads.

        Returns:
            `sentence`: probability that the sentence of the token belongs to an extract; `keep`:
            that a compression keeps the token; each float32 [B, S], 0 at padding.
        """
        heads = {"sentence": self.sentence_head, "keep": self.word_head}
        real = ops.cast(memory.mask, "float32")
        return {
            name: ops.sigmoid(head(memory.values, memory.tokens)) * real
            for name, head in heads.items()
            if head is not None
        }

    def initial_state(
        self, memory: EncoderMemory, max_length: Tensor, coverage: bool = False
    ) -> DecoderState:
        """Return the state before the first token; see `SequenceModel.initial_state`."""
        return self.decoder.initial_state(memory, max_length, coverage)

    def mask_copying(self, memory: EncoderMemory, selected: Tensor) -> EncoderMemory:
        """Return a memory in which only tokens selected by bool [B, S] can be copied."""
        return memory._replace(selected=ops.cast(selected, "float32"))

    def output_layer(self) -> OutputLayer:
        """Return the output layer; it serves all positions."""
        dtype = self.compute_dtype
        table = ops.cast(ops.convert_to_tensor(self.output_embeddings), dtype)
        return OutputLayer(ops.transpose(table), self._masked_bias())

    def copy_indices(self, memory: EncoderMemory, beams: Tensor) -> Tensor:
        """Return the indices of copied tokens, for `next_token_scores` of K = `beams` summaries."""
        extra_ids = ops.shape(memory.tokens)[1] if self.has_document_words else 0
        return pointer.copy_indices(memory.tokens[:, None, :], beams, self.size + extra_ids)

    def step(
        self, tokens: Tensor, state: DecoderState, memory: EncoderMemory
    ) -> tuple[StepOutput, DecoderState]:
        """Decode one position of K summaries of each document; see `SequenceModel.step`."""
        if self.has_document_words:
            tokens = ops.where(tokens < self.size, tokens, UNKNOWN)
        embedded = indexing.gather_rows(ops.convert_to_tensor(self.summary_embeddings), tokens)
        embedded = ops.cast(embedded, self.compute_dtype)
        decoded, state = self.decoder.step(embedded, state, memory)
        gate = None if self.gate is None else self.gate(decoded.gate_input)
        copy_attention = decoded.attention
        if gate is not None and not isinstance(memory.selected, tuple):
            copy_attention = pointer.restrict_attention(copy_attention, memory.selected)
        return StepOutput(decoded.features, decoded.attention, gate, copy_attention), state

    def attention_and_gate(self, step: StepOutput) -> tuple[Tensor, Tensor]:
        """Return attention float32 [B, K, S] and the probability of generating float32 [B, K]."""
        if step.gate is None:
            return step.attention, ops.ones_like(step.attention[:, :, 0])
        return step.attention, ops.sigmoid(step.gate)

    def next_token_scores(
        self,
        step: StepOutput,
        output: OutputLayer,
        copy_indices: Tensor,
        allowed: Tensor | None = None,
    ) -> pointer.TokenScores:
        """Score every possible next token; see `SequenceModel.next_token_scores`."""
        batch, beams, size = ops.shape(step.features)
        # Two-dimensional factors: onnxruntime then adds the bias within the product.
        features = ops.reshape(step.features, (-1, size))
        logits = ops.cast(ops.matmul(features, output.table), "float32") + output.bias
        logits = ops.reshape(logits, (batch, beams, self.size))
        if allowed is not None:
            logits = ops.where(allowed[:, None, :], logits, pointer.LOG_ZERO)
        if step.gate is None:
            return pointer.TokenScores(ops.log_softmax(logits, axis=-1), None)
        extra_ids = ops.shape(step.attention)[2] if self.has_document_words else 0
        return pointer.mix(logits, step.gate, step.copy_attention, copy_indices, extra_ids)

    def _embed(self, table: keras.Variable, tokens: Tensor) -> Tensor:
        if self.has_document_words:
            tokens = ops.where(tokens < self.size, tokens, UNKNOWN)
        return ops.cast(ops.take(ops.convert_to_tensor(table), tokens, axis=0), self.compute_dtype)

    def _masked_bias(self) -> Tensor:
        """Return the output bias, float32 [N], LOG_ZERO for tokens that are never written."""
        bias = ops.cast(ops.convert_to_tensor(self.output_bias), "float32")
        ids = ops.arange(self.size)
        never_written = (ids == PAD) | (ids == START)
        never_written = never_written | ((ids >= UNKNOWN) & (ids <= UNKNOWN + self._controls))
        return ops.where(never_written, pointer.LOG_ZERO, bias)

    def _drop(self, x: Tensor, training: bool) -> Tensor:
        if not training or self.rate == 0:
            return x
        batch, _, width = ops.shape(x)
        return keras.random.dropout(x, self.rate, (batch, 1, width), seed=self.noise)
