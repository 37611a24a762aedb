"""Settings as text: one at a time from a command line, all together as JSON."""

import dataclasses
import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args, get_type_hints

from summarizer.config import aliases
from summarizer.config.settings import Config, Part, check, flatten
from summarizer.errors import ConfigError, ModelError, did_you_mean


def apply_settings(config: Config, settings: Iterable[str]) -> Config:
    """Apply settings written as `a.b=value`.

    Raises:
        ConfigError: not of that form, an unknown name (the nearest is named), a bad value.
    """
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals:
            raise ConfigError(f"setting {setting!r} is not of the form name=value")
        path = aliases.current_path(path)
        config = _replace(config, path.split("."), text, path)
    return check(config)


def _replace(node: Any, keys: list[str], text: str, path: str) -> Any:
    key, rest = keys[0], keys[1:]
    if isinstance(node, Part):
        if rest:
            raise ConfigError(f"unknown setting {path!r}: options of a part have no parts")
        return Part(node.name, {**node.options, key: _literal(text)})
    known = [f.name for f in dataclasses.fields(node)]
    if key not in known:
        raise ConfigError(f"unknown setting {path!r}: {did_you_mean(key, known)}")
    value = getattr(node, key)
    if rest and not dataclasses.is_dataclass(value):
        raise ConfigError(f"unknown setting {path!r}: {key!r} has no settings below it")
    if rest:
        new: Any = _replace(value, rest, text, path)
    elif isinstance(value, Part):
        new = Part(text)
    elif dataclasses.is_dataclass(value):
        raise ConfigError(
            f"{path!r} is a group: {did_you_mean('', [k for k, _ in flatten(value)])}"
        )
    else:
        new = _convert(text, type(value), path)
    return dataclasses.replace(node, **{key: new})


def _literal(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _convert(value: Any, kind: type, path: str) -> Any:
    """Make a value of a setting's type from JSON or from the text of a command line."""
    value = _literal(value) if isinstance(value, str) and kind is not str else value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if kind is int and isinstance(value, float) and value.is_integer():
        value = int(value)  # 1e5
    if type(value) is not kind:
        raise ConfigError(f"{path}={value!r}: must be a value of type {kind.__name__}")
    return value


def parse_duration(text: str) -> float:
    """Read a time written as `90s`, `30m` or `2h`; return minutes.

    Raises:
        ConfigError: it is written otherwise, or nothing.
    """
    number, unit = text[:-1], {"s": 1 / 60, "m": 1.0, "h": 60.0}.get(text[-1:])
    try:
        found = float(number) * (unit or math.nan)
    except ValueError:
        found = math.nan
    if not 0 < found < math.inf:
        raise ConfigError(f"--budget {text}: write a time like 90s, 30m or 2h")
    return found


def to_json(config: Config) -> str:
    """Write a configuration as indented JSON with a line end."""
    return json.dumps(dataclasses.asdict(config), indent=2) + "\n"


def load_config(path: Path) -> Config:
    """Read a model's configuration; plugins are not looked at, so Keras is not imported.

    Raises:
        ModelError: the file is missing, cut, or has settings that this version does not know.
    """
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from None
    except (ConfigError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: {error}") from None


def from_json(text: str) -> Config:
    """Read a configuration, refusing what it does not know.

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


def _from_tree(cls: Any, tree: Any, prefix: str) -> Any:
    if not isinstance(tree, Mapping):
        raise ConfigError(f"configuration {prefix or 'file'!r}: must be an object")
    types = get_type_hints(cls)
    for key in tree:
        if key not in types:
            raise ConfigError(f"unknown setting {prefix + key!r}: {did_you_mean(key, types)}")
    values = {}
    for key, value in tree.items():
        kind = types[key]
        if dataclasses.is_dataclass(kind):
            values[key] = _from_tree(kind, value, f"{prefix}{key}.")
        elif get_args(kind):  # the options of a part
            if not isinstance(value, Mapping):
                raise ConfigError(f"{prefix + key}={value!r}: must be an object")
            values[key] = dict(value)
        else:
            values[key] = _convert(value, kind, prefix + key)
    try:
        return cls(**values)
    except TypeError:  # only a part has a field without a default
        raise ConfigError(f"configuration {prefix.rstrip('.')!r}: has no 'name'") from None


def config_hash(config: Config) -> str:
    """Return 16 hexadecimal digits that differ where any setting differs."""
    tree = aliases.old_tree(dataclasses.asdict(config))
    return hashlib.sha256((json.dumps(tree, indent=2) + "\n").encode()).hexdigest()[:16]
