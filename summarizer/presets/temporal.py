"""Temporal attention: tokens that were attended to before count less, against repetition.

Nallapati et al. (2016), arXiv:1602.06023; Paulus et al. (2017), arXiv:1705.04304, eq. 2 to 4.

summarizer train --preset temporal --data SPEC
"""

from summarizer.config import Config, Part
from summarizer.presets._base import variant


def config() -> Config:
    """Return the configuration."""
    return variant("temporal", attention=Part("temporal"))
