"""Train, measure and ship small abstractive summarizers.

`from summarizer import Summarizer` summarizes; `train`, `evaluate` and `export` do what the
commands of the same names do. Names are loaded on first use, so that importing this package imports
neither TensorFlow nor Keras.
"""

import importlib
from typing import Any

from summarizer.api import renamed_modules
from summarizer.errors import warn_renamed

__version__ = "0.1.0"

# Public name: the module that defines it.
_MODULES = {
    "Config": "summarizer.config",
    "Summarizer": "summarizer.api.summarizer",
    "TextGenerator": "summarizer.api.text_generator",
    "TrainingRun": "summarizer.api.train",
    "evaluate": "summarizer.api.evaluate",
    "export": "summarizer.api.export",
    "read_document": "summarizer.documents.read",
    "train": "summarizer.api.train",
}
_RENAMED = {"Run": "TrainingRun", "read": "read_document"}
__all__ = sorted(_MODULES)

renamed_modules.install()


def __getattr__(name: str) -> Any:
    new = _RENAMED.get(name, name)
    if new not in _MODULES:
        raise AttributeError(f"module 'summarizer' has no attribute {name!r}")
    if new != name:
        warn_renamed(f"summarizer.{name}", f"summarizer.{new}")
    return getattr(importlib.import_module(_MODULES[new]), new)
