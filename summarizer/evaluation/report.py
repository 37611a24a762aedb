"""Measures predictions beside a baseline, and writes and prints what was found."""

import contextlib
import dataclasses
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from summarizer.datasets import alignment
from summarizer.errors import InputError, SummarizerError
from summarizer.evaluation import bootstrap, rouge
from summarizer.evaluation.baselines import lead
from summarizer.types import Example, Report

BASELINE = "first-k-words"


def evaluate(
    ids: Sequence[str],
    documents: Sequence[str],
    references: Sequence[str],
    predictions: Sequence[str] | Mapping[str, str],
    *,
    stem: bool = True,
    config_hash: str = "",
    kept: bool = False,
    samples: int = 1000,
    seed: int = 1,
) -> Report:
    """Score predictions and the first words of the documents, with intervals.

    Args:
        ids: one name an example.
        documents: one document an example.
        references: one reference an example.
        predictions: one summary an example in the same order, or id → summary.
        stem: compare English words by their stems.
        config_hash: of the model's configuration; "" for predictions from elsewhere.
        kept: also compare which words of the documents are kept.
        samples: bootstrap samples.
        seed: of the bootstrap.

    Returns:
        ROUGE F, exact matches (but for case and white space) and, where asked for, F1 of kept
        words, in points; `differences` are model minus baseline on the same examples.

    Raises:
        InputError: there is no example, or the predictions are not those of the examples.
    """
    if not ids:
        raise InputError("there are no examples to evaluate")
    if not len(ids) == len(documents) == len(references):
        counts = f"{len(ids)} ids, {len(documents)} documents, {len(references)} references"
        raise ValueError(f"every example needs one of each: {counts}")
    found = _aligned(ids, predictions)
    first = lead(list(map(Example, ids, documents, references)))
    ours, theirs = (
        {**rouge.score(texts, references, stem), "exact": _exact(texts, references)}
        for texts in (found, first)
    )
    if kept:
        for texts, scores in ((found, ours), (first, theirs)):
            scores["kept"] = alignment.f1(documents, texts, references)
    records: list[dict[str, Any]] = [
        {"id": name, "prediction": prediction, "reference": reference}
        for name, prediction, reference in zip(ids, found, references, strict=True)
    ]
    for row, record in enumerate(records):
        record.update({metric: float(ours[metric][row]) for metric in ours})
    return Report(
        scores={m: bootstrap.interval(ours[m], samples, seed) for m in ours},
        baselines={BASELINE: {m: bootstrap.interval(theirs[m], samples, seed) for m in ours}},
        differences={
            BASELINE: {m: bootstrap.paired(ours[m], theirs[m], samples, seed) for m in ours}
        },
        signature=rouge.signature(stem, samples, seed),
        examples=len(ids),
        config_hash=config_hash,
        per_example=records,
    )


def _exact(predictions: Sequence[str], references: Sequence[str]) -> Any:
    """100 where a prediction is the reference but for case and white space, else 0, [n]."""
    pairs = zip(predictions, references, strict=True)
    return np.array([100.0 * (p.casefold().split() == r.casefold().split()) for p, r in pairs])


def _aligned(ids: Sequence[str], predictions: Sequence[str] | Mapping[str, str]) -> list[str]:
    """Put predictions into the order of the examples."""
    complaints: dict[str, Sequence[str]]
    if isinstance(predictions, Mapping):
        complaints = {
            "missing": [name for name in ids if name not in predictions],
            "not among the examples": sorted(predictions.keys() - set(ids)),
            "examples with the same id": [n for n, count in Counter(ids).items() if count > 1],
        }
    else:
        complaints = {"missing": ids[len(predictions) :]}
    if len(predictions) != len(ids) or any(complaints.values()):
        line = f"{len(predictions)} predictions for {len(ids)} examples"
        parts = [f"{what}: {_some(names)}" for what, names in complaints.items() if names]
        raise InputError("; ".join([line, *parts]))
    if isinstance(predictions, Mapping):
        return [predictions[name] for name in ids]
    return list(predictions)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(map(repr, names[:3])) + more


def read_predictions(path: str | Path) -> dict[str, str]:
    """Read summaries from a JSONL file, `{"id": ..., "prediction": ...}` a line.

    Returns:
        id → summary, in the file's order.

    Raises:
        InputError: names the file, the line and what is wrong with it.
    """
    found: dict[str, str] = {}
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    name, prediction = _prediction(line)
                    if name in found:
                        raise ValueError(f"id {name!r} occurs a second time")
                except ValueError as error:
                    raise InputError(f"{path}, line {number}: {error}") from None
                found[name] = prediction
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    if not found:
        raise InputError(f"{path}: there are no predictions in it")
    return found


def _prediction(line: bytes) -> tuple[str, str]:
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    if not isinstance(record, dict):
        raise ValueError('not an object with "id" and "prediction"')
    for key in ("id", "prediction"):
        if key not in record:
            raise ValueError(f"no {key!r}; it has: {', '.join(map(repr, record)) or 'nothing'}")
    if isinstance(record["id"], int) and not isinstance(record["id"], bool):
        record["id"] = str(record["id"])
    for key in ("id", "prediction"):
        if not isinstance(record[key], str):
            raise ValueError(f"{key!r} is {json.dumps(record[key])}, not a text")
    return record["id"], record["prediction"]


def write(report: Report, folder: str | Path) -> None:
    """Write `report.json`, and `predictions.jsonl` with a line for each example.

    Both are written aside and then renamed: until then the folder keeps what it had.

    Raises:
        SummarizerError: the folder cannot be written to, or the disk is full.
    """
    summary = dataclasses.asdict(dataclasses.replace(report, per_example=[]))
    del summary["per_example"]
    _write_aside(
        Path(folder),
        {
            "report.json": [json.dumps(summary, indent=2, ensure_ascii=False)],
            "predictions.jsonl": (json.dumps(r, ensure_ascii=False) for r in report.per_example),
        },
    )


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
        raise SummarizerError(
            f"{folder}: cannot write the report: {error.strerror or error}"
        ) from None
    finally:
        for part in parts:
            with contextlib.suppress(OSError):
                part.unlink()


def table(report: Report) -> str:
    """Lay out the scores for people, a row a metric, the signature last.

    "better" (or "worse") stands only where the paired interval excludes 0.
    """
    rows = [["", "model"]]
    rows[0] += [head for name in report.baselines for head in (name, "difference")]
    for metric, own in report.scores.items():
        row = [metric, _cell(own)]
        for name, scores in report.baselines.items():
            difference = report.differences[name][metric]
            row += [_cell(scores[metric]), _cell(difference, "+") + _verdict(difference)]
        rows.append(row)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([*(line.rstrip() for line in lines), report.signature]) + "\n"


def _cell(score: Mapping[str, float], sign: str = "") -> str:
    return f"{score['mean']:{sign}.1f} [{score['low']:{sign}.1f}, {score['high']:{sign}.1f}]"


def _verdict(difference: Mapping[str, float]) -> str:
    if difference["low"] > 0:
        return " better"
    return " worse" if difference["high"] < 0 else ""
