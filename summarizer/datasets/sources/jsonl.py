"""JSON Lines, one object per line `{"document": …, "summary": …}`: .jsonl, .jsonl.gz, .jsonl.xz."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from summarizer.datasets.sources import _lines, _records
from summarizer.errors import InputError
from summarizer.types import Example


@dataclass(frozen=True)
class Options:
    """Options of JSON Lines; unnamed columns are ignored. Without an `id` ids are line numbers.

    Attributes:
        path: the file.
        document: column of the document.
        summary: column of the summary; "": read documents only. If it is missing from a row, the
            first reference is the summary.
        references: column with a list of all references, which ROUGE compares with; None:
            `references` if that column is a list of texts; "": none.
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
    references: str | None = None
    skip_bad: bool = False
    type_column: str = ""
    source_column: str = ""
    lead_column: str = ""
    missing: str = "error"

    def __post_init__(self) -> None:
        """Check the columns."""
        _records.Columns.of(self)


def examples(options: Options, split: str = "all") -> Iterator[Example]:
    """Yield the examples of a split, line by line; empty lines are skipped.

    Raises:
        InputError: names the file, the line and the reason.
    """
    return _records.collect_examples(options.path, rows(options), options.skip_bad, split)


def rows(
    options: Options, lines: Iterable[tuple[int, bytes]] | None = None, raw: bool = False
) -> Iterator[Example | InputError]:
    """Yield the example or the error of each line that is not empty.

    Args:
        options: of the file; `skip_bad` is ignored.
        lines: the numbered lines of the file; None: read them.
        raw: leave documents as they are in the rows instead of cleaning them.

    Raises:
        InputError: the file cannot be read any further.
    """
    columns = _records.Columns.of(options)
    for number, row in _lines.json_records(options.path, lines):
        try:
            if isinstance(row, InputError):
                raise row
            yield _records.example(options.path, number, row, columns, raw)
        except InputError as error:
            yield error
