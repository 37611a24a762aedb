"""Number the sentences of a document from its pieces alone.

A sentence ends with a piece that may end one, if a piece that begins a word follows. Which pieces
these are is kept as two tables beside the weights: whoever has the network needs no text.
"""

from typing import Any

import keras
from keras import ops

from summarizer.vocabulary import UNKNOWN


class SentenceIds(keras.layers.Layer):
    """Tells of each position in which sentence it is; in one and the same before `fill`."""

    def __init__(self, size: int):
        """Make the tables for a vocabulary of N ids."""
        super().__init__()
        self.ends = self.add_weight((size,), "zeros", trainable=False, name="ends")
        self.begins = self.add_weight((size,), "zeros", trainable=False, name="begins")
        self.built = True

    def fill(self, ends: Any, begins: Any) -> None:
        """Say which pieces may end a sentence and which begin a word, each bool [N]."""
        self.ends.assign(ends)
        self.begins.assign(begins)

    def call(self, pieces: Any) -> Any:
        """Return the number of each position's sentence, from 0 on.

        Args:
            pieces: int32 [B, S]; ids from N on are unknown words.

        Returns:
            int32 [B, S], never falling.
        """
        size = self.ends.shape[0]
        pieces = ops.where(pieces < size, pieces, UNKNOWN)
        ends, begins = (
            ops.cast(ops.take(ops.convert_to_tensor(table), pieces, axis=0), "float32")
            for table in (self.ends, self.begins)
        )
        last = ops.pad(ends, ((0, 0), (1, 0)))[:, :-1]
        return ops.cast(ops.cumsum(last * begins, axis=1), "int32")
