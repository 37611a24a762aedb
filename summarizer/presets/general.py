"""General attention (Luong): a learned matrix compares decoder and encoder.

Dot attention, in contrast, requires both to use one space. Luong et al. (2015), arXiv:1508.04025,
eq. 8.

summarizer train --preset general --data SPEC
"""

from summarizer.config import Config, Part
from summarizer.presets._base import variant


def config() -> Config:
    """Return the configuration."""
    return variant("general", attention=Part("general"))
