"""The settings of a run: defaults, checks, and their forms as text and JSON."""

from typing import Any

from summarizer.config.checks import check
from summarizer.config.overrides import apply_settings, parse_duration
from summarizer.config.serialize import config_hash, from_json, load_config, to_json
from summarizer.config.settings import (
    TAGGING_TASKS,
    Config,
    DataConfig,
    DecodeConfig,
    ModelConfig,
    Part,
    TrainConfig,
    VocabularyConfig,
    flatten,
)
from summarizer.errors import warn_renamed

__all__ = [
    "TAGGING_TASKS",
    "Config",
    "DataConfig",
    "DecodeConfig",
    "ModelConfig",
    "Part",
    "TrainConfig",
    "VocabularyConfig",
    "apply_settings",
    "check",
    "config_hash",
    "flatten",
    "from_json",
    "load_config",
    "parse_duration",
    "to_json",
]

_RENAMED = {
    "override": "apply_settings",
    "fingerprint": "config_hash",
    "load": "load_config",
    "minutes": "parse_duration",
}


def __getattr__(name: str) -> Any:
    """Return a function by its old name, with a DeprecationWarning."""
    if name not in _RENAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warn_renamed(f"{__name__}.{name}", f"{__name__}.{_RENAMED[name]}")
    return globals()[_RENAMED[name]]
