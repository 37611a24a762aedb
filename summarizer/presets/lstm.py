"""LSTM encoder-decoder with dot attention and a pointer: the reference for the other presets.

summarizer train --preset lstm --data SPEC
"""

from summarizer.config import Config
from summarizer.presets._base import cell_variant


def config() -> Config:
    """Return the configuration."""
    return cell_variant("lstm")
