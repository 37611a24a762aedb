"""minLSTM (Feng et al. 2024): no product with the state, so all steps at once.

summarizer train --preset minimal --data SPEC
"""

from summarizer.config import Config
from summarizer.presets._base import celled


def config() -> Config:
    """Return the configuration."""
    return celled("min_lstm")
