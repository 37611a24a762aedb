"""LSTM cells with layer normalization, so that gates do not saturate (Ba et al. 2016).

summarizer train --preset layer_norm_lstm --data SPEC
"""

from summarizer.config import Config
from summarizer.presets._base import cell_variant


def config() -> Config:
    """Return the configuration."""
    return cell_variant("layer_norm_lstm")
