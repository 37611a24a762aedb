"""Compares systems by their reports, document by document: `summarizer compare A B`."""

import re
from collections.abc import Sequence
from pathlib import Path

from summarizer.errors import InputError
from summarizer.evaluation import evaluate
from summarizer.metrics import significance
from summarizer.types import Report

NOTE = (
    "Differences are to {first}, of the same documents; better or worse stands only where the 95% "
    "interval excludes 0 and p is below 0.05. p is of flipping signs, two-sided, of one comparison "
    "alone."
)


def compare_reports(folders: Sequence[str | Path]) -> str:
    """Lay the scores of systems side by side, with the differences to the first.

    Args:
        folders: of reports, or of models that have one in `evaluation`; at least two.

    Returns:
        A table for people.

    Raises:
        InputError: a report cannot be read, or two were not made of the same test set in the same
            way; names the difference.
    """
    names, found = [str(folder) for folder in folders], [_read(folder) for folder in folders]
    for name, other in zip(names[1:], found[1:], strict=True):
        refuse_others(names[0], found[0], name, other)
    first, *rest = found
    samples, seed = (int(_setting(first.signature, name)) for name in ("boot", "seed"))
    rows = [["", names[0]]]
    rows[0] += [head for name in names[1:] for head in (name, "difference")]
    for metric in first.scores:
        if any(metric not in other.scores for other in rest):
            continue  # F1 of kept words, which only taggers have
        row = [metric, evaluate.format_interval(first.scores[metric])]
        base = [record[metric] for record in first.per_example]
        for other in rest:
            own = [record[metric] for record in other.per_example]
            difference = significance.paired_difference(own, base, samples, seed)
            row += [
                evaluate.format_interval(other.scores[metric]),
                evaluate.format_difference(difference),
            ]
        rows.append(row)
    documents = f"{first.examples} documents" + (f" of {first.test}" if first.test else "")
    below = [documents, first.signature, NOTE.format(first=names[0])]
    return evaluate.aligned_rows(rows) + "".join(f"{line}\n" for line in below)


def _read(folder: str | Path) -> Report:
    """Read the report in a folder, or in the folder `evaluation` there."""
    inner = Path(folder) / "evaluation"
    if not Path(folder).is_dir():
        raise InputError(f"{folder}: no such folder")
    return evaluate.load_report(inner if (inner / "report.json").exists() else folder)


def refuse_others(name: str, one: Report, other_name: str, other: Report) -> None:
    """Refuse two reports whose numbers do not compare.

    Args:
        name: of the first, for the error.
        one: the first.
        other_name: of the second, for the error.
        other: the second.

    Raises:
        InputError: says what differs, with both values.
    """
    if one.signature != other.signature:
        ours, theirs = _unlike(one.signature, other.signature)
        raise InputError(f"signatures differ: {name} has {ours}, {other_name} has {theirs}")
    first, second = ([record["id"] for record in each.per_example] for each in (one, other))
    counts = f"{name} has {len(first)} documents, {other_name} has {len(second)}"
    for owner, own, others in ((name, first, set(second)), (other_name, second, set(first))):
        if alone := [id for id in own if id not in others]:
            line = f"test sets differ: {counts}; only {owner} has {alone[0]!r}"
            raise InputError(line + (f" and {len(alone) - 1} more" if alone[1:] else ""))
    if first != second:
        raise InputError(f"test sets differ: {counts}, the same ids in another order or number")
    if one.fingerprint != other.fingerprint:
        prints = f"{name} has {one.fingerprint[:12]}, {other_name} has {other.fingerprint[:12]}"
        raise InputError(f"test sets differ in texts or references, their ids are equal: {prints}")


def _unlike(one: str, other: str) -> tuple[str, str]:
    """Return of two signatures what differs."""
    first, second = one.split("|"), other.split("|")
    if len(first) != len(second):
        return one, other
    pairs = [pair for pair in zip(first, second, strict=True) if pair[0] != pair[1]]
    return "|".join(pair[0] for pair in pairs), "|".join(pair[1] for pair in pairs)


def _setting(signature: str, name: str) -> str:
    match = re.search(rf"\|{name}:(\d+)\|", signature)
    if not match:
        raise InputError(f"signature {signature!r}: does not say {name}")
    return match[1]
