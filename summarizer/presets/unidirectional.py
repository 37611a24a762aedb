"""Unidirectional encoder: the document is read from the first token to the last only.

Each token is encoded with the text before it, not after it; compare with `lstm` to see what the
other direction adds. Sutskever, Vinyals, Le (2014), arXiv:1409.3215.

summarizer train --preset unidirectional --data SPEC
"""

from summarizer.config import Config, Part
from summarizer.presets._base import WIDTH, variant


def config() -> Config:
    """Return the configuration."""
    return variant("unidirectional", encoder=Part("unidirectional", {"width": 2 * WIDTH}))
