"""Settings as text on a command line: `a.b=value`, and durations."""

import dataclasses
import json
import math
from collections.abc import Iterable
from typing import Any

from summarizer.config import aliases
from summarizer.config.checks import check
from summarizer.config.settings import Config, Part, flatten
from summarizer.errors import ConfigError, did_you_mean


def apply_settings(config: Config, settings: Iterable[str]) -> Config:
    """Return the configuration with settings changed, each written as `a.b=value`.

    Raises:
        ConfigError: not of that form, an unknown name (the nearest is named) or a bad value.
    """
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals:
            raise ConfigError(f"setting {setting!r} is not of the form name=value")
        path = aliases.current_path(path)
        config = _replace(config, path.split("."), text, path)
    return check(config)


def _replace(node: Any, keys: list[str], text: str, path: str) -> Any:
    """Return a configuration, section or part with one setting changed.

    Args:
        node: what is changed.
        keys: the name of the setting, relative to the node.
        text: the new value.
        path: the whole name of the setting, for messages.
    """
    key, deeper_keys = keys[0], keys[1:]
    if isinstance(node, Part):
        if deeper_keys:
            raise ConfigError(f"unknown setting {path!r}: options of a part have no parts")
        return Part(node.name, {**node.options, key: parse_literal(text)})
    known = [f.name for f in dataclasses.fields(node)]
    if key not in known:
        raise ConfigError(f"unknown setting {path!r}: {did_you_mean(key, known)}")
    value = getattr(node, key)
    if deeper_keys and not dataclasses.is_dataclass(value):
        raise ConfigError(f"unknown setting {path!r}: {key!r} has no settings below it")
    if deeper_keys:
        new: Any = _replace(value, deeper_keys, text, path)
    elif isinstance(value, Part):
        new = Part(text)
    elif dataclasses.is_dataclass(value):
        names = [name for name, _ in flatten(value)]
        raise ConfigError(f"{path!r} is a group: {did_you_mean('', names)}")
    else:
        new = convert(text, type(value), path)
    return dataclasses.replace(node, **{key: new})


def parse_literal(text: str) -> Any:
    """Read a value as JSON, or as text if it is not JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def convert(value: Any, kind: type, path: str) -> Any:
    """Return a value of JSON or of a command line in the type of its setting.

    Raises:
        ConfigError: the value is not of that type.
    """
    value = parse_literal(value) if isinstance(value, str) and kind is not str else value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if kind is int and isinstance(value, float) and value.is_integer():
        value = int(value)  # 1e5
    if type(value) is not kind:
        raise ConfigError(f"{path}={value!r}: must be a value of type {kind.__name__}")
    return value


def parse_duration(text: str) -> float:
    """Return the minutes of a duration written as `90s`, `30m` or `2h`.

    Raises:
        ConfigError: not of that form, or not above 0.
    """
    number, unit = text[:-1], {"s": 1 / 60, "m": 1.0, "h": 60.0}.get(text[-1:])
    try:
        minutes = float(number) * (unit or math.nan)
    except ValueError:
        minutes = math.nan
    if not 0 < minutes < math.inf:
        raise ConfigError(f"--budget {text}: write a time like 90s, 30m or 2h")
    return minutes
