"""Lines and JSON records of a text file, plain or compressed, in bounded memory.

A record that cannot be used is yielded as an `InputError`. An error that prevents further reading
is raised.
"""

import gzip
import json
import lzma
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from summarizer.errors import InputError
from summarizer.text.read_file import MAX_BYTES, MAX_SIZE, not_utf8

_OPENERS: dict[str, Any] = {".gz": gzip.open, ".xz": lzma.open}


def read_lines(path: str) -> Iterator[tuple[int, bytes]]:
    """Yield (line number from 1, bytes with the line end) of a file; .gz and .xz are decompressed.

    Raises:
        InputError: the file is missing, a folder, empty, binary or damaged, or has a line longer
            than the maximum for one document.
    """
    suffix = Path(path).suffix.lower()
    number = 0
    try:
        with _OPENERS.get(suffix, open)(path, "rb") as file:
            if b"\0" in file.peek(4096)[:4096]:
                raise InputError(f"{path}: a binary file; text in UTF-8 is needed")
            for number, raw in numbered_lines(path, file):
                yield number, raw
    except (gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        raise InputError(
            f"{path}: the {suffix} file is cut or damaged, after line {number} ({error})"
        ) from None
    except OSError as error:
        raise InputError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    if number == 0:
        raise InputError(f"{path}: the file is empty")


def numbered_lines(path: str, file: BinaryIO, first: bytes = b"") -> Iterator[tuple[int, bytes]]:
    """Yield (line number from 1, bytes with the line end) of an open file.

    Args:
        path: name of the file in error messages.
        file: open for reading bytes.
        first: the first line, if it was already read from the file.

    Raises:
        InputError: a line is longer than the maximum for one document.
    """
    number = 0
    while raw := first or file.readline(MAX_BYTES + 1):
        number, first = number + 1, b""
        if len(raw) > MAX_BYTES:
            raise InputError(f"{path}:{number}: the line is longer than {MAX_SIZE}")
        yield number, raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw


def json_records(
    path: str, lines: Iterable[tuple[int, bytes]] | None = None
) -> Iterator[tuple[int, dict[str, Any] | InputError]]:
    """Yield (line number from 1, JSON object or error) of each line that is not empty.

    Args:
        path: the file.
        lines: the numbered lines of the file; None: read them.

    Raises:
        InputError: as `read_lines`, or the file is one JSON array.
    """
    first = True
    for number, raw in read_lines(path) if lines is None else lines:
        if raw.strip():
            if first and _begins_array(raw):
                raise InputError(
                    f"{path}: a JSON array, not an object on each line; write each object of it "
                    "on a line of its own"
                )
            first = False
            try:
                yield number, _json_object(f"{path}:{number}", raw)
            except InputError as error:
                yield number, error


def _begins_array(raw: bytes) -> bool:
    """Return whether a line begins an array of objects, the other usual form of such a file."""
    if not raw.lstrip().startswith(b"["):
        return False
    try:
        record = json.loads(raw)
    except (ValueError, RecursionError):
        return raw.strip()[1:].lstrip()[:1] in (b"", b"{")
    return bool(record) and all(isinstance(row, dict) for row in record)


def _json_object(where: str, raw: bytes) -> dict[str, Any]:
    try:
        record = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: {not_utf8(error)}") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not JSON: {error.msg} at column {error.colno}") from None
    except (ValueError, RecursionError) as error:  # a number too long, an object too deep
        raise InputError(f"{where}: not JSON: {error}") from None
    if not isinstance(record, dict):
        raise InputError(f"{where}: not a JSON object, {{…}}")
    return record
