"""Arrays in one file, written aside and renamed, so that the last good one always stays."""

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from summarizer.errors import ModelError


def save_arrays(path: Path, arrays: dict[str, Any], place: dict[str, Any]) -> None:
    """Write arrays and a place (anything JSON holds).

    Raises:
        ModelError: the disk is full or cannot be written; what was there stays.
    """
    aside = path.with_name(path.name + ".part")
    try:
        with open(aside, "wb") as file:
            everything: dict[str, Any] = dict(arrays)
            everything["place.json"] = np.frombuffer(json.dumps(place).encode(), np.uint8)
            np.savez(file, **everything)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise ModelError(f"{path}: cannot be written: {error.strerror}") from None
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def load_checkpoint(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read arrays and the place.

    Raises:
        ModelError: missing, cut or not such a file.
    """
    try:
        # Opened here: NumPy leaves a file open that it finds to be cut.
        with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        place = json.loads(arrays.pop("place.json").tobytes())
    except FileNotFoundError:
        raise ModelError(f"{path}: no such file") from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path}: cut or not a checkpoint ({error})") from None
    return arrays, place
