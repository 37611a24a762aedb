"""Documented names of modules that moved: they are still imported, with a DeprecationWarning."""

import functools
import importlib
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from summarizer.errors import warn_renamed

# Old name of a module: the documented names in it, and what each is called now.
RENAMED = {
    "comparison.systems": {"compare": "comparison.compare_reports.compare_reports"},
    "decoding.explaining": {"explain": "decoding.provenance.trace_provenance"},
    "documents.claims": {"unsupported": "text.numbers_and_names.unsupported"},
    "evaluation.report": {
        "Measured": "evaluation.evaluate.SystemScores",
        "Report": "types.Report",
        "load": "evaluation.report_files.load_report",
        "table": "evaluation.report_table.report_table",
    },
    "evaluation.rouge": {"details": "metrics.rouge.score_details"},
    "evaluation.significance": {"permutation": "metrics.significance.permutation_test"},
    "experiment": {"record_words": "api.prepare_data.build_lowercase_index"},
    "generating": {"Generator": "api.text_generator.TextGenerator"},
    "validating": {"validation_loss": "training.validators.validation_loss"},
}
_PACKAGE = "summarizer."


class _Finder:
    """Finds the modules of `RENAMED`; a finder and loader of the import system."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Return the specification of an old module; None: the name is not one."""
        is_renamed = name.removeprefix(_PACKAGE) in RENAMED and name.startswith(_PACKAGE)
        return ModuleSpec(name, _Finder) if is_renamed else None  # type: ignore[arg-type]

    @staticmethod
    def create_module(spec: ModuleSpec) -> None:
        """Let the import system create the module."""

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        """Let the module give its old names."""
        module.__dict__["__getattr__"] = functools.partial(_attribute, module.__name__)


def _attribute(module: str, name: str) -> Any:
    target = RENAMED[module.removeprefix(_PACKAGE)].get(name)
    if target is None:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    warn_renamed(f"{module}.{name}", _PACKAGE + target)
    new_module, _, new_name = target.rpartition(".")
    return getattr(importlib.import_module(_PACKAGE + new_module), new_name)


def install() -> None:
    """Let the old names be imported; they are tried last."""
    if _Finder not in sys.meta_path:
        sys.meta_path.append(_Finder)
