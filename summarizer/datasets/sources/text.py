"""A .txt file of plain text: one document per paragraph, without summaries; for other tasks.

It serves the tasks `language_model` and `autoencode`. A paragraph ends at an empty line. Its id is
the number of its first line.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from summarizer.datasets.sources._lines import read_lines
from summarizer.datasets.sources._records import collect_examples
from summarizer.errors import InputError
from summarizer.text.cleaning import clean
from summarizer.text.read_file import not_utf8
from summarizer.types import Example


@dataclass(frozen=True)
class Options:
    """Options of a text file.

    Attributes:
        path: the file; .txt.gz and .txt.xz are decompressed.
        skip_bad: skip and count unusable records.
    """

    path: str
    skip_bad: bool = False


def examples(options: Options, split: str = "all") -> Iterator[Example]:
    """Yield the examples of a split, in the order of the file.

    Raises:
        InputError: names the file, the line and the reason.
    """
    return collect_examples(options.path, _paragraphs(options.path), options.skip_bad, split)


def _paragraphs(path: str) -> Iterator[Example | InputError]:
    first_number, paragraph = 0, list[str]()
    for number, raw in read_lines(path):
        try:
            line = clean(raw.decode("utf-8"))
        except UnicodeDecodeError as error:
            yield InputError(f"{path}:{number}: {not_utf8(error)}")
            continue
        if line:
            first_number = first_number if paragraph else number
            paragraph.append(line)
        elif paragraph:
            yield Example(str(first_number), " ".join(paragraph))
            paragraph = []
    if paragraph:
        yield Example(str(first_number), " ".join(paragraph))
