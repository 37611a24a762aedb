"""What a user does: one function or class in each module. Old names of functions are found here."""

import importlib
from typing import Any

from summarizer.errors import warn_renamed

# Old name: the module and the name of the function now.
_RENAMED = {
    "configured": ("presets", "apply_overrides"),
    "fine_tuned": ("fine_tuning", "inherit_model_settings"),
    "join": ("ensemble", "create_ensemble"),
    "model_folder": ("shipped_model", "find_model"),
    "preset": ("presets", "load_preset"),
    "score": ("evaluate", "evaluate_predictions"),
    "sizes": ("verify_export", "compare_weight_formats"),
    "verify": ("verify_export", "verify_export"),
}


def __getattr__(name: str) -> Any:
    if name not in _RENAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, new = _RENAMED[name]
    warn_renamed(f"summarizer.api.{name}", f"summarizer.api.{module}.{new}")
    return getattr(importlib.import_module(f"{__name__}.{module}"), new)
