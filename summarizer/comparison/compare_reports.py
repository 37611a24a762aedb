"""Compare systems by their reports, document by document: `summarizer compare A B`."""

import re
from collections.abc import Sequence
from pathlib import Path

from summarizer.errors import InputError
from summarizer.evaluation import report_files
from summarizer.evaluation.report_table import aligned_rows
from summarizer.metrics import significance
from summarizer.metrics.bootstrap import format_interval
from summarizer.metrics.significance import format_difference
from summarizer.types import Report

NOTE = (
    "Differences are relative to {first} on the same documents. A system is called better or worse "
    "only if the 95% interval excludes 0 and p is below 0.05. p is the two-sided p-value of a "
    "paired permutation test, for one comparison alone."
)


def compare_reports(folders: Sequence[str | Path]) -> str:
    """Return a table of the scores of systems, with their differences to the first.

    Args:
        folders: folders of reports, or of models that have a report in `evaluation`; at least two.

    Returns:
        The table, then the test set, the signature and a note on the differences.

    Raises:
        InputError: a report cannot be read, or two reports are not of the same test set scored in
            the same way; names the difference.
    """
    names = [str(folder) for folder in folders]
    reports = [_load(folder) for folder in folders]
    first, *others = reports
    for name, other in zip(names[1:], others, strict=True):
        check_comparable(names[0], first, name, other)
    heads = ["", names[0]]
    for name in names[1:]:
        heads += [name, "difference"]
    rows = [heads]
    for metric in first.scores:
        # Only taggers have the F1 of kept words.
        if all(metric in other.scores for other in others):
            rows.append(_metric_row(metric, first, others))
    documents = f"{first.examples} documents" + (f" of {first.test}" if first.test else "")
    lines = [documents, first.signature, NOTE.format(first=names[0])]
    return aligned_rows(rows) + "".join(f"{line}\n" for line in lines)


def _metric_row(metric: str, first: Report, others: Sequence[Report]) -> list[str]:
    samples, seed = (_signature_number(first.signature, name) for name in ("boot", "seed"))
    baseline = [record[metric] for record in first.per_example]
    row = [metric, format_interval(first.scores[metric])]
    for other in others:
        scores = [record[metric] for record in other.per_example]
        difference = significance.paired_difference(scores, baseline, samples, seed)
        row += [format_interval(other.scores[metric]), format_difference(difference)]
    return row


def _load(folder: str | Path) -> Report:
    """Read the report in a folder, or in its folder `evaluation`."""
    inner = Path(folder) / "evaluation"
    if not Path(folder).is_dir():
        raise InputError(f"{folder}: no such folder")
    return report_files.load_report(inner if (inner / report_files.REPORT).exists() else folder)


def check_comparable(name: str, report: Report, other_name: str, other: Report) -> None:
    """Refuse two reports whose scores cannot be compared.

    Args:
        name: name of the first report, for the error.
        report: the first report.
        other_name: name of the second report, for the error.
        other: the second report.

    Raises:
        InputError: names what differs, with both values.
    """
    if report.signature != other.signature:
        fields, other_fields = _differing_fields(report.signature, other.signature)
        raise InputError(f"signatures differ: {name} has {fields}, {other_name} has {other_fields}")
    ids = [record["id"] for record in report.per_example]
    other_ids = [record["id"] for record in other.per_example]
    counts = f"{name} has {len(ids)} documents, {other_name} has {len(other_ids)}"
    for owner, owned, compared in ((name, ids, other_ids), (other_name, other_ids, ids)):
        known = set(compared)
        if extra := [document for document in owned if document not in known]:
            line = f"test sets differ: {counts}; only {owner} has {extra[0]!r}"
            raise InputError(line + (f" and {len(extra) - 1} more" if extra[1:] else ""))
    if ids != other_ids:
        raise InputError(f"test sets differ: {counts}, the same ids in another order or number")
    if report.fingerprint != other.fingerprint:
        raise InputError(
            "test sets have the same ids but different texts or references: fingerprint of "
            f"{name}: {report.fingerprint[:12]}, of {other_name}: {other.fingerprint[:12]}"
        )


def _differing_fields(signature: str, other: str) -> tuple[str, str]:
    """Return the fields in which two signatures differ."""
    fields, other_fields = signature.split("|"), other.split("|")
    if len(fields) != len(other_fields):
        return signature, other
    pairs = [pair for pair in zip(fields, other_fields, strict=True) if pair[0] != pair[1]]
    return "|".join(pair[0] for pair in pairs), "|".join(pair[1] for pair in pairs)


def _signature_number(signature: str, name: str) -> int:
    match = re.search(rf"\|{name}:(\d+)\|", signature)
    if not match:
        raise InputError(f"signature {signature!r}: does not contain {name}")
    return int(match[1])
