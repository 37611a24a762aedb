"""A folder of .txt and .md files, a document each; the summary of NAME.txt is NAME.summary.txt."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from summarizer.datasets.sources import _records
from summarizer.errors import InputError
from summarizer.text.cleaning import clean
from summarizer.text.read_file import read_text
from summarizer.types import Example

_SUMMARY = ".summary.txt"


@dataclass(frozen=True)
class Options:
    """What is read.

    Attributes:
        path: the folder; folders in it are read too, hidden files are not.
        skip_bad: count bad files and go on.
    """

    path: str
    skip_bad: bool = False


def examples(options: Options, split: str = "all") -> Iterator[Example]:
    """Yield the examples of a split, a file each, in the order of their names, which are the ids.

    Raises:
        InputError: names the folder or the file, and the reason.
    """
    return _records.collect_examples(
        options.path, _results(Path(options.path)), options.skip_bad, split
    )


def _results(folder: Path) -> Iterator[Example | InputError]:
    names = _names(folder)
    if not names:
        raise InputError(f"{folder}: no .txt or .md file in the folder")
    for name in names:
        path = folder / name
        reference = path.with_name(path.stem + _SUMMARY)
        try:
            document = clean(read_text(path))
            summary = clean(read_text(reference)) if reference.exists() else None
            yield Example(name, document, summary)
        except InputError as error:
            yield error


def _names(folder: Path) -> list[str]:
    def refuse(error: OSError) -> None:
        raise InputError(f"{error.filename}: {(error.strerror or str(error)).lower()}") from None

    found = []
    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            text = name.lower().endswith((".txt", ".md")) and not name.endswith(_SUMMARY)
            if text and not name.startswith("."):
                found.append((Path(parent) / name).relative_to(folder).as_posix())
    return sorted(found)
