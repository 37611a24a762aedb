"""Keeps a report in a folder: `report.json`, `predictions.jsonl` with a line a document, a page.

`docs/reference/report.md` describes both. Another `SCHEMA` is another form of them.
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

_DEPTHS = {"scores": 2, "baselines": 3, "differences": 3}  # of names above the numbers


def reserve_folder(folder: str | Path) -> None:
    """Make the folder of a report, and refuse one that could not be written to.

    Raises:
        SummarizerError: it cannot be made or written to.
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
        raise _unwritable(Path(folder), error) from None


def write_report(report: Report, folder: str | Path, page: str = "") -> None:
    """Write `report.json`, and `predictions.jsonl` with a line for each example.

    All are written aside and then renamed: until then the folder keeps what it had.

    Args:
        report: what was found.
        folder: made where there is none.
        page: the report for a browser, `report.html`, if there is one.

    Raises:
        SummarizerError: the folder cannot be written to, or the disk is full.
    """
    summary = dataclasses.asdict(dataclasses.replace(report, per_example=[]))
    del summary["per_example"]
    written = json.dumps({"schema": SCHEMA, **summary}, indent=2, ensure_ascii=False)
    records = (json.dumps(record, ensure_ascii=False) for record in report.per_example)
    files = {REPORT: [written], PREDICTIONS: records} | ({PAGE: [page]} if page else {})
    _write_aside(Path(folder), files)


def _write_aside(folder: Path, files: Mapping[str, Iterable[str]]) -> None:
    parts = {folder / f"{name}.part": folder / name for name in files}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for part, lines in zip(parts, files.values(), strict=True):
            # Half a surrogate pair has no UTF-8; its backslash form is what JSON writes for it.
            with open(part, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
                file.writelines(f"{line}\n" for line in lines)
        for part, path in parts.items():
            os.replace(part, path)
    except OSError as error:
        raise _unwritable(folder, error) from None
    finally:
        for part in parts:
            with contextlib.suppress(OSError):
                part.unlink()


def _unwritable(folder: Path, error: OSError) -> SummarizerError:
    return SummarizerError(f"{folder}: cannot write the report: {error.strerror or error}")


def load_report(folder: str | Path) -> Report:
    """Read back what `write` wrote.

    Raises:
        InputError: a file is missing, cut, foreign or of another schema, or the two of them do
            not belong together.
    """
    path = Path(folder) / REPORT
    try:
        found = _fields(_object(_text(path)))
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
    path, records = Path(folder) / PREDICTIONS, []
    for number, line in enumerate(_text(path).removesuffix("\n").split("\n"), 1):
        try:
            records.append(_record(_object(line), found["scores"]))
        except ValueError as error:
            raise InputError(f"{path}, line {number}: {error}") from None
    report = Report(**found, per_example=records)
    if len(records) != report.examples:
        counts = f"{len(records)} documents, {REPORT} says {report.examples}"
        raise InputError(f"{path}: has {counts}: cut, or of another report")
    for metric, score in report.scores.items():
        mean = math.fsum(record[metric] for record in records) / len(records)
        if not math.isclose(mean, score["mean"], rel_tol=1e-6, abs_tol=1e-6):
            means = f"has {metric} {mean:.2f} on average, {REPORT} says {score['mean']:.2f}"
            raise InputError(f"{path}: {means}: of another report")
    return report


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8") from None


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"cut, or not JSON: {error.msg}") from None
    except RecursionError:
        raise ValueError("not JSON that can be read: it is too deep") from None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object, {…}")
    return found


def _fields(found: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a report but for its records, once they are known to be one's."""
    fields = {field.name: field for field in dataclasses.fields(Report)}
    del fields["per_example"]
    version = found.pop("schema", 1 if "signature" in found else None)
    if version is None:
        raise ValueError("not the report of an evaluation")
    if version != SCHEMA:
        raise ValueError(f"of schema {version}; this version reads {SCHEMA}: evaluate again")
    for name, field in fields.items():
        if name not in found and field.default is dataclasses.MISSING:
            raise ValueError(f"has no {name!r}")
    if unknown := sorted(found.keys() - fields.keys()):
        raise ValueError(f"has {unknown[0]!r}, which this version does not know")
    right = isinstance(found["signature"], str) and isinstance(found["examples"], int)
    for name, depth in _DEPTHS.items():
        right = right and _scores(found[name], depth)
    if not right:
        raise ValueError("its scores are not what they should be")
    return found


def _scores(value: Any, depth: int) -> bool:
    """Tell whether a value holds numbers, so many names deep, a mean with low and high each."""
    if not isinstance(value, dict):
        return False
    if depth > 1:
        return all(_scores(inner, depth - 1) for inner in value.values())
    return {"mean", "low", "high"} <= value.keys() and all(map(_number, value.values()))


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _record(found: dict[str, Any], metrics: Iterable[str]) -> dict[str, Any]:
    for name in ("id", "prediction", "reference"):
        if not isinstance(found.get(name), str):
            raise ValueError(f"{name!r} is missing, or not a text")
    for name in metrics:
        if not _number(found.get(name)):
            raise ValueError(f"{name!r} is missing, or not a number")
    return found
