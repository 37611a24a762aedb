"""Everything a user can be told, as exceptions with one clear line each.

The tree::

    SummarizerError          exit 1
    ├── InputError           a text or data file that cannot be used
    ├── ConfigError          an unknown or impossible setting
    ├── ModelError           a model folder that cannot be used
    └── TrainingError        a run that cannot go on (non-finite loss, XLA asked for in vain)

Whatever else is raised is a defect and shows a traceback.
"""

import difflib
from collections.abc import Iterable


class SummarizerError(Exception):
    """A user's error: its text is the one line that the command line prints."""


class InputError(SummarizerError):
    """A text or data file that cannot be used; names the file, the line and the reason."""


class ConfigError(SummarizerError):
    """A setting, preset, source or plugin that is unknown or impossible."""


class ModelError(SummarizerError):
    """A model folder with a missing, cut or foreign file."""


class TrainingError(SummarizerError):
    """A training run that cannot go on."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Name the nearest of the known names, then all of them, for the end of an error's line."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{hint}known: {', '.join(names) if names else 'none'}"
