"""Presets, and settings applied to them."""

from collections.abc import Sequence

from summarizer import config as configuration
from summarizer import plugins
from summarizer.api.fine_tuning import inherit_model_settings
from summarizer.config import Config


def list_presets() -> list[tuple[str, str]]:
    """Return each preset's name and first line."""
    found = []
    for name in plugins.names("preset"):
        lines = (plugins.load("preset", name).__doc__ or name).splitlines()
        found.append((name, lines[0]))
    return found


def load_preset(name: str) -> Config:
    """Return the configuration of a preset.

    Raises:
        ConfigError: there is none of that name; the nearest is named.
    """
    config: Config = plugins.load("preset", name).config()
    return config


def apply_overrides(config: Config, settings: Sequence[str]) -> Config:
    """Apply settings written as `a.b=value`; where they name a model to start from, its network.

    Raises:
        SummarizerError: a setting, or the model that `train.init` names, cannot be used.
    """
    found = configuration.apply_settings(config, settings)
    if not found.train.init:
        return found
    return configuration.apply_settings(
        inherit_model_settings(config, found.train.init, found.train.init_parts), settings
    )
