"""Score each word of a document from the outputs of an encoder.

Source: Filippova et al. (2015), "Sentence compression by deletion with LSTMs".
"""

import keras
from keras import ops

from summarizer.types import Tensor


class WordScorer(keras.layers.Layer):
    """A logit at each token: whether a compression keeps it."""

    def __init__(self, width: int):
        """Create the layer for an encoder of a width."""
        super().__init__()
        self.kernel = self.add_weight((width, 1), "glorot_uniform", name="kernel")
        self.bias = self.add_weight((1,), "zeros", name="bias")
        self.built = True

    def call(self, outputs: Tensor, document: Tensor) -> Tensor:
        """Return the logit of each token, float32 [B, S].

        Args:
            outputs: float [B, S, H], of the encoder.
            document: int32 [B, S], not used: the interface is that of `SentenceScorer`.
        """
        kernel = ops.cast(ops.convert_to_tensor(self.kernel), outputs.dtype)
        logits = ops.cast(ops.matmul(outputs, kernel)[:, :, 0], "float32")
        return logits + ops.cast(ops.convert_to_tensor(self.bias), "float32")
