"""Score the sentences of a document from the outputs of an encoder.

    s_i = mean of the outputs at the tokens of sentence i        d = mean over the document
    logit_i = v · tanh(W s_i + U d + Z (s_i * d) + P place_i + b) + c

The content, salience and novelty terms of Nallapati, Zhai, Zhou (2017), "SummaRuNNer",
arXiv:1611.04230, eq. 6, in one layer and without the state over earlier decisions.
"""

import keras
from keras import ops

from summarizer.model.sentence_ids import SentenceIds
from summarizer.types import Tensor
from summarizer.vocabulary import PAD

HIDDEN = 64  # width of the layer
PLACES = 3  # features of a sentence's place: the first, 1 / (1 + number), its share of the tokens


class SentenceScorer(keras.layers.Layer):
    """A logit for each sentence, at each of its tokens."""

    def __init__(self, size: int, width: int):
        """Create the layer for a vocabulary of N ids and an encoder of a width."""
        super().__init__()
        self.ids = SentenceIds(size)
        kernels = {"sentence": width, "document": width, "product": width, "place": PLACES}
        self._kernels = {
            name: self.add_weight((rows, HIDDEN), "glorot_uniform", name=f"{name}_kernel")
            for name, rows in kernels.items()
        }
        self.bias = self.add_weight((HIDDEN,), "zeros", name="bias")
        self.out_kernel = self.add_weight((HIDDEN, 1), "glorot_uniform", name="out_kernel")
        self.out_bias = self.add_weight((1,), "zeros", name="out_bias")
        self.built = True

    def call(self, outputs: Tensor, document: Tensor) -> Tensor:
        """Return the logit of the sentence of each token, float32 [B, S].

        Args:
            outputs: float [B, S, H], of the encoder.
            document: int32 [B, S], padded with 0.
        """
        outputs = ops.cast(outputs, "float32")
        real = ops.cast(ops.not_equal(document, PAD), "float32")
        sentence = self.ids(document)
        same = ops.cast(ops.equal(sentence[:, :, None], sentence[:, None, :]), "float32")
        same = same * real[:, None, :]
        count = ops.maximum(ops.sum(same, axis=2, keepdims=True), 1.0)
        total = ops.maximum(ops.sum(real, axis=1), 1.0)[:, None, None]
        means = ops.matmul(same, outputs) / count
        whole = ops.sum(outputs * real[:, :, None], axis=1, keepdims=True) / total
        number = ops.cast(sentence, "float32")[:, :, None]
        first = ops.cast(ops.equal(number, 0), "float32")
        places = ops.concatenate([first, 1 / (1 + number), count / total], axis=2)
        features = {"sentence": means, "document": whole, "product": means * whole, "place": places}
        hidden = sum(
            ops.matmul(value, ops.cast(ops.convert_to_tensor(self._kernels[name]), "float32"))
            for name, value in features.items()
        )
        hidden = ops.tanh(hidden + ops.convert_to_tensor(self.bias))
        return ops.matmul(hidden, ops.convert_to_tensor(self.out_kernel))[:, :, 0] + self.out_bias
