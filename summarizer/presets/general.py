"""General attention: a learned matrix compares, so the two sides need not speak the same language.

Against dot attention, which forces encoder and decoder into one space: Luong et al. (2015),
arXiv:1508.04025, eq. 8.

summarizer train --preset general --data SPEC
"""

from summarizer.config import Config, Part
from summarizer.presets._base import variant


def config() -> Config:
    """Return the configuration."""
    return variant("general", attention=Part("general"))
