"""Decode pages and e-mails by their declared encoding, as browsers do (WHATWG Encoding)."""

import codecs
import re

from summarizer.errors import InputError
from summarizer.text import read_file

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
MARKS = tuple(mark for mark, _ in _MARKS)
# Encodings of the standard that hold more characters than Python's of the same name.
_LARGER = {"gbk": "gb18030"}
_LARGER_IF_NEEDED = {"euc-jp": "euc_jis_2004", "iso-2022-jp": "iso2022_jp_ext"}
_ASCII = frozenset({"ascii", "us-ascii", "ansi_x3.4-1968", "iso-ir-6", "646", "us"})
# Codecs of Python that are no encodings of documents, or take more than linear time.
_NO_ENCODINGS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
_DECLARATION = re.compile(
    rb"""<(?:meta|\?xml)\b(?:[^<>ce]|[ce](?!harset\s*+=|ncoding\s*+=))*+"""
    rb"""[ce](?:harset|ncoding)\s*+=\s*+["']?\s*+([\w:.-]++)""",
    re.I,
)
_DECLARED_WITHIN = 4096  # bytes; browsers look at 1024


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
    marked = decode_marked(raw)
    if marked is not None:
        return marked
    if not declared:
        return read_file.decode(raw, name)
    text = _decode_as(raw, declared, "replace")
    if text is None:
        raise InputError(f"{name}: declares the unknown encoding {declared!r}")
    return text


def decode_marked(raw: bytes) -> str | None:
    """Return the text of bytes that begin with a byte order mark; None: they do not."""
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw.decode(encoding, "replace").lstrip("\ufeff")
    return None


def marked_as_utf8(raw: bytes) -> bytes:
    """Return bytes that begin with a byte order mark in UTF-8, without it."""
    if raw.startswith(codecs.BOM_UTF8):
        return raw.removeprefix(codecs.BOM_UTF8)
    return (decode_marked(raw) or "").encode("utf-8", "replace")


def decode_leniently(raw: bytes, *declared: str | None) -> str:
    """Decode the text of an e-mail, whose declaration may be missing or wrong.

    The first that fits is taken: the declarations, UTF-8, the first declaration with U+FFFD for
    invalid bytes, Windows-1252. ASCII declares nothing, as many programs write it whatever they
    send.

    Args:
        raw: the bytes.
        declared: names of encodings, the most trusted first; None: none is declared.
    """
    marked = decode_marked(raw)
    if marked is not None:
        return marked
    labels = [label for label in declared if label and label.strip().lower() not in _ASCII]
    for label in [*labels, "utf-8"]:
        text = _decode_as(raw, label, "strict")
        if text is not None:
            return text
    for label in labels:
        text = _decode_as(raw, label, "replace")
        if text is not None and not _is_mostly_invalid(text):
            return text
    return raw.decode("cp1252", "replace")


def declared_in_page(raw: bytes) -> str | None:
    """Return the encoding that a page declares in `<meta>` or `<?xml`; None: it declares none.

    UTF-16 there means UTF-8, since the declaration could not be read otherwise, and x-user-defined
    means Windows-1252 (HTML, 13.2.3.2).
    """
    match = _DECLARATION.search(raw[:_DECLARED_WITHIN])
    if not match:
        return None
    label = match[1].decode("latin-1")
    name = _standard_name(label)
    if name in ("utf-16le", "utf-16be"):
        return "utf-8"
    return "windows-1252" if name == "x-user-defined" else label


def _standard_name(label: str) -> str:
    """Return the name that the standard gives to a label; "": it does not know the label."""
    import webencodings  # here, as documents without a declaration do not need it

    try:
        known = webencodings.lookup(label)
    except ValueError:  # surrogates
        return ""
    return known.name if known else ""


def _decode_as(raw: bytes, label: str, errors: str) -> str | None:
    """Return the text; None: the label is unknown, or bytes are invalid and errors is "strict"."""
    import webencodings

    name = _standard_name(label)
    try:
        if not name or name == "replacement":  # the standard refuses some that Python knows
            codec = codecs.lookup(label.strip())
            if codec.name in _NO_ENCODINGS:
                return None
            return raw.decode(codec.name, errors)
        if name in _LARGER_IF_NEEDED:
            try:
                return raw.decode(name)
            except UnicodeDecodeError:
                return raw.decode(_LARGER_IF_NEEDED[name], errors)
        if name in _LARGER:
            return raw.decode(_LARGER[name], errors)
        text: str = webencodings.lookup(label).codec_info.decode(raw, errors)[0]
        return text
    except (LookupError, ValueError):  # ValueError: invalid bytes, or a label with NUL
        return None


def _is_mostly_invalid(text: str) -> bool:
    """Return whether most characters beyond ASCII are U+FFFD: the declaration is wrong."""
    beyond = len(text) - len(text.encode("ascii", "ignore"))
    return 2 * text.count("\ufffd") > beyond
