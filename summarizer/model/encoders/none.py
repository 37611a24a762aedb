"""No encoder: nothing is read, which makes the model a language model that continues texts.

Source: Mikolov et al. (2010), Recurrent neural network based language model.
"""

from dataclasses import dataclass

import keras

from summarizer.types import Tensor


@dataclass(frozen=True)
class Options:
    """No settings."""


def build(options: Options, inputs: int) -> "NoEncoder":
    """Build the encoder, for embeddings of any width."""
    return NoEncoder()


class NoEncoder(keras.layers.Layer):
    """Outputs of width 0, no final state and no weights."""

    width = 0
    states = 0
    needs_sentence_ids = False

    def call(self, embedded: Tensor, mask: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return outputs float [B, S, 0], and () for the final states."""
        return embedded[:, :, :0], ()
