"""Bring any text to one form, and read one document from a file."""

import unicodedata
from pathlib import Path

from summarizer.errors import InputError

LARGEST = 64 * 2**20  # bytes of one document
LARGEST_TEXT = "64 MB"

# Half a surrogate pair (JSON can spell one) is no character: it cannot be written as UTF-8.
DROPPED = dict.fromkeys(
    [i for i in (*range(32), *range(127, 160)) if not chr(i).isspace()]
    + [0xFEFF, *range(0xD800, 0xE000)]
)

_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")  # a text of these alone says nothing


def clean(text: str) -> str:
    """Return the text on one line with single spaces, in Unicode's composed form (NFC).

    Every kind of white space, line ends included, becomes one space; control characters and byte
    order marks go. Cleaning twice is cleaning once.
    """
    if not text.isprintable() or "  " in text:  # else no white space but single spaces
        text = " ".join(text.translate(DROPPED).split())
    return unicodedata.normalize("NFC", text.strip(" "))


def read_text(path: str | Path) -> str:
    """Return the text of a file, as it stands, without a byte order mark.

    Raises:
        InputError: the file is missing, a folder, empty, binary, not UTF-8 or too large.
    """
    return decode(read_bytes(path), str(path))


def read_bytes(path: str | Path | int, name: str = "") -> bytes:
    """Return what is in a file.

    Args:
        path: the file, or the number of an open one, which stays open.
        name: for the error; "": the path.

    Raises:
        InputError: the file is missing, a folder or too large.
    """
    name = name or str(path)
    try:
        with open(path, "rb", closefd=not isinstance(path, int)) as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"{name}: {(error.strerror or str(error)).lower()}") from None
    if len(raw) > LARGEST:
        raise InputError(f"{name}: {too_large()}")
    return raw


def too_large() -> str:
    """Say what is wrong with a document of more than LARGEST bytes, for the end of a line."""
    return f"larger than {LARGEST_TEXT}, the most that one document may have"


def decode(raw: bytes, name: str) -> str:
    """Return bytes as text, without a byte order mark.

    Raises:
        InputError: they are empty, binary or not UTF-8.
    """
    if b"\0" in raw:
        raise InputError(f"{name}: a binary file; text in UTF-8 is needed")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(f"{name}:{line}: {not_utf8(error)}") from None
    if blank(text):
        raise InputError(f"{name}: the file is empty")
    return text


def blank(text: str) -> bool:
    """Tell whether a text says nothing: white space and what is not seen, at most."""
    return not any(unicodedata.category(c) not in _UNSEEN for c in text)


def not_utf8(error: UnicodeDecodeError) -> str:
    """Say what cannot be decoded, for the end of an error's line."""
    return f"not UTF-8 text (byte 0x{error.object[error.start]:02x}); save it as UTF-8"
