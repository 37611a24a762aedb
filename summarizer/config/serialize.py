"""A configuration as JSON, and its hash."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_type_hints

from summarizer.config import aliases
from summarizer.config.overrides import convert
from summarizer.config.settings import Config
from summarizer.errors import ConfigError, ModelError, did_you_mean


def to_json(config: Config) -> str:
    """Return a configuration as indented JSON with a newline at the end."""
    return json.dumps(dataclasses.asdict(config), indent=2) + "\n"


def load_config(path: Path) -> Config:
    """Read a model's configuration; options of parts are not checked, so Keras is not imported.

    Raises:
        ModelError: the file is missing or damaged, or has settings unknown to this version.
    """
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from None
    except (ConfigError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: {error}") from None


def from_json(text: str) -> Config:
    """Read a configuration; settings that it leaves out have their defaults.

    Raises:
        ConfigError: not JSON, an unknown setting or a value of another type.
    """
    try:
        tree = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"configuration is not JSON: {error}") from None
    if isinstance(tree, dict):
        tree = {"schema": 1, **aliases.current_tree(tree)}
    config: Config = _from_tree(Config, tree, "")
    return config


def _from_tree(cls: type, tree: object, prefix: str) -> Any:
    """Build a dataclass of settings from parsed JSON; `prefix` is its dotted name and a dot."""
    if not isinstance(tree, Mapping):
        raise ConfigError(f"configuration {prefix or 'file'!r}: must be an object")
    types = get_type_hints(cls)
    for key in tree:
        if key not in types:
            raise ConfigError(f"unknown setting {prefix + key!r}: {did_you_mean(key, types)}")
    values = {}
    for key, value in tree.items():
        kind = types[key]
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            values[key] = _from_tree(kind, value, f"{prefix}{key}.")
        elif get_args(kind):  # a dict: options of a part, weights of sources
            if not isinstance(value, Mapping):
                raise ConfigError(f"{prefix + key}={value!r}: must be an object")
            values[key] = dict(value)
        else:
            values[key] = convert(value, kind, prefix + key)
    try:
        return cls(**values)
    except TypeError:  # only a part has a field without a default
        raise ConfigError(f"configuration {prefix.rstrip('.')!r}: has no 'name'") from None


def config_hash(config: Config) -> str:
    """Return 16 hexadecimal digits that depend on every setting.

    The hash is taken over the old names of settings, so it stays the one that reports quote.
    """
    tree = aliases.old_tree(dataclasses.asdict(config))
    return hashlib.sha256((json.dumps(tree, indent=2) + "\n").encode()).hexdigest()[:16]
