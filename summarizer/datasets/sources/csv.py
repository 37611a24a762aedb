"""A table with a header, `document,summary`: .csv (commas) or .tsv (tabs), also .gz and .xz."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from summarizer.datasets.sources._lines import read_lines
from summarizer.datasets.sources._records import (
    Columns,
    collect_examples,
    example,
    require_columns,
)
from summarizer.errors import InputError
from summarizer.text.read_file import MAX_BYTES, not_utf8
from summarizer.types import Example


@dataclass(frozen=True)
class Options:
    """Options of a table; unnamed columns are ignored. Without a column `id` ids are line numbers.

    Attributes:
        path: the file.
        document: column of the document.
        summary: column of the summary; "": read documents only.
        skip_bad: skip and count unusable records.
        type_column: column of the type of summary, a name of `summary_types`; "": none.
        source_column: column with the publisher of the document; "": none.
        lead_column: column with a number of characters. That many at the start of the document
            are the summary, and the remaining text is the document. "": none.
        missing: `skip`: skip rows without a summary or lead; `error`: refuse them.
    """

    path: str
    document: str = "document"
    summary: str = "summary"
    skip_bad: bool = False
    type_column: str = ""
    source_column: str = ""
    lead_column: str = ""
    missing: str = "error"

    def __post_init__(self) -> None:
        """Check the columns."""
        Columns.of(self)


def examples(options: Options, split: str = "all") -> Iterator[Example]:
    """Yield the examples of a split, row by row; quoted fields may hold line ends.

    Raises:
        InputError: names the file, the line and the reason.
    """
    return collect_examples(options.path, _results(options), options.skip_bad, split)


def _results(options: Options) -> Iterator[Example | InputError]:
    rows = _rows(options.path)
    line, header = next(rows)
    if isinstance(header, InputError):
        raise header
    where = f"{options.path}:{line}"
    if duplicates := [name for name in header if header.count(name) > 1]:
        raise InputError(f"{where}: two columns are named {duplicates[0]!r}")
    columns = Columns.of(options)
    summary = columns.lead_column or columns.summary
    labels = columns.type_column, columns.source_column
    require_columns(where, header, columns.document, summary, *labels)
    for line, fields in rows:
        try:
            if isinstance(fields, InputError):
                raise fields
            if len(fields) != len(header):
                raise InputError(
                    f"{options.path}:{line}: {len(fields)} fields, the header has {len(header)}"
                )
            yield example(options.path, line, dict(zip(header, fields, strict=True)), columns)
        except InputError as error:
            yield error


def _rows(path: str) -> Iterator[tuple[int, list[str] | InputError]]:
    """Yield (first line, fields or error) of each row that is not empty."""
    csv.field_size_limit(MAX_BYTES)  # the default, 128 KB, is shorter than long articles
    undecodable: list[InputError] = []

    def text() -> Iterator[str]:
        for number, raw in read_lines(path):
            try:
                yield raw.decode("utf-8")
            except UnicodeDecodeError as error:
                undecodable.append(InputError(f"{path}:{number}: {not_utf8(error)}"))
                yield raw.decode("utf-8", "replace")

    tabs = ".tsv" in Path(path).suffixes[-2:]
    # Strict: an unclosed quote is an error instead of a field with the rest of the file.
    reader = csv.reader(text(), delimiter="\t" if tabs else ",", strict=True)
    while True:
        line = reader.line_num + 1
        try:
            fields: list[str] | InputError = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fields = InputError(f"{path}:{line}: not a row of the table: {error}")
        if undecodable:
            fields = undecodable[0]
            undecodable.clear()
        if fields:
            yield line, fields
