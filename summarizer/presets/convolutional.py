"""A convolution before the recurrence: phrases are seen at once, the recurrence carries only order.

summarizer train --preset convolutional --data SPEC

Source: the convolution, Kim (2014), arXiv:1408.5882.
"""

from summarizer.config import Config, Part
from summarizer.presets._base import WIDTH, variant


def config() -> Config:
    """Return the configuration."""
    return variant("convolutional", encoder=Part("convolutional", {"width": WIDTH}))
