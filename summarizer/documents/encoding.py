"""Turn the bytes of a page into text as it declares, as browsers do."""

import codecs

from summarizer.errors import InputError
from summarizer.text import read_file

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What pages call by these names is written in the larger one (WHATWG Encoding, section 4.2).
_LARGER = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}


def decode(raw: bytes, name: str, declared: str | None) -> str:
    """Return the text of bytes: by their byte order mark, as declared, or in UTF-8.

    Bytes that a declared encoding does not have become U+FFFD.

    Raises:
        InputError: the declared encoding is unknown; or none is declared and it is not UTF-8.
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
