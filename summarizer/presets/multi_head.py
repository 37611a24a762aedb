"""Multi-head attention: four scaled dot-product attentions side by side.

Vaswani et al. (2017), arXiv:1706.03762, section 3.2; `--set model.attention.heads=1` gives a single
scaled dot product.

summarizer train --preset multi_head --data SPEC
"""

from summarizer.config import Config, Part
from summarizer.presets._base import WIDTH, variant


def config() -> Config:
    """Return the configuration."""
    return variant("multi_head", attention=Part("multi_head", {"heads": 4, "width": 2 * WIDTH}))
