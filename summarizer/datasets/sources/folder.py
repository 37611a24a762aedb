"""A folder of .txt and .md files, one document each; NAME.txt is summarized by NAME.summary.txt."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from summarizer.datasets.sources._records import collect_examples
from summarizer.errors import InputError
from summarizer.text.cleaning import clean
from summarizer.text.read_file import read_text
from summarizer.types import Example

_SUMMARY = ".summary.txt"


@dataclass(frozen=True)
class Options:
    """Options of a folder.

    Attributes:
        path: the folder, read with its subfolders and without hidden files.
        skip_bad: skip and count unusable records.
    """

    path: str
    skip_bad: bool = False


def examples(options: Options, split: str = "all") -> Iterator[Example]:
    """Yield the examples of a split, one per file, ordered by name; the name is the id.

    Raises:
        InputError: names the folder or the file, and the reason.
    """
    results = _results(Path(options.path))
    return collect_examples(options.path, results, options.skip_bad, split)


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
    """Return the sorted paths of the documents, relative to the folder."""

    def refuse(error: OSError) -> None:
        raise InputError(f"{error.filename}: {(error.strerror or str(error)).lower()}") from None

    names = []
    for parent, subfolders, files in os.walk(folder, onerror=refuse):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        for name in files:
            is_text = name.lower().endswith((".txt", ".md")) and not name.endswith(_SUMMARY)
            if is_text and not name.startswith("."):
                names.append((Path(parent) / name).relative_to(folder).as_posix())
    return sorted(names)
