"""See each piece with its neighbours before the recurrence: phrases first, order afterwards.

    x'_i = x_i + relu(W [x_{i-r}; …; x_i; …; x_{i+r}] + b)      kernel = 2 r + 1 pieces

The recurrence in both directions reads x'. Padding counts as 0 on both sides.

Source: the convolution, Kim (2014), arXiv:1408.5882, eq. 2; with what it reads added, He et al.
(2015), arXiv:1512.03385, eq. 1.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from summarizer.model.encoders._base import RecurrentOptions, at_least, dense


@dataclass(frozen=True)
class Options(RecurrentOptions):
    """Settings of the encoder."""

    kernel: int = 3  # pieces that are seen together, an odd number
    convolutions: int = 1  # one above the other

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("kernel", self.kernel, 1)
        at_least("convolutions", self.convolutions, 1)
        if self.kernel % 2 == 0:
            raise ValueError(
                f"kernel={self.kernel}: must be odd, as many pieces before as behind; "
                f"the nearest are {self.kernel - 1} and {self.kernel + 1}"
            )


def build(options: Options, inputs: int) -> "Convolutional":
    """Make the encoder for embeddings of a width."""
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

    def call(self, embedded: Any, mask: Any) -> Any:
        """Encode documents; shapes as in `Bidirectional.call`."""
        real = ops.cast(mask, embedded.dtype)[:, :, None]
        steps, reach = ops.shape(embedded)[1], self.kernel // 2
        for convolution in self.convolutions:
            embedded = embedded * real
            wide = ops.pad(embedded, ((0, 0), (reach, reach), (0, 0)))
            seen = [wide[:, i : i + steps] for i in range(self.kernel)]
            embedded = embedded + convolution(ops.concatenate(seen, axis=-1))
        return self.recurrence(embedded, mask)
