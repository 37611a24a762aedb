"""The folder is the menu: a cell, attention, encoder, source or strategy is one file in its folder.

Such a file defines `Options`, a frozen dataclass, and what its kind asks for (`build(options)`
for the parts of a model, `examples(options, split)` for a source, `config()` for a preset).
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


# Kind → old name of a part: its new name, which is also taken in settings.
RENAMED = {
    "encoder": {"nothing": "none", "memory": "memory_augmented"},
    "cell": {"minimal": "min_lstm"},
}


def names(kind: str) -> list[str]:
    """List what the folder of a kind offers, in alphabetical order, importing none of it."""
    package = importlib.import_module(FOLDERS[kind])
    return sorted(m.name for m in pkgutil.iter_modules(package.__path__) if m.name[0] != "_")


def load(kind: str, name: str) -> ModuleType:
    """Import the file of that name.

    Raises:
        ConfigError: no such file; names the nearest.
    """
    name = RENAMED.get(kind, {}).get(name, name)
    if name not in names(kind):
        raise ConfigError(f"unknown {kind} {name!r}: {did_you_mean(name, names(kind))}")
    return importlib.import_module(f"{FOLDERS[kind]}.{name}")


def options(kind: str, name: str, /, **values: Any) -> Any:
    """Make the options of a plugin, checked against its fields.

    Raises:
        ConfigError: an unknown name, an unknown option (names the nearest) or a bad value.
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
    """Build a part from its file: `build("cell", "lstm", inputs, width=256)`.

    `sizes` are what the model gives it: the widths of its inputs.
    """
    return load(kind, name).build(options(kind, name, **values), *sizes)
