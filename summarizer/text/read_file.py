"""Read a text file of limited size, in UTF-8 or marked UTF-16; errors name file and line."""

import codecs
from pathlib import Path

from summarizer.errors import InputError
from summarizer.text.cleaning import is_blank

MAX_BYTES = 64 * 2**20  # of one document
MAX_SIZE = "64 MB"  # the same, for messages
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: str | Path) -> str:
    """Return the text of a file, unchanged except for a removed byte order mark.

    Raises:
        InputError: the file is missing, a folder, empty, binary, not UTF-8 or too large.
    """
    return decode(read_bytes(path), str(path))


def read_bytes(path: str | Path | int, name: str = "") -> bytes:
    """Return the content of a file.

    Args:
        path: the file, or the descriptor of an open one, which stays open.
        name: name of the file in error messages; "": the path.

    Raises:
        InputError: the file is missing, a folder or too large.
    """
    name = name or str(path)
    try:
        with open(path, "rb", closefd=not isinstance(path, int)) as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{name}: {(error.strerror or str(error)).lower()}") from None
    if len(raw) > MAX_BYTES:
        raise InputError(f"{name}: {too_large()}")
    return raw


def decode(raw: bytes, name: str) -> str:
    """Decode UTF-8, or UTF-16 that begins with a byte order mark, which is removed.

    Args:
        raw: the bytes.
        name: name of the file in error messages.

    Raises:
        InputError: the bytes are binary, not UTF-8 or hold no visible character.
    """
    if raw.startswith(_UTF16_MARKS):
        raw = raw.decode("utf-16", "replace").encode()
    if b"\0" in raw:
        raise InputError(f"{name}: a binary file; text in UTF-8 is needed")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(f"{name}:{line}: {not_utf8(error)}") from None
    if is_blank(text):
        raise InputError(f"{name}: the file is empty")
    return text


def too_large() -> str:
    """Return the reason to refuse a document of more than MAX_BYTES, to end an error message."""
    return f"larger than {MAX_SIZE}, the maximum for one document"


def not_utf8(error: UnicodeDecodeError) -> str:
    """Return which byte cannot be decoded, to end an error message."""
    return f"not UTF-8 text (byte 0x{error.object[error.start]:02x}); save it as UTF-8"
