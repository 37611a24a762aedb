"""A gate on the encoder's outputs: a summary drops most of what it reads, and this is where.

summarizer train --preset selective --data SPEC

Source: Zhou et al. (2017), arXiv:1704.07073 (SEASS).
"""

from summarizer.config import Config, Part
from summarizer.presets._base import WIDTH, variant


def config() -> Config:
    """Return the configuration."""
    return variant("selective", encoder=Part("selective", {"width": WIDTH}))
