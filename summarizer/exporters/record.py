"""`export.json`: what the last export of a model folder measured."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from summarizer.errors import ModelError
from summarizer.storage import atomic_write

FILE = "export.json"


def read_export_record(folder: Path) -> dict[str, Any]:
    """Return the record of `model.onnx`, with that of `saved_model/` under its name; {}: no file.

    Raises:
        ModelError: the file is truncated or not JSON.
    """
    path = folder / FILE
    try:
        record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: not JSON ({error}); remove it, and export again") from None
    if not isinstance(record, dict):
        raise ModelError(f"{path}: not an object; remove it, and export again")
    return record


def write_export_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write the record of a model folder.

    Raises:
        ModelError: the file cannot be written.
    """
    atomic_write(folder / FILE, (json.dumps(record, indent=2) + "\n").encode())
