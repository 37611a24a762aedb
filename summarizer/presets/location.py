"""Location-aware attention: sees where the previous position attended and can move on from there.

Chorowski et al. (2015), arXiv:1506.07503, eq. 8 and 9.

summarizer train --preset location --data SPEC
"""

from summarizer.config import Config, Part
from summarizer.presets._base import WIDTH, variant


def config() -> Config:
    """Return the configuration."""
    return variant("location", attention=Part("location", {"width": WIDTH}))
