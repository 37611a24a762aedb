"""A table with a header, `document,summary`; .csv with commas, .tsv with tabs, also .gz and .xz."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from summarizer.datasets.sources._records import (
    collect_examples,
    example,
    labels,
    lines,
    require_columns,
)
from summarizer.errors import InputError
from summarizer.text.read_file import MAX_BYTES, not_utf8
from summarizer.types import Example


@dataclass(frozen=True)
class Options:
    """What is read; other columns are left alone, and `id` is the line number where there is none.

    Attributes:
        path: the file.
        document: the column of the document.
        summary: the column of the summary; "" reads documents only.
        skip_bad: count bad rows and go on.
        type_column: the column of the type of summary, see `summary_types`; "" is none.
        source_column: the column that names the source of a row; "" is none.
        lead_column: the column of a number of characters: so many at the start of the document
            are the summary, the rest is the document; "" is none.
        missing: `skip` passes over rows without a summary or lead; `error` refuses them.
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
        """Refuse what the label columns cannot be."""
        labels(self)


def examples(options: Options, split: str = "all") -> Iterator[Example]:
    """Yield the examples of a split, row by row; quoted fields may hold line ends.

    Raises:
        InputError: names the file, the line and the reason.
    """
    return collect_examples(options.path, _results(options), options.skip_bad, split)


def _results(options: Options) -> Iterator[Example | InputError]:
    records = _records(options.path)
    line, header = next(records)
    if isinstance(header, InputError):
        raise header
    if twice := [name for name in header if header.count(name) > 1]:
        raise InputError(f"{options.path}:{line}: two columns are named {twice[0]!r}")
    where = f"{options.path}:{line}"
    more = labels(options)
    summary = more.lead_column or options.summary
    named = summary, more.type_column, more.source_column
    require_columns(where, header, options.document, *named)
    for line, fields in records:
        try:
            if isinstance(fields, InputError):
                raise fields
            if len(fields) != len(header):
                counts = f"{len(fields)} fields, the header has {len(header)}"
                raise InputError(f"{options.path}:{line}: {counts}")
            row = dict(zip(header, fields, strict=True))
            columns = options.document, options.summary
            yield example(options.path, line, row, *columns, more=more)
        except InputError as error:
            yield error


def _records(path: str) -> Iterator[tuple[int, list[str] | InputError]]:
    """Yield (first line, fields or what is wrong) of every row that is not empty."""
    csv.field_size_limit(MAX_BYTES)  # the standard limit, 128 KB, is below a long article
    undecodable: list[InputError] = []

    def text() -> Iterator[str]:
        for number, raw in lines(path):
            try:
                yield raw.decode("utf-8")
            except UnicodeDecodeError as error:
                undecodable.append(InputError(f"{path}:{number}: {not_utf8(error)}"))
                yield raw.decode("utf-8", "replace")

    tabs = ".tsv" in Path(path).suffixes[-2:]
    # Strict: a quote that is never closed is an error, not a field that holds the rest of the file.
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
