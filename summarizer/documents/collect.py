"""The documents of files, folders, patterns, JSON Lines and standard input.

Documents are read one at a time, when they are requested, so that memory does not grow with their
number.
"""

import dataclasses
import glob
import io
import itertools
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from summarizer.documents import mailbox
from summarizer.documents.read import STDIN, SUFFIXES, is_address, prose, read_document
from summarizer.errors import InputError, SummarizerError
from summarizer.text import cleaning, read_file

JSON_LINES = "jsonl:"  # prefix of files that are JSON Lines whatever their name
_HEAD = 2**16  # bytes that tell a mailbox
_HIDDEN = (".", "~$")  # names of files that a program or the system keeps for itself
_JSON_LINES_NAME = re.compile(r"\.(jsonl|ndjson)(\.gz|\.xz)?(,[a-z_]+=[^,]*)*$", re.I)


@dataclass(frozen=True)
class Document:
    """One document, or the error that prevented reading it.

    Attributes:
        file: the file, as the user named it.
        id: id of the document in the file; None if the file is the document.
        text: the text, or the error.
        line: number of the line in the file; 0: the file is the document.
    """

    file: str
    id: str | None
    text: str | SummarizerError
    line: int = 0

    @property
    def name(self) -> str:
        """Name of the document in what is written about it."""
        return self.file if self.id is None else f"{self.file}:{self.id}"

    @property
    def place(self) -> str:
        """Name of the document in messages: the file, and of a row its line and its id."""
        return place_of_row(self.file, self.line, self.id or "") if self.line else self.name


def place_of_row(path: str, line: int, id: str) -> str:
    """Return the name of a row in messages; an id that only repeats the line is left out."""
    return f"{path}:{line}" if id in ("", str(line)) else f"{path}:{line} (id {id!r})"


def expand_names(names: Iterable[str]) -> list[str]:
    """Return the files of folders and patterns, and all other names unchanged."""
    return [file for name in names for file in _expand(name)]


def holds_many(name: str) -> bool:
    """Return whether a name is of JSON Lines or a mailbox, which hold many documents."""
    if is_address(name) or os.path.isdir(name):
        return False
    return is_json_lines(name) or name.lower().endswith(mailbox.SUFFIX)


def is_json_lines(name: str) -> bool:
    """Return whether a name is of JSON Lines."""
    return name.startswith(JSON_LINES) or bool(_JSON_LINES_NAME.search(name))


def read_documents(names: Sequence[str], fetch: bool = False) -> Iterator[Document]:
    """Yield the documents of files, in order.

    Args:
        names: files; mailboxes (mbox), of which each e-mail is a document; JSON Lines, as a data
            SPEC (`articles.jsonl.gz,document=body`, or `jsonl:-` for standard input); web
            addresses; - for standard input, which is JSON Lines if its first line is an object with
            a `document`.
        fetch: allow web addresses.
    """
    for name in names:
        if holds_many(name) and is_json_lines(name):
            yield from _json_lines(name)
        elif name == STDIN:
            yield from _standard_input()
        else:
            yield from _read_one(name, fetch)


def _read_one(name: str, fetch: bool) -> Iterator[Document]:
    """Yield the document of a file, or the e-mails of a mailbox."""
    try:
        if os.path.isdir(name):
            raise InputError(f"{name}: a folder without documents ({' '.join(SUFFIXES)})")
        if os.path.isfile(name):  # anything else can be read only once
            with open(name, "rb") as file:
                if mailbox.is_mailbox(file.read(_HEAD)):
                    file.seek(0)
                    yield from _mailbox(name, name, file)
                    return
        yield Document(name, None, read_document(name, fetch))
    except InputError as error:
        yield Document(name, None, error)
    except OSError as error:
        yield Document(name, None, InputError(f"{name}: {(error.strerror or str(error)).lower()}"))


def _mailbox(name: str, label: str, file: BinaryIO) -> Iterator[Document]:
    """Yield the e-mails of a mailbox, named by their number; a single one is the document.

    Args:
        name: name of the documents.
        label: name of the mailbox in error messages.
        file: the mailbox.
    """
    messages = mailbox.messages(file)
    first = list(itertools.islice(messages, 2))
    for number, raw in enumerate(itertools.chain(first, messages), 1):
        several = len(first) > 1
        place = f"{label}:{number}" if several else label
        text: str | InputError
        try:
            if len(raw) > read_file.MAX_BYTES:
                raise InputError(f"{place}: {read_file.too_large()}")
            text = prose(raw, place, mailbox.TYPE)
        except InputError as error:
            text = error
        yield Document(name, str(number) if several else None, text)


def _standard_input() -> Iterator[Document]:
    """Yield the JSON Lines of standard input, or all of it as one document."""
    with open(0, "rb", closefd=False) as file:
        first = file.readline(read_file.MAX_BYTES + 1)
        if _is_record(first):
            yield from _records(f"{JSON_LINES}{STDIN}", file, first)
            return
        label = "standard input"
        raw = first + file.read(read_file.MAX_BYTES + 1 - len(first))
    if len(raw) <= read_file.MAX_BYTES and mailbox.is_mailbox(raw[:_HEAD]):
        yield from _mailbox(STDIN, label, io.BytesIO(raw))
        return
    try:
        if len(raw) > read_file.MAX_BYTES:
            raise InputError(f"{label}: {read_file.too_large()}")
        yield Document(STDIN, None, prose(raw, label))
    except InputError as error:
        yield Document(STDIN, None, error)


def _is_record(line: bytes) -> bool:
    """Return whether a line is a JSON object with a `document`."""
    if not line.startswith(b"{"):
        return False
    try:
        row = json.loads(line)
    except ValueError:
        return False
    return isinstance(row, dict) and "document" in row


def _json_lines(name: str) -> Iterator[Document]:
    spec = name if name.startswith(JSON_LINES) else JSON_LINES + name
    if spec.partition(",")[0] != JSON_LINES + STDIN:
        yield from _records(spec)
        return
    with open(0, "rb", closefd=False) as file:
        yield from _records(spec, file)


def _records(spec: str, file: BinaryIO | None = None, first: bytes = b"") -> Iterator[Document]:
    """Yield the documents of JSON Lines.

    Args:
        spec: the data SPEC.
        file: open file to read instead of the SPEC's path.
        first: first line of `file`, if it was already read.
    """
    # Imported here, as plain documents do not need them.
    from summarizer.datasets import spec as specs
    from summarizer.datasets.sources import jsonl
    from summarizer.datasets.sources._lines import numbered_lines, read_lines

    path = spec.removeprefix(JSON_LINES)
    try:
        part = specs.parse(spec)
        path = part.options["path"]
        options = dataclasses.replace(specs.source_options(part), summary="")
        lines = read_lines(path) if file is None else numbered_lines(path, file, first)
        row, line = None, 0

        def counted() -> Iterator[tuple[int, bytes]]:
            nonlocal line
            for numbered in lines:
                line = numbered[0]
                yield numbered

        for row in jsonl.rows(options, counted(), raw=True):
            if isinstance(row, InputError):
                yield Document(path, "", row)
            elif specs.selects(part, row):
                text: str | InputError = row.document
                if cleaning.is_blank(row.document):
                    text = InputError(f"{place_of_row(path, line, row.id)}: has no text")
                yield Document(path, row.id, text, line)
        if row is None:
            raise InputError(f"{path}: no rows")
    except SummarizerError as error:
        yield Document(path, "", error)


def _expand(name: str) -> list[str]:
    """Return the files of a folder or a pattern; the name itself if it is neither."""
    if name == STDIN or is_address(name):
        return [name]
    path = Path(name)
    if path.is_dir():
        inside = [str(p) for p in path.iterdir() if p.suffix.lower() in SUFFIXES]
        return sorted(filter(_is_readable, inside)) or [name]
    if not path.exists() and glob.has_magic(name):
        return sorted(filter(_is_readable, glob.glob(name, recursive=True))) or [name]
    return [name]


def _is_readable(name: str) -> bool:
    """Return whether a name that nobody gave is of a file, not hidden, and not a dead link."""
    return os.path.isfile(name) and not os.path.basename(name).startswith(_HIDDEN)
