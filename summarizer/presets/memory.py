"""Memory-augmented encoder: the recurrence reads and writes a memory addressed by content.

The state of a recurrence is one vector; a memory of several slots can hold more.

summarizer train --preset memory --data SPEC

Source: neural Turing machines, Graves, Wayne, Danihelka (2014), arXiv:1410.5401.
"""

from summarizer.config import Config, Part
from summarizer.presets._base import WIDTH, variant


def config() -> Config:
    """Return the configuration."""
    return variant("memory", encoder=Part("memory_augmented", {"width": WIDTH}))
