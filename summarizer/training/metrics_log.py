"""Read `metrics.jsonl`, the log of a run, while the run goes on or after it was killed."""

import json
from pathlib import Path
from typing import Any

from summarizer.errors import InputError

LogRecord = dict[str, float]  # averages over the steps since the previous record, by name
FILE = "metrics.jsonl"  # in the folder of a run


def read_log(folder: Path) -> list[LogRecord]:
    """Return the records of a run's log, oldest first; [] if there is no log.

    Raises:
        InputError: a line other than an incomplete last one is not a JSON object.
    """
    return read_records(folder / FILE)


def read_records(path: Path) -> list[dict[str, Any]]:
    """Return the JSON objects of a file, one a line; [] if there is no file.

    A last line that is not JSON is left out: a process is writing it, or was killed meanwhile.

    Raises:
        InputError: another line is not a JSON object.
    """
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    records: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
        except ValueError:
            if number == len(lines):
                break
            record = None
        if not isinstance(record, dict):
            raise InputError(f"{path}:{number}: not a JSON object")
        records.append(record)
    return records
