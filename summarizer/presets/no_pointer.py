"""Without the pointer: every piece comes from the vocabulary; what copying gains shows against it.

Rush et al. (2015), arXiv:1509.00685, wrote so; See et al. (2017), arXiv:1704.04368, added copying
against names and numbers that come out wrong.

summarizer train --preset no_pointer --data SPEC
"""

from summarizer.config import Config
from summarizer.presets._base import variant


def config() -> Config:
    """Return the configuration."""
    return variant("no_pointer", pointer=False)
