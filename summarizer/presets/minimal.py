"""minLSTM cells: gates do not see the state, so all steps run in parallel (Feng et al. 2024).

summarizer train --preset minimal --data SPEC
"""

from summarizer.config import Config
from summarizer.presets._base import cell_variant


def config() -> Config:
    """Return the configuration."""
    return cell_variant("min_lstm", name="minimal")
