"""Plain recurrent network (Elman 1990): what all cells with gates were invented against.

summarizer train --preset rnn --data SPEC
"""

from summarizer.config import Config
from summarizer.presets._base import celled


def config() -> Config:
    """Return the configuration."""
    return celled("rnn")
