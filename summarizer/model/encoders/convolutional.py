"""Convolutional encoder: convolutions read each token with its neighbours before the recurrence.

    x'_i = x_i + relu(W [x_{i-r}; …; x_i; …; x_{i+r}] + b)      kernel = 2 r + 1 tokens

Convolutions see phrases; the recurrence in both directions above them reads x'. Padding counts as 0
on both sides.

Source: convolution: Kim (2014), arXiv:1408.5882, eq. 2; residual connection: He et al. (2015),
arXiv:1512.03385, eq. 1.
"""

from dataclasses import dataclass

import keras
from keras import ops

from summarizer.model.encoders._base import RecurrentOptions, at_least, dense
from summarizer.types import Tensor


@dataclass(frozen=True)
class Options(RecurrentOptions):
    """Settings of the encoder."""

    kernel: int = 3  # tokens that a convolution covers, an odd number
    convolutions: int = 1  # number of convolutions, one above the other

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("kernel", self.kernel, 1)
        at_least("convolutions", self.convolutions, 1)
        if self.kernel % 2 == 0:
            raise ValueError(
                f"kernel={self.kernel}: must be odd, to cover as many tokens before as after; "
                f"the nearest are {self.kernel - 1} and {self.kernel + 1}"
            )


def build(options: Options, inputs: int) -> "Convolutional":
    """Build the encoder for embeddings of this width."""
    return Convolutional(options, inputs)


class Convolutional(keras.layers.Layer):
    """Convolutions over the embeddings, and a recurrence in both directions above them."""

    needs_sentence_ids = False

    def __init__(self, options: Options, inputs: int):
        super().__init__()
        self.kernel = options.kernel
        self.convolutions = [
            dense(options.kernel * inputs, inputs, "relu") for _ in range(options.convolutions)
        ]
        self.recurrence = options.recurrence(inputs)
        self.width, self.states = self.recurrence.width, self.recurrence.states
        self.built = True

    def call(self, embedded: Tensor, mask: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Encode documents; shapes as in `Bidirectional.call`."""
        real = ops.cast(mask, embedded.dtype)[:, :, None]
        steps, reach = ops.shape(embedded)[1], self.kernel // 2
        for convolution in self.convolutions:
            embedded = embedded * real
            padded = ops.pad(embedded, ((0, 0), (reach, reach), (0, 0)))
            windows = [padded[:, i : i + steps] for i in range(self.kernel)]
            embedded = embedded + convolution(ops.concatenate(windows, axis=-1))
        return self.recurrence(embedded, mask)
