"""JSON Lines: one object a line, `{"document": …, "summary": …}`; .jsonl, .jsonl.gz, .jsonl.xz."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from summarizer.datasets.sources import _records
from summarizer.errors import InputError
from summarizer.types import Example


@dataclass(frozen=True)
class Options:
    """What is read; other columns are left alone, and `id` is the line number where there is none.

    Attributes:
        path: the file.
        document: the column of the document.
        summary: the column of the summary; "" reads documents only.
        references: the column of a list of all references, which ROUGE compares with; None:
            `references`, where there is such a list; "" leaves it alone.
        skip_bad: count bad lines and go on.
        type_column: the column of the type of summary, see `summary_types`; "" is none.
        source_column: the column that names the source of a row; "" is none.
        lead_column: the column of a number of characters: so many at the start of the document
            are the summary, the rest is the document; "" is none.
        missing: `skip` passes over rows without a summary or lead; `error` refuses them.
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
        """Refuse what the label columns cannot be."""
        _records.labels(self)


def examples(options: Options, split: str = "all") -> Iterator[Example]:
    """Yield the examples of a split, line by line; empty lines are passed over.

    Raises:
        InputError: names the file, the line and the reason.
    """
    return _records.collect_examples(options.path, rows(options), options.skip_bad, split)


def rows(
    options: Options, lines: Iterable[tuple[int, bytes]] | None = None, given: bool = False
) -> Iterator[Example | InputError]:
    """Yield the example, or what is wrong, of every line that is not empty.

    Args:
        options: what is read; whatever they say of bad lines, each is yielded.
        lines: with their numbers, where they are not to be read from the file.
        given: leave documents as the rows have them, uncleaned.

    Raises:
        InputError: the file cannot be read any further.
    """
    more = _records.labels(options)
    for number, row in _records.json_records(options.path, lines):
        try:
            if isinstance(row, InputError):
                raise row
            columns = options.document, options.summary, options.references
            yield _records.example(options.path, number, row, *columns, given, more)
        except InputError as error:
            yield error
