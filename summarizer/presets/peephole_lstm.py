"""LSTM whose gates see the cell state (Gers and Schmidhuber 2000), to measure time.

summarizer train --preset peephole_lstm --data SPEC
"""

from summarizer.config import Config
from summarizer.presets._base import celled


def config() -> Config:
    """Return the configuration."""
    return celled("peephole_lstm")
