"""Train, measure and ship small abstractive summarizers.

`from summarizer import Summarizer` summarizes; `train`, `evaluate` and `export` do what the
commands of the same names do. Names are loaded when first used, so importing this package imports
neither TensorFlow nor Keras.
"""

from typing import Any

__version__ = "0.1.0"
__all__ = ["Config", "Run", "Summarizer", "evaluate", "export", "read", "train"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'summarizer' has no attribute {name!r}")
    from summarizer import api

    return getattr(api, name)
