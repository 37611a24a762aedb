"""What describes a run: its settings, and their text."""

from summarizer.config.serialize import (
    apply_settings,
    config_hash,
    from_json,
    load_config,
    parse_duration,
    to_json,
)
from summarizer.config.settings import (
    Config,
    DataConfig,
    DecodeConfig,
    ModelConfig,
    Part,
    TrainConfig,
    VocabularyConfig,
    check,
    flatten,
)

__all__ = [
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
]  # fmt: skip
