"""Read nothing: what is left is a language model, which continues texts.

Source: Mikolov et al. (2010), Recurrent neural network based language model.
"""

from dataclasses import dataclass
from typing import Any

import keras


@dataclass(frozen=True)
class Options:
    """No settings."""


def build(options: Options, inputs: int) -> "NoEncoder":
    """Make the encoder, for embeddings of whatever width."""
    return NoEncoder()


class NoEncoder(keras.layers.Layer):
    """Outputs of width 0, and no last state; it has no weights."""

    width = 0
    states = 0
    needs_sentence_ids = False

    def call(self, embedded: Any, mask: Any) -> Any:
        """Return outputs float [B, S, 0] and (), whatever the documents are."""
        return embedded[:, :, :0], ()
