"""A recurrence with a memory: one vector holds little, a matrix that is addressed holds more.

summarizer train --preset memory --data SPEC

Source: neural Turing machines, Graves, Wayne, Danihelka (2014), arXiv:1410.5401.
"""

from summarizer.config import Config, Part
from summarizer.presets._base import WIDTH, variant


def config() -> Config:
    """Return the configuration."""
    return variant("memory", encoder=Part("memory_augmented", {"width": WIDTH}))
