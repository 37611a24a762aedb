"""Tell of every piece of a document whether its summary keeps it: embeddings, encoder, one logit.

Deletion-based compression, Filippova et al. (2015), "Sentence compression by deletion with LSTMs";
the content selector of Gehrmann, Deng, Rush (2018), arXiv:1808.10792, section 3.1.
"""

import random
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from summarizer import plugins
from summarizer.config import ModelConfig
from summarizer.datasets.tag_labels import DROP, KEEP
from summarizer.model.sentence_ids import SentenceIds
from summarizer.vocabulary import PAD, UNKNOWN


class Tagger(keras.Model):
    """A recurrence over all positions of a document, with a probability at each."""

    def __init__(self, config: ModelConfig, size: int, seed: int = 1, extended: bool = False):
        """Make the network with fresh weights.

        Args:
            config: its embeddings, encoder and dropout; it has no other part.
            size: N, the vocabulary's.
            seed: of the first weights and of dropout.
            extended: a document's words outside the vocabulary have ids from N on; they are read as
                unknown.
        """
        super().__init__()
        random.seed(seed)  # initializers draw their seeds from it
        self.size, self.rate, self.has_document_words = size, config.dropout, extended
        near = keras.initializers.RandomNormal(stddev=config.embedding_size**-0.5)
        self.embeddings = self.add_weight((size, config.embedding_size), near, name="embeddings")
        encoder = config.encoder
        self.encoder = plugins.build(
            "encoder", encoder.name, config.embedding_size, **encoder.options
        )
        self.sentences = SentenceIds(size) if self.encoder.needs_sentence_ids else None
        self.kernel = self.add_weight((self.encoder.width, 1), "glorot_uniform", name="kernel")
        self.bias = self.add_weight((1,), "zeros", name="bias")
        self.noise = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, document: Any, training: bool = False) -> Any:
        """Return the logit that each piece is kept, float32 [B, S], of documents int32 [B, S]."""
        dtype = self.compute_dtype
        known = (
            ops.where(document < self.size, document, UNKNOWN)
            if self.has_document_words
            else document
        )
        embedded = ops.take(ops.convert_to_tensor(self.embeddings), known, axis=0)
        embedded = self._drop(ops.cast(embedded, dtype), training)
        seen = {} if self.sentences is None else {"sentence": self.sentences(document)}
        outputs, _ = self.encoder(embedded, ops.not_equal(document, PAD), **seen)
        outputs = self._drop(outputs, training)
        kernel = ops.cast(ops.convert_to_tensor(self.kernel), dtype)
        logits = ops.cast(ops.matmul(outputs, kernel)[:, :, 0], "float32")
        return logits + ops.cast(ops.convert_to_tensor(self.bias), "float32")

    def keep(self, document: Any) -> Any:
        """Return the probability that each piece is kept, float32 [B, S], 0 at padding."""
        return ops.sigmoid(self(document)) * ops.cast(ops.not_equal(document, PAD), "float32")

    def objective(self, batch: Any, smoothing: float, training: bool) -> tuple[Any, Any]:
        """Return the mean binary cross-entropy of a batch over its real pieces; as `loss.loss`.

        Args:
            batch: `document` int32 [B, S], and the labels of its pieces, KEPT or DROPPED, in
                `summary_out` int32 [B, T]; whatever else stands there does not count.
            smoothing: share of each label that is put on the other one and on itself, evenly.
            training: use dropout.

        Returns:
            The loss in nats a piece, float32 []; and float32 [3]: summed negative log-probability,
            number of pieces, share of pieces that are labelled right.
        """
        logits = self(batch["document"], training=training)
        labels = batch["summary_out"]
        positions = ops.shape(logits)[1]
        labels = ops.concatenate([labels, ops.zeros_like(batch["document"])], axis=1)[:, :positions]
        kept = ops.cast(labels == KEEP, "float32")
        real = kept + ops.cast(labels == DROP, "float32")
        pieces = ops.maximum(ops.sum(real), 1.0)
        total = -ops.sum(real * ops.log_sigmoid(ops.where(kept > 0, logits, -logits)))
        value = total / pieces
        if smoothing:
            other = ops.sum(real * (ops.softplus(logits) - 0.5 * logits)) / pieces
            value = (1 - smoothing) * value + smoothing * other
        right = ops.sum(real * ops.cast((logits > 0) == (kept > 0), "float32")) / pieces
        shown = ops.stack([ops.stop_gradient(total), ops.sum(real), ops.stop_gradient(right)])
        return value, shown

    def _drop(self, x: Any, training: bool) -> Any:
        if not training or self.rate == 0:
            return x
        batch, _, width = ops.shape(x)
        return keras.random.dropout(x, self.rate, (batch, 1, width), seed=self.noise)


def compile_tagger(model: Tagger) -> Callable[[Any], Any]:
    """Return `model.keep` as one compiled function of documents, int32 [B, S].

    TensorFlow traces once for all shapes; JAX compiles once per shape.
    """
    if keras.backend.backend() == "jax":
        import jax

        def pure(weights: Any, document: Any) -> Any:
            with keras.StatelessScope(zip(model.variables, weights, strict=True)):
                return model.keep(document)

        jitted = jax.jit(pure)
        return lambda document: jitted([v.value for v in model.variables], document)

    import tensorflow as tf

    signature = [tf.TensorSpec([None, None], tf.int32)]
    traced: Callable[[Any], Any]
    traced = tf.function(model.keep, input_signature=signature, autograph=False)
    return traced
