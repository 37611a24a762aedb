"""Input feeding: the cell sees what was attended to last, so that choices know of those before.

Luong et al. (2015), arXiv:1508.04025, section 3.3. The price: positions come one after another.

summarizer train --preset input_feeding --data SPEC
"""

from summarizer.config import Config
from summarizer.presets._base import variant


def config() -> Config:
    """Return the configuration."""
    return variant("input_feeding", input_feeding=True)
