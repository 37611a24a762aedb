"""A table with a header, `document,summary`: .csv or .tsv (tabs), also .gz and .xz.

The delimiter of a .csv is named by a first line `sep=;`, as spreadsheets write it, or it is the one
of comma, semicolon, tab and bar that gives the header a column for the document.
"""

import csv
from collections import deque
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

_NAMED = {"": "", "comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
_LOOKAHEAD = 100_000  # lines of one row that are read until its quotes are taken for broken
_LEAST_LOOKAHEAD = 1_000  # the same after many such rows, which keeps the time linear


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
        delimiter: what parts the columns: a character, or comma, semicolon, tab or bar; "": as
            the file tells.
    """

    path: str
    document: str = "document"
    summary: str = "summary"
    skip_bad: bool = False
    type_column: str = ""
    source_column: str = ""
    lead_column: str = ""
    missing: str = "error"
    delimiter: str = ""

    def __post_init__(self) -> None:
        """Check the columns and the delimiter."""
        Columns.of(self)
        if self.delimiter not in _NAMED and (len(self.delimiter) > 1 or self.delimiter in '"\r\n'):
            known = ", ".join(filter(None, _NAMED))
            raise ValueError(f"delimiter={self.delimiter}: must be one character, or {known}")


def examples(options: Options, split: str = "all") -> Iterator[Example]:
    """Yield the examples of a split, row by row; quoted fields may hold line ends.

    Raises:
        InputError: names the file, the line and the reason.
    """
    return collect_examples(options.path, _results(options), options.skip_bad, split)


def _results(options: Options) -> Iterator[Example | InputError]:
    csv.field_size_limit(MAX_BYTES)  # the default, 128 KB, is shorter than long articles
    path, columns = options.path, Columns.of(options)
    lines, undecodable = deque[tuple[int, str]](), dict[int, InputError]()
    text = _decoded_lines(path, undecodable)
    delimiter = _delimiter(options, lines, text)
    rows = _Rows(path, delimiter, lines, text, undecodable)
    line, header = next(rows)
    if isinstance(header, InputError):
        raise header
    while header and not header[-1].strip():  # columns that a spreadsheet leaves behind
        header.pop()
    where = f"{path}:{line}"
    if duplicates := [name for name in header if header.count(name) > 1]:
        raise InputError(f"{where}: two columns are named {duplicates[0]!r}")
    summary = columns.lead_column or columns.summary
    labels = columns.type_column, columns.source_column
    require_columns(where, header, columns.document, summary, *labels)
    rows.width = len(header)
    for line, fields in rows:
        try:
            if isinstance(fields, InputError):
                raise fields
            if not _fits(fields, len(header)):
                raise InputError(
                    f"{path}:{line}: {len(fields)} fields, the header has {len(header)}"
                )
            row = dict(zip(header, fields, strict=False))
            yield example(path, line, row, columns)
        except InputError as error:
            yield error


def _decoded_lines(path: str, undecodable: dict[int, InputError]) -> Iterator[tuple[int, str]]:
    """Yield (number, text) of each line; those that are not UTF-8 are recorded."""
    for number, raw in read_lines(path):
        try:
            yield number, raw.decode("utf-8")
        except UnicodeDecodeError as error:
            undecodable[number] = InputError(f"{path}:{number}: {not_utf8(error)}")
            yield number, raw.decode("utf-8", "replace")


def _delimiter(
    options: Options, lines: deque[tuple[int, str]], text: Iterator[tuple[int, str]]
) -> str:
    """Return the delimiter of a table; the lines that were read for it are put in `lines`."""
    first = next(text)
    stated = first[1].strip("\r\n").strip('"')
    if stated.lower().startswith("sep=") and len(stated) == len("sep=,"):
        return _NAMED.get(options.delimiter, options.delimiter) or stated[-1]
    lines.append(first)
    if options.delimiter:
        return _NAMED.get(options.delimiter, options.delimiter)
    if ".tsv" in Path(options.path).suffixes[-2:]:
        return "\t"
    for delimiter in ",;\t|":
        names = next(csv.reader([first[1]], delimiter=delimiter), [])
        if options.document in names:
            return delimiter
    return ","


def _fits(fields: list[str], width: int) -> bool:
    """Return whether a row has a field for each column, and beyond them only empty ones."""
    return len(fields) >= width and not any(field.strip() for field in fields[width:])


class _Rows:
    """Iterates over (first line, fields or error) of each row that is not empty.

    A row whose quotes are not balanced is one line: what follows is read again. In a table with
    tabs its quotes are characters, if it has a field for each column.
    """

    def __init__(
        self,
        path: str,
        delimiter: str,
        lines: deque[tuple[int, str]],
        text: Iterator[tuple[int, str]],
        undecodable: dict[int, InputError],
    ):
        """Read rows from `lines`, then from `text`; those with an undecodable line are errors."""
        self.width = 0  # columns of the header; 0: the header is not read
        self._path, self._delimiter, self._text = path, delimiter, text
        self._lines, self._undecodable = lines, undecodable
        self._lookahead = _LOOKAHEAD

    def __iter__(self) -> Iterator[tuple[int, list[str] | InputError]]:
        return self

    def __next__(self) -> tuple[int, list[str] | InputError]:
        """Return the next row.

        Raises:
            StopIteration: there is none.
        """
        fields: list[str] | InputError = []
        while not fields:
            taken: list[tuple[int, str]] = []
            # Strict: an unclosed quote is an error instead of a field with the rest of the file.
            reader = csv.reader(self._feed(taken), delimiter=self._delimiter, strict=True)
            try:
                fields = next(reader)
                broken = len(taken) > 1 and self.width > 0 and not _fits(fields, self.width)
                reason = f"{len(fields)} fields, the header has {self.width}"
            except csv.Error as error:
                broken, reason = True, str(error)
            if broken:
                fields = self._first_line(taken, reason)
            fields = next(
                (self._undecodable.pop(n) for n, _ in taken if n in self._undecodable), fields
            )
        return taken[0][0], fields

    def _feed(self, taken: list[tuple[int, str]]) -> Iterator[str]:
        """Yield the lines of one row and record them."""
        while len(taken) < self._lookahead:
            line = self._lines.popleft() if self._lines else next(self._text, None)
            if line is None:
                return
            taken.append(line)
            yield line[1]

    def _first_line(self, taken: list[tuple[int, str]], reason: str) -> list[str] | InputError:
        """Return the first line of a broken row, and give the others back."""
        if len(taken) > _LEAST_LOOKAHEAD:
            self._lookahead = max(self._lookahead // 2, _LEAST_LOOKAHEAD)
        self._lines.extendleft(reversed(taken[1:]))
        del taken[1:]
        number, text = taken[0]
        fields = text.rstrip("\r\n").split(self._delimiter)
        if self._delimiter == "\t" and self.width and _fits(fields, self.width):
            return fields
        return InputError(f"{self._path}:{number}: not a row of the table: {reason}")
