"""Predict for every token of a document whether its summary keeps it: deletion-based compression.

Source: Filippova et al. (2015), "Sentence compression by deletion with LSTMs"; as a content
selector: Gehrmann, Deng, Rush (2018), arXiv:1808.10792, section 3.1.
"""

import random
from collections.abc import Callable, Mapping

import keras
from keras import ops

from summarizer import plugins
from summarizer.config import ModelConfig
from summarizer.datasets.tag_labels import DROP, KEEP
from summarizer.model.compiled import compile_function
from summarizer.model.sentence_ids import SentenceIds
from summarizer.types import Tensor
from summarizer.vocabulary import PAD, UNKNOWN


class Tagger(keras.Model):
    """Embeddings, an encoder, and one logit at each position of a document."""

    def __init__(
        self, config: ModelConfig, size: int, seed: int = 1, has_document_words: bool = False
    ):
        """Create the network with fresh weights.

        Args:
            config: of the model; embeddings, encoder and dropout are used.
            size: N, the size of the vocabulary.
            seed: of the initial weights and of dropout.
            has_document_words: whether words that only a document contains have ids from N on; they
                are read as unknown words.
        """
        super().__init__()
        random.seed(seed)  # initializers draw their seeds from it
        self.size, self.rate, self.has_document_words = size, config.dropout, has_document_words
        initializer = keras.initializers.RandomNormal(stddev=config.embedding_size**-0.5)
        shape = (size, config.embedding_size)
        self.embeddings = self.add_weight(shape, initializer, name="embeddings")
        encoder = config.encoder
        self.encoder = plugins.build(
            "encoder", encoder.name, config.embedding_size, **encoder.options
        )
        self.sentences = SentenceIds(size) if self.encoder.needs_sentence_ids else None
        self._add_head()
        self.noise = keras.random.SeedGenerator(seed)
        self.built = True

    def _add_head(self) -> None:
        """Create the weights that turn outputs of the encoder into logits."""
        self.kernel = self.add_weight((self.encoder.width, 1), "glorot_uniform", name="kernel")
        self.bias = self.add_weight((1,), "zeros", name="bias")

    def _logits(self, outputs: Tensor, document: Tensor) -> Tensor:
        """Return the logit of keeping each token, float32 [B, S].

        Args:
            outputs: float [B, S, H], of the encoder.
            document: int32 [B, S].
        """
        kernel = ops.cast(ops.convert_to_tensor(self.kernel), self.compute_dtype)
        logits = ops.cast(ops.matmul(outputs, kernel)[:, :, 0], "float32")
        return logits + ops.cast(ops.convert_to_tensor(self.bias), "float32")

    def call(self, document: Tensor, training: bool = False) -> Tensor:
        """Return the logit of keeping each token, float32 [B, S], of documents int32 [B, S]."""
        dtype = self.compute_dtype
        known = (
            ops.where(document < self.size, document, UNKNOWN)
            if self.has_document_words
            else document
        )
        embedded = ops.take(ops.convert_to_tensor(self.embeddings), known, axis=0)
        embedded = self._drop(ops.cast(embedded, dtype), training)
        sentence = {} if self.sentences is None else {"sentence": self.sentences(document)}
        outputs, _ = self.encoder(embedded, ops.not_equal(document, PAD), **sentence)
        return self._logits(self._drop(outputs, training), document)

    def probabilities(self, document: Tensor) -> Tensor:
        """Return the probability of keeping each token, float32 [B, S], 0 at padding."""
        return ops.sigmoid(self(document)) * ops.cast(ops.not_equal(document, PAD), "float32")

    def objective(
        self, batch: Mapping[str, Tensor], smoothing: float, training: bool
    ) -> tuple[Tensor, Tensor]:
        """Return the mean binary cross-entropy over the real tokens of a batch; like `loss.loss`.

        (Keras sets an attribute `loss` of its own, so this method cannot have that name.)

        Args:
            batch: `document` int32 [B, S], and in `summary_out` int32 [B, T] the labels of its
                tokens, KEEP or DROP; positions with other values do not count.
            smoothing: share of each label that is split evenly between KEEP and DROP.
            training: use dropout.

        Returns:
            The loss in nats a token, float32 []; and float32 [3]: summed negative log-probability,
            number of tokens, fraction of tokens labelled correctly.
        """
        logits = self(batch["document"], training=training)
        labels = batch["summary_out"]
        positions = ops.shape(logits)[1]
        labels = ops.concatenate([labels, ops.zeros_like(batch["document"])], axis=1)[:, :positions]
        keep = ops.cast(labels == KEEP, "float32")
        real = keep + ops.cast(labels == DROP, "float32")
        count = ops.maximum(ops.sum(real), 1.0)
        total = -ops.sum(real * ops.log_sigmoid(ops.where(keep > 0, logits, -logits)))
        value = total / count
        if smoothing:
            uniform = ops.sum(real * (ops.softplus(logits) - 0.5 * logits)) / count
            value = (1 - smoothing) * value + smoothing * uniform
        correct = ops.sum(real * ops.cast((logits > 0) == (keep > 0), "float32")) / count
        metrics = ops.stack([ops.stop_gradient(total), ops.sum(real), ops.stop_gradient(correct)])
        return value, metrics

    def _drop(self, x: Tensor, training: bool) -> Tensor:
        if not training or self.rate == 0:
            return x
        batch, _, width = ops.shape(x)
        return keras.random.dropout(x, self.rate, (batch, 1, width), seed=self.noise)


def compile_tagger(model: Tagger) -> Callable[[Tensor], Tensor]:
    """Return `model.probabilities` as one compiled function of documents, int32 [B, S]."""
    return compile_function(model, model.probabilities, [(2, "int32")])
