"""Self-attentive encoder: each token attends to all others after the recurrence.

Tokens that are far apart meet in one step instead of many.

summarizer train --preset self_attentive --data SPEC

Source: Vaswani et al. (2017), arXiv:1706.03762, over the outputs of a recurrence.
"""

from summarizer.config import Config, Part
from summarizer.presets._base import WIDTH, variant


def config() -> Config:
    """Return the configuration."""
    return variant(
        "self_attentive", encoder=Part("self_attentive", {"width": WIDTH, "keys": WIDTH})
    )
