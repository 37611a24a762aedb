"""Decode a page by its declared encoding, as browsers do."""

import codecs

from summarizer.errors import InputError
from summarizer.text import read_file

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Pages that declare the first encoding use the larger one (WHATWG Encoding, section 4.2).
_LARGER = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}


def decode(raw: bytes, name: str, declared: str | None) -> str:
    """Decode bytes by their byte order mark, the declared encoding, or as UTF-8.

    Bytes that are invalid in a declared encoding become U+FFFD.

    Args:
        raw: the bytes.
        name: name of the document in error messages.
        declared: name of the encoding; None: none is declared.

    Raises:
        InputError: the declared encoding is unknown, or none is declared and the bytes are not
            UTF-8.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw.decode(encoding, "replace").lstrip("\ufeff")
    if not declared:
        return read_file.decode(raw, name)
    try:
        known = codecs.lookup(declared.strip()).name
        return raw.decode(_LARGER.get(known, known), "replace")
    except (LookupError, ValueError):  # ValueError: a name with a null character
        raise InputError(f"{name}: declares the unknown encoding {declared!r}") from None
