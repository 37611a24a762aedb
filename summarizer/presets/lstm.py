"""LSTM in both directions with dot attention and a pointer: what the others are compared with.

summarizer train --preset lstm --data SPEC
"""

from summarizer.config import Config
from summarizer.presets._base import celled


def config() -> Config:
    """Return the configuration."""
    return celled("lstm")
