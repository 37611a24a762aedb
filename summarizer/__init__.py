"""Train, measure and ship small abstractive summarizers.

`from summarizer import Summarizer` summarizes; `train`, `evaluate` and `export` do what the
commands of the same names do. Names are loaded on first use, so that importing this package imports
neither TensorFlow nor Keras.
"""

import importlib
from typing import Any

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
__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'summarizer' has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)
