"""Find, check and build parts by name; each part is one file in the folder of its kind.

A cell, attention, encoder, source, strategy or preset is a file whose name is the name of the part.
It defines `Options`, a frozen dataclass of settings, and what its kind requires: `build(options,
...)` for a part of a model, `examples(options, split)` for a source, `config()` for a preset (which
has no options).
"""

import dataclasses
import importlib
import pkgutil
from types import ModuleType
from typing import Any

from summarizer.errors import ConfigError, did_you_mean

FOLDERS = {
    "cell": "summarizer.model.cells",
    "attention": "summarizer.model.attention",
    "encoder": "summarizer.model.encoders",
    "source": "summarizer.datasets.sources",
    "strategy": "summarizer.decoding.strategies",
    "preset": "summarizer.presets",
}

# Kind → old name of a part → its new name. Old names are still accepted.
RENAMED = {
    "encoder": {"nothing": "none", "memory": "memory_augmented"},
    "cell": {"minimal": "min_lstm"},
}


def names(kind: str) -> list[str]:
    """Return the names of all parts of a kind, in alphabetical order, without importing them."""
    package = importlib.import_module(FOLDERS[kind])
    return sorted(m.name for m in pkgutil.iter_modules(package.__path__) if m.name[0] != "_")


def load(kind: str, name: str) -> ModuleType:
    """Import the file of a part.

    Raises:
        ConfigError: there is no such part; names the nearest.
    """
    name = RENAMED.get(kind, {}).get(name, name)
    if name not in names(kind):
        raise ConfigError(f"unknown {kind} {name!r}: {did_you_mean(name, names(kind))}")
    return importlib.import_module(f"{FOLDERS[kind]}.{name}")


def options(kind: str, name: str, /, **values: Any) -> Any:
    """Return the `Options` of a part, with the given values.

    Raises:
        ConfigError: an unknown part, an unknown option (names the nearest) or a bad value.
    """
    cls = load(kind, name).Options
    known = [f.name for f in dataclasses.fields(cls)]
    for key in values:
        if key not in known:
            raise ConfigError(f"{kind} {name!r} has no option {key!r}: {did_you_mean(key, known)}")
    try:
        return cls(**values)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{kind} {name!r}: {error}") from None


def build(kind: str, name: str, /, *sizes: int, **values: Any) -> Any:
    """Build a part of a model: `build("cell", "lstm", inputs, width=256)`.

    Args:
        kind: a key of `FOLDERS`.
        name: of the part.
        sizes: given by the model: the widths of what the part reads.
        values: options of the part.

    Raises:
        ConfigError: see `options`; also sizes that do not fit.
    """
    return load(kind, name).build(options(kind, name, **values), *sizes)
