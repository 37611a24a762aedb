"""Refuse settings that are impossible, alone or together."""

import math

from summarizer import plugins
from summarizer.config.settings import (
    BELOW_ONE,
    CHOICES,
    MAY_BE_ZERO,
    PART_KINDS,
    SCHEMA,
    TAGGING_TASKS,
    Config,
    flatten,
)
from summarizer.errors import ConfigError, did_you_mean


def check(config: Config) -> Config:
    """Return the configuration if every value is possible.

    Raises:
        ConfigError: names the setting, its value and what is allowed.
    """
    if config.schema not in range(1, SCHEMA + 1):
        raise ConfigError(
            f"schema={config.schema}: must be from 1 to {SCHEMA}; a higher number is of a later "
            "version of this program"
        )
    for path, value in flatten(config):
        if path in PART_KINDS:
            plugins.options(PART_KINDS[path], value.name, **value.options)
        else:
            _check_value(path, value)
    _check_limits(config)
    _check_task(config)
    if config.model.encoder.name == "none":
        _check_no_encoder(config)
    if config.model.attention.name == "none":
        _check_no_attention(config)
    return config


def _check_value(path: str, value: object) -> None:
    """Refuse a value that is not among the choices of its setting, or out of range."""
    if path in CHOICES and value not in CHOICES[path]:
        raise ConfigError(f"{path}={value}: {did_you_mean(str(value), CHOICES[path])}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if not math.isfinite(value):
        raise ConfigError(f"{path}={value}: must be a finite number")
    if value < 0 or (value == 0 and path not in MAY_BE_ZERO):
        allowed = "0 or more" if path in MAY_BE_ZERO else "above 0"
        raise ConfigError(f"{path}={value}: must be {allowed}")
    if path in BELOW_ONE and value >= 1:
        raise ConfigError(f"{path}={value}: must be below 1")


def _check_limits(config: Config) -> None:
    """Refuse numbers that exceed what other numbers allow."""
    train, decode = config.train, config.decode
    if train.scheduled_sampling > 1:
        raise ConfigError(f"train.scheduled_sampling={train.scheduled_sampling}: must be at most 1")
    if train.batch_size % train.gradient_accumulation:
        raise ConfigError(
            f"train.gradient_accumulation={train.gradient_accumulation}: must divide "
            f"train.batch_size={train.batch_size}"
        )
    if train.risk_weight and train.batch_size <= train.risk_samples:
        raise ConfigError(
            f"train.risk_samples={train.risk_samples}: must be below "
            f"train.batch_size={train.batch_size}, which a document and its samples share"
        )
    if decode.min_tokens > decode.max_tokens:
        raise ConfigError(
            f"decode.min_tokens={decode.min_tokens}: must be at most "
            f"decode.max_tokens={decode.max_tokens}"
        )


def _check_task(config: Config) -> None:
    """Refuse settings that do not go with the task."""
    data, encoder = config.data, config.model.encoder.name
    if data.task == "autoencode" and data.max_summary_tokens > data.max_document_tokens:
        raise ConfigError(
            f"data.max_summary_tokens={data.max_summary_tokens}: data.task=autoencode writes what "
            f"it read: must be at most data.max_document_tokens={data.max_document_tokens}"
        )
    for name in ("coverage_loss", "scheduled_sampling"):
        if data.task in TAGGING_TASKS and (value := getattr(config.train, name)):
            raise ConfigError(
                f"train.{name}={value}: data.task={data.task} writes no tokens: must be 0"
            )
    if config.train.risk_weight and data.task != "summarize":
        raise ConfigError(f"train.risk_weight: data.task={data.task} has no ROUGE to learn from")
    if config.train.risk_weight and config.vocabulary.kind == "words":
        raise ConfigError("train.risk_weight: not available with vocabulary.kind=words")
    for name in ("sentence_head", "word_head"):
        if getattr(config.model, name) and config.model.attention.name == "none":
            raise ConfigError(f"model.{name}=true: a head needs a model with attention")
    if data.task == "language_model" and encoder != "none":
        raise ConfigError(
            f"model.encoder={encoder}: data.task=language_model reads no document; set "
            "model.encoder=none, or start from --preset language_model"
        )
    if encoder == "none" and data.task != "language_model":
        raise ConfigError(
            f"model.encoder=none: data.task={data.task} needs an encoder of documents; set "
            "model.encoder=bidirectional or data.task=language_model"
        )


def _check_no_encoder(config: Config) -> None:
    """Refuse settings that need an encoded document."""
    attention, tying = config.model.attention.name, config.model.tying
    if attention != "none":
        raise ConfigError(
            f"model.attention={attention}: without an encoder there is no document to attend to; "
            "set model.attention=none, and model.intra_attention=true to attend to earlier outputs"
        )
    if tying in ("summary", "none"):
        raise ConfigError(
            f"model.tying={tying}: without an encoder, documents have no embeddings; set "
            "model.tying=all, or model.tying=embeddings for a separate output layer"
        )


def _check_no_attention(config: Config) -> None:
    """Refuse settings that need attention."""
    for path, value, off in (
        ("model.pointer", config.model.pointer, "false"),
        ("train.coverage_loss", config.train.coverage_loss, "0"),
        ("decode.coverage_penalty", config.decode.coverage_penalty, "0"),
    ):
        if value:
            raise ConfigError(
                f"{path}={str(value).lower()}: needs attention, but model.attention=none; "
                f"set {path}={off} or model.attention=dot"
            )
