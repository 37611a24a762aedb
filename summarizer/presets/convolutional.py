"""Convolutional encoder: a convolution over neighbouring tokens before the recurrence.

The convolution sees phrases at once, so the recurrence only has to carry their order.

summarizer train --preset convolutional --data SPEC

Source: the convolution, Kim (2014), arXiv:1408.5882.
"""

from summarizer.config import Config, Part
from summarizer.presets._base import WIDTH, variant


def config() -> Config:
    """Return the configuration."""
    return variant("convolutional", encoder=Part("convolutional", {"width": WIDTH}))
