"""LSTM cells whose gates see the cell state (Gers and Schmidhuber 2000).

Peepholes were invented for tasks that measure time.

summarizer train --preset peephole_lstm --data SPEC
"""

from summarizer.config import Config
from summarizer.presets._base import cell_variant


def config() -> Config:
    """Return the configuration."""
    return cell_variant("peephole_lstm")
