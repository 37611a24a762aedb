"""A .txt file of plain text: a document for each paragraph, without a summary; for `data.task`.

A paragraph ends at an empty line; its id is the number of its first line.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from summarizer.datasets.sources import _records
from summarizer.errors import InputError
from summarizer.text.cleaning import clean
from summarizer.text.read_file import not_utf8
from summarizer.types import Example


@dataclass(frozen=True)
class Options:
    """What is read.

    Attributes:
        path: the file; .txt.gz and .txt.xz are unpacked.
        skip_bad: count bad lines and go on.
    """

    path: str
    skip_bad: bool = False


def examples(options: Options, split: str = "all") -> Iterator[Example]:
    """Yield the examples of a split, in the order of the file.

    Raises:
        InputError: names the file, the line and the reason.
    """
    return _records.collect_examples(
        options.path, _paragraphs(options.path), options.skip_bad, split
    )


def _paragraphs(path: str) -> Iterator[Example | InputError]:
    first, held = 0, list[str]()
    for number, raw in _records.lines(path):
        try:
            line = clean(raw.decode("utf-8"))
        except UnicodeDecodeError as error:
            yield InputError(f"{path}:{number}: {not_utf8(error)}")
            continue
        if line:
            first = first if held else number
            held.append(line)
        elif held:
            yield Example(str(first), " ".join(held))
            held = []
    if held:
        yield Example(str(first), " ".join(held))
