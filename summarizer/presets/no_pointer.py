"""No pointer: every token is generated from the vocabulary, none is copied.

Compare it with `lstm` to see what copying adds. Rush et al. (2015), arXiv:1509.00685, had no
pointer; See et al. (2017), arXiv:1704.04368, added one against wrong names and numbers.

summarizer train --preset no_pointer --data SPEC
"""

from summarizer.config import Config
from summarizer.presets._base import variant


def config() -> Config:
    """Return the configuration."""
    return variant("no_pointer", pointer=False)
