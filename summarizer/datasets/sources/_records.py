"""What the sources that read rows from a file share: opening, columns, and bad rows.

A row that cannot be used is passed on as an `InputError`, a value, until `settle` raises or counts
it; a file that cannot be read any further raises at once. A row that the options pass over is
passed on as a `MissingError`, which `settle` counts.
"""

import gzip
import json
import logging
import lzma
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from summarizer import summary_types
from summarizer.datasets.sources._splits import check_split, in_split
from summarizer.errors import InputError, did_you_mean
from summarizer.text.cleaning import clean
from summarizer.text.read_file import MAX_BYTES, MAX_SIZE, not_utf8
from summarizer.types import Example

_OPENERS: dict[str, Any] = {".gz": gzip.open, ".xz": lzma.open}
_KINDS = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list",
          dict: "an object", type(None): "null"}  # fmt: skip


class MissingError(InputError):
    """A row without the column of the summary, which `missing=skip` passes over."""


@dataclass(frozen=True)
class Labels:
    """Which columns say more of an example than its texts; "" is no column.

    Attributes:
        type_column: the type of the summary, a name of `summary_types`.
        source_column: who published the document.
        lead_column: the number of characters at the start of the document that are its summary;
            the rest is the document.
        missing: `error`, or `skip`: pass over rows whose summary or lead is absent or empty.
    """

    type_column: str = ""
    source_column: str = ""
    lead_column: str = ""
    missing: str = "error"

    def __post_init__(self) -> None:
        """Refuse an unknown way of treating missing columns."""
        if self.missing not in ("error", "skip"):
            raise ValueError(f"missing={self.missing}: must be error or skip")


def labels(options: Any) -> Labels:
    """Return the label columns that the options of a source name."""
    return Labels(options.type_column, options.source_column, options.lead_column, options.missing)


def lines(path: str) -> Iterator[tuple[int, bytes]]:
    """Yield (line number from 1, bytes with the line end) of a file, unpacking .gz and .xz.

    Raises:
        InputError: the file is missing, a folder, empty, binary, cut or damaged, or has a line
            longer than one document may be.
    """
    suffix = Path(path).suffix.lower()
    number = 0
    try:
        with _OPENERS.get(suffix, open)(path, "rb") as file:
            if b"\0" in file.peek(4096)[:4096]:
                raise InputError(f"{path}: a binary file; text in UTF-8 is needed")
            for number, raw in numbered_lines(path, file):
                yield number, raw
    except (gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        reason = f"the {suffix} file is cut or damaged"
        raise InputError(f"{path}: {reason}, after line {number} ({error})") from None
    except OSError as error:
        raise InputError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    if number == 0:
        raise InputError(f"{path}: the file is empty")


def numbered_lines(path: str, file: Any, first: bytes = b"") -> Iterator[tuple[int, bytes]]:
    """Yield (line number from 1, bytes with the line end) of an open file; see `lines`.

    Args:
        path: for the error.
        file: open for bytes.
        first: the first line, where that was read before.

    Raises:
        InputError: a line is longer than one document may be.
    """
    number = 0
    while raw := first or file.readline(MAX_BYTES + 1):
        number, first = number + 1, b""
        if len(raw) > MAX_BYTES:
            raise InputError(f"{path}:{number}: the line is longer than {MAX_SIZE}")
        yield number, raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw


def json_records(
    path: str, found: Iterable[tuple[int, bytes]] | None = None
) -> Iterator[tuple[int, dict[str, Any] | InputError]]:
    """Yield (line number from 1, object or what is wrong) of every line that is not empty.

    Args:
        path: the file.
        found: its lines, where they are not to be read from it.

    Raises:
        InputError: as `lines`.
    """
    for number, raw in lines(path) if found is None else found:
        if raw.strip():
            try:
                yield number, _object(f"{path}:{number}", raw)
            except InputError as error:
                yield number, error


def _object(where: str, raw: bytes) -> dict[str, Any]:
    try:
        row = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: {not_utf8(error)}") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not JSON: {error.msg} at column {error.colno}") from None
    except (ValueError, RecursionError) as error:  # a number too long, an object too deep
        raise InputError(f"{where}: not JSON: {error}") from None
    if not isinstance(row, dict):
        raise InputError(f"{where}: not a JSON object, {{…}}")
    return row


def example(
    path: str,
    line: int,
    row: Mapping[str, Any],
    document: str,
    summary: str,
    references: str | None = "",
    given: bool = False,
    more: Labels = Labels(),
) -> Example:
    """Make an example from the columns of a row; an empty `summary` asks for the document only.

    Args:
        path: of the file, for errors.
        line: its number, for errors and as the id where the row has none.
        row: column → value.
        document: the column of the document.
        summary: the column of the summary; where that is missing, it is the first reference.
        references: the column of several references, a list of texts; empty: none is read; None:
            `references` is, where it is there and such a list.
        given: leave the document as the row has it, uncleaned.
        more: the columns of type, source and lead.

    Raises:
        MissingError: the row has no summary, and `more` passes such rows over.
        InputError: a column is missing (those that exist are named), empty or not text.
    """
    where = f"{path}:{line}"
    if summary and more.missing == "skip" and row.get(more.lead_column or summary) in (None, ""):
        raise MissingError(f"{where}: column {more.lead_column or summary!r} is missing")
    if not isinstance(id := row.get("id", ""), str | int) or isinstance(id, bool):
        raise InputError(f"{path}:{line}: column 'id' is {_KINDS[type(id)]}, not text")
    name, text = clean(str(id)) or str(line), _text(path, line, row, document, given)
    kind = _text(path, line, row, more.type_column) if more.type_column else ""
    kind = summary_types.named(kind, where) if kind else ""
    source = _text(path, line, row, more.source_column) if more.source_column else ""
    if not summary:
        return Example(name, text, type=kind, source=source)
    if more.lead_column:
        lead, text = _lead(where, row, more.lead_column, row[document])
        return Example(name, text, lead, type=kind, source=source)
    every = _references(where, row, references)
    alone = every and row.get(summary) is None
    first = every[0] if alone else _text(path, line, row, summary)
    if first in every:
        every.remove(first)
    return Example(name, text, first, (first, *every) if every else (), kind, source)


def _lead(where: str, row: Mapping[str, Any], column: str, document: str) -> tuple[str, str]:
    """Return the first characters of a document, as many as a column says, and the rest."""
    require_columns(where, row, column)
    try:
        count = int(row[column])
    except (TypeError, ValueError):
        raise InputError(f"{where}: column {column!r} is not a number of characters") from None
    lead, rest = clean(document[: max(count, 0)]), clean(document[max(count, 0) :])
    if not lead or not rest:
        raise InputError(
            f"{where}: column {column!r} is {count}: must be above 0 and below the "
            f"{len(document)} characters of the document"
        )
    return lead, rest


def _references(where: str, row: Mapping[str, Any], column: str | None) -> list[str]:
    """Return the references in a column, cleaned; blank ones are none."""
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


def require_columns(where: str, known: Iterable[str], *wanted: str) -> None:
    """Refuse a row or a header without a wanted column; the empty name wants none.

    Raises:
        InputError: names the column and those that exist.
    """
    known = list(known)
    for column in filter(None, wanted):
        if column not in known:
            raise InputError(f"{where}: no column {column!r}: {did_you_mean(column, known)}")


def _text(path: str, line: int, row: Mapping[str, Any], column: str, given: bool = False) -> str:
    require_columns(f"{path}:{line}", row, column)
    value = row[column]
    if not isinstance(value, str):
        raise InputError(f"{path}:{line}: column {column!r} is {_KINDS[type(value)]}, not text")
    if len(value) > MAX_BYTES:
        raise InputError(f"{path}:{line}: column {column!r} is longer than {MAX_SIZE}")
    if not (text := clean(value)):
        raise InputError(f"{path}:{line}: column {column!r} is empty")
    return value if given else text


def collect_examples(
    path: str, results: Iterable[Example | InputError], skip_bad: bool, split: str
) -> Iterator[Example]:
    """Yield the examples of a split; raise at the first bad row, or count the bad ones and go on.

    Raises:
        InputError: a bad row, or no good row at all.
        ConfigError: an unknown split.
    """
    check_split(split)
    good = bad = missing = 0
    first = ""
    for result in results:
        if isinstance(result, Example):
            good += 1
            if in_split(result.id, split):
                yield result
        elif isinstance(result, MissingError):
            missing += 1
        elif skip_bad:
            bad += 1
            first = first or str(result)
        else:
            raise result
    log = logging.getLogger("summarizer")
    if missing:
        log.info("%s: passed over %d rows without a summary, %d have one", path, missing, good)
    if not good and missing:
        raise InputError(f"{path}: no row has a summary: all {missing} are passed over")
    if not good:
        raise InputError(f"{path}: all {bad} rows are bad, {first}" if bad else f"{path}: no rows")
    if bad:
        counts = {"skipped": (bad, good + bad, first)}  # for `doctor`, which tells it otherwise
        line = "%s: skipped %d bad of %d rows, %s"
        log.warning(line, path, bad, good + bad, first, extra=counts)
