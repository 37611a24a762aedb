"""What describes a run: its settings, and their text."""

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
from summarizer.config.text import fingerprint, from_json, load, minutes, override, to_json

__all__ = [
    "Config", "DataConfig", "DecodeConfig", "ModelConfig", "Part", "TrainConfig",
    "VocabularyConfig", "check", "fingerprint", "flatten", "from_json", "load", "minutes",
    "override", "to_json",
]  # fmt: skip
