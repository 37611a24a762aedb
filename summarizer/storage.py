"""Files written aside and renamed, so that a reader never sees half of one."""

import os
from pathlib import Path

from summarizer.errors import ModelError


def atomic_write(path: Path, data: bytes) -> None:
    """Write a file aside and rename it.

    Raises:
        ModelError: the file cannot be written; nothing is left behind.
    """
    aside = path.with_name(path.name + ".part")
    try:
        aside.write_bytes(data)
        os.replace(aside, path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise ModelError(f"{path}: cannot be written: {error.strerror}") from None
