"""GRU (Cho et al. 2014): an LSTM's memory with two gates and no cell state.

summarizer train --preset gru --data SPEC
"""

from summarizer.config import Config
from summarizer.presets._base import celled


def config() -> Config:
    """Return the configuration."""
    return celled("gru")
