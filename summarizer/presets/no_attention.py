"""LSTM without attention: one vector carries the whole document, so long ones lose their beginning.

Where encoder and decoder started, and what attention was invented against: Sutskever et al. (2014),
arXiv:1409.3215. Without attention there is nothing to copy from either.

summarizer train --preset no_attention --data SPEC
"""

from summarizer.config import Config, Part
from summarizer.presets._base import variant


def config() -> Config:
    """Return the configuration."""
    return variant("no_attention", attention=Part("none"), pointer=False)
