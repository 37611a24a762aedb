"""Number the sentences of a document from its tokens alone.

A sentence ends at a token that can end a sentence, if the next token begins a word. Two tables,
saved with the weights, say which tokens these are, so the network needs no text.
"""

from collections.abc import Sequence

import keras
from keras import ops

from summarizer.types import Tensor
from summarizer.vocabulary import UNKNOWN


class SentenceIds(keras.layers.Layer):
    """Sentence number of each position; 0 everywhere until `fill` is called."""

    def __init__(self, size: int):
        """Create the tables for a vocabulary of N ids."""
        super().__init__()
        self.ends = self.add_weight((size,), "zeros", trainable=False, name="ends")
        self.begins = self.add_weight((size,), "zeros", trainable=False, name="begins")
        self.built = True

    def fill(self, ends: Sequence[bool], begins: Sequence[bool]) -> None:
        """Set which tokens can end a sentence and which begin a word, each bool [N]."""
        self.ends.assign(ends)
        self.begins.assign(begins)

    def call(self, tokens: Tensor) -> Tensor:
        """Return the sentence number of each position, starting at 0.

        Args:
            tokens: int32 [B, S]; ids from N on are unknown words.

        Returns:
            int32 [B, S], never decreasing along a row.
        """
        size = self.ends.shape[0]
        tokens = ops.where(tokens < size, tokens, UNKNOWN)
        ends, begins = (
            ops.cast(ops.take(ops.convert_to_tensor(table), tokens, axis=0), "float32")
            for table in (self.ends, self.begins)
        )
        previous_ends = ops.pad(ends, ((0, 0), (1, 0)))[:, :-1]
        return ops.cast(ops.cumsum(previous_ends * begins, axis=1), "int32")
