"""Plain recurrent cells without gates (Elman 1990).

Cells with gates were invented to avoid its vanishing gradients.

summarizer train --preset rnn --data SPEC
"""

from summarizer.config import Config
from summarizer.presets._base import cell_variant


def config() -> Config:
    """Return the configuration."""
    return cell_variant("rnn")
