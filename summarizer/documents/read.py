"""Read one document as text: from a file, standard input or the web, whatever kind it is.

The content decides what a document is; its name or declared type only where the content does not
tell (Markdown and plain text look alike).
"""

import importlib
import re
from pathlib import Path

from summarizer.documents import encoding
from summarizer.errors import InputError
from summarizer.text import read_file

STDIN = "-"
_SUFFIXES = {
    ".txt": "text", ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html",
    ".xhtml": "html", ".eml": "email_message", ".pdf": "pdf", ".docx": "docx",
}  # fmt: skip
SUFFIXES = tuple(_SUFFIXES)  # what is read of a folder
_TYPES = {
    "text/plain": "text", "text/markdown": "markdown", "text/html": "html",
    "application/xhtml+xml": "html", "message/rfc822": "email_message", "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}  # fmt: skip
_UNKNOWN_TYPES = ("", "application/octet-stream", "binary/octet-stream")
_NAMES = {"pdf": "a PDF", "docx": "a Word document"}

_PDF = b"%PDF-"  # within the first 1024 bytes (PDF 1.7, appendix H, note 13)
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.I | re.S,
)
_HEADER = re.compile(rb"(?:From [^\n]*\n|([!-9;-~]+):[^\n]*\n(?:[ \t][^\n]*\n)*)")
_HEADERS = {b"date", b"message-id", b"received", b"mime-version"}


def read_document(name: str | Path, fetch: bool = False) -> str:
    """Return the prose of a document: paragraphs with blank lines between, no markup.

    Text files are returned as they stand. PDF and Word need the extra `files`.

    Args:
        name: a file, `-` for standard input, or a web address.
        fetch: allow a web address.

    Raises:
        InputError: it cannot be read, has no text, is protected, cut, or larger than 64 MB.
    """
    name = str(name)
    said, declared, charset = name, "", None
    if is_address(name):
        if not fetch:
            raise InputError(f"{name}: a web address is only read with --fetch (fetch=True)")
        from summarizer.documents.fetch import fetch as fetch_page

        raw, declared, charset = fetch_page(name)
    elif name == STDIN:
        said = "standard input"
        raw = read_file.read_bytes(0, said)
    else:
        raw = read_file.read_bytes(name)
    return prose(raw, said, declared, charset)


def prose(raw: bytes, said: str, declared: str = "", charset: str | None = None) -> str:
    """Return the prose of a document that was read; see `read`.

    Args:
        raw: its bytes.
        said: its name, for the error.
        declared: its content type, "" where there is none.
        charset: its encoding, if declared.
    """
    if not raw.strip():
        raise InputError(f"{said}: the file is empty")
    found = _kind(raw, said, declared)
    if found == "text":
        if charset:
            return read_file.decode(encoding.decode(raw, said, charset).encode(), said)
        return read_file.decode(raw, said)
    # Loaded when the first of its kind is met: a text file needs none of them.
    text: str = importlib.import_module(f"summarizer.documents.{found}").text(raw, said, charset)
    return text


def is_address(name: str) -> bool:
    """Tell whether a name is of a web page and not of a file."""
    return name.lower().startswith(("http://", "https://"))


def _kind(raw: bytes, name: str, declared: str) -> str:
    """Tell what the content is, then what the declared type or the name says it is."""
    if _PDF in raw[:1024]:
        return "pdf"
    if raw.startswith(_ARCHIVES):
        return "docx"
    if _HTML.match(raw[:4096]):
        return "html"
    if _is_mail(raw[: 2**16].replace(b"\r\n", b"\n")):
        return "email_message"
    kind = _TYPES.get(declared)
    if kind is None and declared not in _UNKNOWN_TYPES and not declared.startswith("text/"):
        raise InputError(f"{name}: {declared}, not a document that can be read")
    kind = kind or _SUFFIXES.get(Path(name.partition("?")[0]).suffix.lower(), "text")
    if kind in _NAMES:
        raise InputError(f"{name}: not {_NAMES[kind]}, though its name or type says so")
    return kind


def _is_mail(head: bytes) -> bool:
    """Tell whether a text begins with the headers of a message and goes on after them."""
    found, place = set(), 0
    while match := _HEADER.match(head, place):
        found.add((match[1] or b"").lower())
        place = match.end()
    return head[place : place + 1] == b"\n" and b"from" in found and bool(found & _HEADERS)
