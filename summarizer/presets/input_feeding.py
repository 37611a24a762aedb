"""Input feeding: the decoder cell sees the attention result of the previous position.

Each choice can thus depend on the earlier ones. The price: training computes positions one after
another. Luong et al. (2015), arXiv:1508.04025, section 3.3.

summarizer train --preset input_feeding --data SPEC
"""

from summarizer.config import Config
from summarizer.presets._base import variant


def config() -> Config:
    """Return the configuration."""
    return variant("input_feeding", input_feeding=True)
