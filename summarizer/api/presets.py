"""Presets, and overrides of their settings."""

import dataclasses
from collections.abc import Sequence

from summarizer import config as configuration
from summarizer import plugins
from summarizer.api.fine_tuning import inherit_model_settings
from summarizer.config import Config


def list_presets() -> list[tuple[str, str]]:
    """Return the name and the description of each preset."""
    presets = []
    for name in plugins.names("preset"):
        lines = (plugins.load("preset", name).__doc__ or name).splitlines()
        presets.append((name, lines[0]))
    return presets


def load_preset(name: str) -> Config:
    """Return the configuration of a preset.

    Raises:
        ConfigError: no such preset; names the nearest.
    """
    config: Config = plugins.load("preset", name).config()
    return config


def apply_overrides(config: Config, settings: Sequence[str]) -> Config:
    """Apply `a.b=value` overrides.

    If they set `train.init`, inherit that model's architecture and vocabulary.

    Raises:
        SummarizerError: a setting, or the model of `train.init`, cannot be used.
    """
    changed = configuration.apply_settings(config, settings)
    if not changed.train.init:
        return changed
    inherited = inherit_model_settings(config, changed.train.init, changed.train.init_parts)
    changed = configuration.apply_settings(inherited, settings)
    start = inherited.train.init  # not the name of a model that is no longer shipped
    return dataclasses.replace(changed, train=dataclasses.replace(changed.train, init=start))
