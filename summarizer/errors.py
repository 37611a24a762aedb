"""User-facing errors. Each message is a single line.

The tree::

    SummarizerError          exit code 1
    ├── InputError           a text or data file that cannot be used
    ├── ConfigError          an unknown or impossible setting
    ├── ModelError           a model folder that cannot be used
    └── TrainingError        a run that cannot continue (non-finite loss, XLA not available)

Any other exception is a defect of the program and shows a traceback.
"""

import difflib
import functools
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])
Record = TypeVar("Record", bound=type)


class SummarizerError(Exception):
    """A user's error; its text is the one line that the command line prints."""


class InputError(SummarizerError):
    """A text or data file that cannot be used; names the file, the line and the reason."""


class ConfigError(SummarizerError):
    """A setting, preset, source or plugin that is unknown or impossible."""


class ModelError(SummarizerError):
    """A model folder in which a file is missing, damaged or of another model."""


class TrainingError(SummarizerError):
    """A training run that cannot continue."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of an error message: the nearest of the known names, then all of them."""
    names = sorted(known)
    nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]!r}? " if nearest else ""
    return f"{hint}known: {', '.join(names) if names else 'none'}"


def warn_renamed(old: str, new: str, depth: int = 3) -> None:
    """Warn that a Python name is deprecated.

    Args:
        old: the name that was used.
        new: the name to use instead.
        depth: number of stack frames from this function to the caller's code.
    """
    warnings.warn(f"{old} is now {new}", DeprecationWarning, stacklevel=depth)


def renamed_arguments(names: Mapping[str, str], label: str = "") -> Callable[[Function], Function]:
    """Return a decorator with which a function accepts old names of its arguments.

    Old names work as keywords, with a DeprecationWarning.

    Args:
        names: old name → new name.
        label: name of the function in the warning; "": its own name.
    """

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def call(*args: Any, **values: Any) -> Any:
            for old in names.keys() & values.keys():
                warn_renamed(f"{label or function.__name__}({old}=)", names[old])
                values[names[old]] = values.pop(old)
            return function(*args, **values)

        return cast(Function, call)

    return decorate


def renamed_fields(names: Mapping[str, str]) -> Callable[[Record], Record]:
    """Return a decorator with which a dataclass accepts old names of its fields.

    Old names work as keywords and as attributes, with a DeprecationWarning.

    Args:
        names: old name → new name.
    """

    def decorate(cls: Record) -> Record:
        make = renamed_arguments(names, cls.__name__)(cls.__init__)  # type: ignore[misc]
        cls.__init__ = make  # type: ignore[misc]
        for old, new in names.items():
            setattr(cls, old, property(functools.partial(_read_renamed, cls.__name__, old, new)))
        return cls

    return decorate


def _read_renamed(cls: str, old: str, new: str, record: object) -> Any:
    warn_renamed(f"{cls}.{old}", new)
    return getattr(record, new)
