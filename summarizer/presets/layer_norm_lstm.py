"""LSTM with normalised sums (Ba et al. 2016): gates that do not saturate.

summarizer train --preset layer_norm_lstm --data SPEC
"""

from summarizer.config import Config
from summarizer.presets._base import celled


def config() -> Config:
    """Return the configuration."""
    return celled("layer_norm_lstm")
