"""GRU cells: gated like an LSTM, with two gates and no cell state (Cho et al. 2014).

summarizer train --preset gru --data SPEC
"""

from summarizer.config import Config
from summarizer.presets._base import cell_variant


def config() -> Config:
    """Return the configuration."""
    return cell_variant("gru")
