"""Examples from rows of columns, for all sources that read rows.

A row that cannot be used is passed on as an `InputError`. `collect_examples` raises or counts it. A
row that the options skip is passed on as a `MissingError`, which `collect_examples` counts.
"""

import dataclasses
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from summarizer import summary_types
from summarizer.datasets.sources._splits import check_split, in_split
from summarizer.errors import InputError, did_you_mean
from summarizer.text.cleaning import clean
from summarizer.text.read_file import MAX_BYTES, MAX_SIZE
from summarizer.types import Example

_TYPE_NAMES = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


class MissingError(InputError):
    """A row without a summary, which `missing=skip` skips."""


@dataclass(frozen=True)
class Columns:
    """The columns that an example is made from; "" is no column.

    Attributes:
        document: the document.
        summary: the summary; "": read documents only. If the column is missing from a row, the
            first reference is the summary.
        references: a list of all references; None: `references` if that column is a list of texts.
        type_column: the type of the summary, a name of `summary_types`.
        source_column: the publisher of the document.
        lead_column: a number of characters. That many at the start of the document are the
            summary, and the remaining text is the document.
        missing: `error`, or `skip`: skip rows whose summary or lead is absent or empty.
    """

    document: str = "document"
    summary: str = "summary"
    references: str | None = ""
    type_column: str = ""
    source_column: str = ""
    lead_column: str = ""
    missing: str = "error"

    def __post_init__(self) -> None:
        """Refuse an unknown value of `missing`."""
        if self.missing not in ("error", "skip"):
            raise ValueError(f"missing={self.missing}: must be error or skip")

    @classmethod
    def of(cls, options: object) -> "Columns":
        """Return the columns that the options of a source name."""
        names = (field.name for field in dataclasses.fields(cls))
        return cls(**{n: getattr(options, n) for n in names if hasattr(options, n)})


def example(
    path: str, line: int, row: Mapping[str, Any], columns: Columns, raw: bool = False
) -> Example:
    """Return the example of a row.

    Args:
        path: name of the file in error messages.
        line: number of the row, for error messages and for rows without an id.
        row: column → value.
        columns: the columns to use.
        raw: leave the document as it is in the row instead of cleaning it.

    Raises:
        MissingError: the row has no summary, and such rows are skipped.
        InputError: a column is missing (the message names the existing ones), empty or not text.
    """
    where = f"{path}:{line}"
    summary_column = columns.summary and (columns.lead_column or columns.summary)
    if columns.missing == "skip" and summary_column and row.get(summary_column) in (None, ""):
        raise MissingError(f"{where}: column {summary_column!r} is missing")
    id = row.get("id", "")
    if not isinstance(id, str | int) or isinstance(id, bool):
        raise InputError(f"{where}: column 'id' is {_TYPE_NAMES[type(id)]}, not text")
    document = _text(where, row, columns.document)
    type_name = _text(where, row, columns.type_column) if columns.type_column else ""
    plain = Example(
        clean(str(id)) or str(line),
        row[columns.document] if raw else document,
        type=summary_types.canonical_name(type_name, where) if type_name else "",
        source=_text(where, row, columns.source_column) if columns.source_column else "",
    )
    if not columns.summary:
        return plain
    if columns.lead_column:
        lead, remainder = _split_lead(where, row, columns)
        return dataclasses.replace(plain, document=remainder, summary=lead)
    references = _references(where, row, columns.references)
    if references and row.get(columns.summary) is None:
        summary = references[0]
    else:
        summary = _text(where, row, columns.summary)
    others = list(references)
    if summary in others:
        others.remove(summary)
    return dataclasses.replace(
        plain, summary=summary, references=(summary, *others) if others else ()
    )


def _split_lead(where: str, row: Mapping[str, Any], columns: Columns) -> tuple[str, str]:
    """Return the first characters of a document, as many as its lead column says, and the rest."""
    column, document = columns.lead_column, row[columns.document]
    require_columns(where, row, column)
    try:
        count = int(row[column])
    except (TypeError, ValueError):
        raise InputError(f"{where}: column {column!r} is not a number of characters") from None
    lead, remainder = clean(document[: max(count, 0)]), clean(document[max(count, 0) :])
    if not lead or not remainder:
        raise InputError(
            f"{where}: column {column!r} is {count}: must be above 0 and below the "
            f"{len(document)} characters of the document"
        )
    return lead, remainder


def _references(where: str, row: Mapping[str, Any], column: str | None) -> list[str]:
    """Return the cleaned references of a row without blank ones."""
    if column == "":
        return []
    if column is not None:
        require_columns(where, row, column)
    value = row.get(column or "references")
    if isinstance(value, list) and all(isinstance(text, str) for text in value):
        return [text for text in map(clean, value) if text]
    if column is not None:
        raise InputError(f"{where}: column {column!r} is not a list of texts")
    return []


def require_columns(where: str, known: Iterable[str], *required: str) -> None:
    """Refuse a row or a header that lacks a required column; "" is not required.

    Raises:
        InputError: names the column and those that exist.
    """
    known = list(known)
    for column in filter(None, required):
        if column not in known:
            raise InputError(f"{where}: no column {column!r}: {did_you_mean(column, known)}")


def _text(where: str, row: Mapping[str, Any], column: str) -> str:
    """Return the cleaned text of a column."""
    require_columns(where, row, column)
    value = row[column]
    if not isinstance(value, str):
        raise InputError(f"{where}: column {column!r} is {_TYPE_NAMES[type(value)]}, not text")
    if len(value) > MAX_BYTES:
        raise InputError(f"{where}: column {column!r} is longer than {MAX_SIZE}")
    if not (text := clean(value)):
        raise InputError(f"{where}: column {column!r} is empty")
    return text


def collect_examples(
    path: str, results: Iterable[Example | InputError], skip_bad: bool, split: str
) -> Iterator[Example]:
    """Yield the examples of a split; raise at the first bad row, or skip and count bad rows.

    Raises:
        InputError: a row is bad, or none is good.
        ConfigError: an unknown split.
    """
    check_split(split)
    good = bad = missing = 0
    first_error = ""
    for result in results:
        if isinstance(result, Example):
            good += 1
            if in_split(result.id, split):
                yield result
        elif isinstance(result, MissingError):
            missing += 1
        elif skip_bad:
            bad += 1
            first_error = first_error or str(result)
        else:
            raise result
    log = logging.getLogger("summarizer")
    if missing:
        log.info("%s: rows without a summary, skipped: %d; rows with one: %d", path, missing, good)
    if not good and missing:
        raise InputError(f"{path}: no row has a summary; skipped all {missing} rows")
    if not good and bad:
        raise InputError(f"{path}: all {bad} rows are bad, {first_error}")
    if not good:
        raise InputError(f"{path}: no rows")
    if bad:
        counts = {"skipped": (bad, good + bad, first_error)}  # `doctor` reports them as a finding
        message = "%s: skipped %d bad of %d rows, %s"
        log.warning(message, path, bad, good + bad, first_error, extra=counts)
