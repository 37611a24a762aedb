"""Deep encoder: three layers in both directions, with residual connections.

Residual connections keep the gradient from fading in the lower layers.

summarizer train --preset deep --data SPEC

Source: Wu et al. (2016), arXiv:1609.08144, section 3.1.
"""

from summarizer.config import Config, Part
from summarizer.presets._base import WIDTH, variant


def config() -> Config:
    """Return the configuration."""
    return variant("deep", encoder=Part("bidirectional", {"width": WIDTH, "layers": 3}))
