"""The files of a report: `report.json`, `predictions.jsonl` with one line a document, a page.

`docs/reference/report.md` describes them. `SCHEMA` changes whenever their form does.
"""

import contextlib
import dataclasses
import errno
import json
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from summarizer.errors import InputError, SummarizerError
from summarizer.types import Report

SCHEMA = 2
REPORT, PREDICTIONS, PAGE = "report.json", "predictions.jsonl", "report.html"

_DEPTHS = {"scores": 2, "baselines": 3, "differences": 3}  # levels of names above the numbers


def reserve_folder(folder: str | Path) -> None:
    """Create the folder of a report, and refuse a folder that cannot be written to.

    Raises:
        SummarizerError: the folder cannot be created or written to.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for path in (Path(folder) / name for name in (REPORT, PREDICTIONS, PAGE)):
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, f"{path.name} is a directory")
        part = Path(folder) / f"{REPORT}.part"
        part.touch()
        part.unlink()
    except OSError as error:
        raise _write_error(Path(folder), error) from None


def write_report(report: Report, folder: str | Path, page: str = "") -> None:
    """Write `report.json`, and `predictions.jsonl` with one line an example.

    All files are written aside and then renamed; until then the folder keeps what it had.

    Args:
        report: the report.
        folder: its folder; created if it is missing.
        page: text of `report.html`; "": no page is written.

    Raises:
        SummarizerError: the folder cannot be written to, or the disk is full.
    """
    summary = dataclasses.asdict(dataclasses.replace(report, per_example=[]))
    del summary["per_example"]
    text = json.dumps({"schema": SCHEMA, **summary}, indent=2, ensure_ascii=False)
    records = (json.dumps(record, ensure_ascii=False) for record in report.per_example)
    files = {REPORT: [text], PREDICTIONS: records} | ({PAGE: [page]} if page else {})
    _write_together(Path(folder), files)


def _write_together(folder: Path, files: Mapping[str, Iterable[str]]) -> None:
    """Write the lines of several files aside, and rename all when all are complete."""
    parts = {folder / f"{name}.part": folder / name for name in files}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for part, lines in zip(parts, files.values(), strict=True):
            # A lone surrogate has no UTF-8; its backslash form is what JSON writes for it.
            with open(part, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
                file.writelines(f"{line}\n" for line in lines)
        for part, path in parts.items():
            os.replace(part, path)
    except OSError as error:
        raise _write_error(folder, error) from None
    finally:
        for part in parts:
            with contextlib.suppress(OSError):
                part.unlink()


def _write_error(folder: Path, error: OSError) -> SummarizerError:
    return SummarizerError(f"{folder}: cannot write the report: {error.strerror or error}")


def load_report(folder: str | Path) -> Report:
    """Read the files that `write_report` wrote.

    Raises:
        InputError: a file is missing, truncated, damaged or of another schema, or the files do not
            belong together.
    """
    path = Path(folder) / REPORT
    try:
        report = _parse_report(_read(path))
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
    path = Path(folder) / PREDICTIONS
    for number, line in enumerate(_read(path).removesuffix("\n").split("\n"), 1):
        try:
            report.per_example.append(_parse_record(line, report.scores))
        except ValueError as error:
            raise InputError(f"{path}, line {number}: {error}") from None
    if len(report.per_example) != report.examples:
        counts = f"{len(report.per_example)} documents, {REPORT} says {report.examples}"
        raise InputError(f"{path}: has {counts}: truncated, or of another report")
    for metric, score in report.scores.items():
        mean = math.fsum(record[metric] for record in report.per_example) / report.examples
        if not math.isclose(mean, score["mean"], rel_tol=1e-6, abs_tol=1e-6):
            means = f"a mean {metric} of {mean:.2f}, {REPORT} says {score['mean']:.2f}"
            raise InputError(f"{path}: has {means}: of another report")
    return report


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8") from None


def _parse_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"truncated, or not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object, {…}")
    return value


def _parse_report(text: str) -> Report:
    """Return a report without its records."""
    fields = _parse_object(text)
    if "signature" not in fields:
        raise ValueError("not the report of an evaluation")
    version = fields.pop("schema", 1)
    if version != SCHEMA:
        raise ValueError(f"has schema {version}; this version reads {SCHEMA}: evaluate again")
    try:
        report = Report(**fields, per_example=[])
    except TypeError as error:  # a field is missing or unknown
        raise ValueError(f"not a report of this version: {error}") from None
    valid = isinstance(report.signature, str)
    valid = valid and all(_holds_scores(fields[name], depth) for name, depth in _DEPTHS.items())
    if not valid:
        raise ValueError("its scores do not have the right form")
    return report


def _holds_scores(value: object, depth: int) -> bool:
    """Return whether all leaves, `depth` names deep, are numbers with mean, low and high."""
    if not isinstance(value, dict):
        return False
    if depth > 1:
        return all(_holds_scores(inner, depth - 1) for inner in value.values())
    return {"mean", "low", "high"} <= value.keys() and all(map(_is_number, value.values()))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _parse_record(line: str, metrics: Iterable[str]) -> dict[str, Any]:
    record = _parse_object(line)
    for name in ("id", "prediction", "reference"):
        if not isinstance(record.get(name), str):
            raise ValueError(f"{name!r} is missing, or not a text")
    for name in metrics:
        if not _is_number(record.get(name)):
            raise ValueError(f"{name!r} is missing, or not a number")
    return record
