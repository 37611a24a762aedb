"""The documents that names stand for: files, folders, patterns, JSON Lines, standard input.

They are read one after the other, when they are asked for: what is held does not grow with them.
"""

import dataclasses
import glob
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from summarizer.documents.read import STDIN, SUFFIXES, is_address, prose, read_document
from summarizer.errors import InputError, SummarizerError
from summarizer.text import cleaning, read_file

RECORDS = "jsonl:"  # before what is read as JSON Lines, whatever its name
_RECORDS = re.compile(r"\.jsonl(\.gz|\.xz)?(,[a-z_]+=[^,]*)*$", re.I)


@dataclass(frozen=True)
class Document:
    """One document, or why there is none.

    Attributes:
        file: what it was read from, as the user named it.
        id: which one of those in the file; None where the file is the document.
        text: what it says, or what is wrong with it.
    """

    file: str
    id: str | None
    text: str | SummarizerError

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return self.file if self.id is None else f"{self.file}:{self.id}"


def expand_names(names: Iterable[str]) -> list[str]:
    """Return the files that names stand for: those of a folder or pattern, else the name itself."""
    return [file for name in names for file in _expanded(name)]


def holds_many(name: str) -> bool:
    """Tell whether a name says that what is read holds many documents, each on a line."""
    if is_address(name) or os.path.isdir(name):
        return False
    return name.startswith(RECORDS) or bool(_RECORDS.search(name))


def read_documents(names: Sequence[str], fetch: bool = False) -> Iterator[Document]:
    """Yield the documents of files, in order.

    Args:
        names: documents; JSON Lines, as a data SPEC (`articles.jsonl.gz,document=body`, or
            `jsonl:-` for standard input); web addresses; - for standard input, which is JSON
            Lines if its first line is an object with a `document`.
        fetch: allow web addresses.
    """
    for name in names:
        if holds_many(name):
            yield from _lines(name)
        elif name == STDIN:
            yield from _standard_input()
        else:
            yield _one(name, fetch)


def _one(name: str, fetch: bool) -> Document:
    try:
        if os.path.isdir(name):
            raise InputError(f"{name}: a folder without documents ({' '.join(SUFFIXES)})")
        return Document(name, None, read_document(name, fetch))
    except InputError as error:
        return Document(name, None, error)


def _standard_input() -> Iterator[Document]:
    """The lines of standard input, or all of it as one document."""
    with open(0, "rb", closefd=False) as file:
        first = file.readline(read_file.MAX_BYTES + 1)
        if _is_record(first):
            yield from _records(f"{RECORDS}{STDIN}", file, first)
            return
        said = "standard input"
        raw = first + file.read(read_file.MAX_BYTES + 1 - len(first))
    try:
        if len(raw) > read_file.MAX_BYTES:
            raise InputError(f"{said}: {read_file.too_large()}")
        yield Document(STDIN, None, prose(raw, said))
    except InputError as error:
        yield Document(STDIN, None, error)


def _is_record(line: bytes) -> bool:
    if not line.startswith(b"{"):
        return False
    try:
        row = json.loads(line)
    except ValueError:
        return False
    return isinstance(row, dict) and "document" in row


def _lines(name: str) -> Iterator[Document]:
    spec = name if name.startswith(RECORDS) else RECORDS + name
    if spec.partition(",")[0] != RECORDS + STDIN:
        yield from _records(spec)
        return
    with open(0, "rb", closefd=False) as file:
        yield from _records(spec, file)


def _records(spec: str, file: Any = None, first: bytes = b"") -> Iterator[Document]:
    """The documents of JSON Lines; `file`: in place of what the SPEC says, after its first line."""
    # Which a command for plain documents does without.
    from summarizer.datasets import spec as specs
    from summarizer.datasets.sources import jsonl
    from summarizer.datasets.sources._lines import numbered_lines

    path = spec.removeprefix(RECORDS)
    try:
        part = specs.parse(spec)
        path = part.options["path"]
        options = dataclasses.replace(specs.source_options(part), summary="")
        lines = None if file is None else numbered_lines(path, file, first)
        row = None
        for row in jsonl.rows(options, lines, raw=True):
            if isinstance(row, InputError):
                yield Document(path, "", row)
            elif specs.selects(part, row):
                text = row.document
                blank = InputError(f"{path}:{row.id}: has no text")
                yield Document(path, row.id, blank if cleaning.is_blank(text) else text)
        if row is None:
            raise InputError(f"{path}: no rows")
    except SummarizerError as error:
        yield Document(path, "", error)


def _expanded(name: str) -> list[str]:
    """The files that a name stands for; itself, where it stands for none."""
    if name == STDIN or is_address(name):
        return [name]
    path = Path(name)
    if path.is_dir():
        inside = sorted(str(p) for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
        return inside or [name]
    if not path.exists() and glob.has_magic(name):
        return sorted(glob.glob(name, recursive=True)) or [name]
    return [name]
