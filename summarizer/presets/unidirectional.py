"""One direction: what an encoder was before it read both ways, as fast as the document is long.

summarizer train --preset unidirectional --data SPEC

Each piece is seen with what precedes it alone, which shows what the other direction adds. Source:
Sutskever, Vinyals, Le (2014), arXiv:1409.3215.
"""

from summarizer.config import Config, Part
from summarizer.presets._base import WIDTH, variant


def config() -> Config:
    """Return the configuration."""
    return variant("unidirectional", encoder=Part("unidirectional", {"width": 2 * WIDTH}))
