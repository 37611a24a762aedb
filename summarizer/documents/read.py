"""Read one document of any kind as text: from a file, standard input or the web.

The content decides of which kind a document is. The name or the declared type decides only between
kinds that look alike, such as Markdown and plain text.
"""

import importlib
import re
from pathlib import Path

from summarizer.documents import encoding, first_bytes
from summarizer.errors import InputError
from summarizer.text import read_file

STDIN = "-"
_BY_SUFFIX = {
    ".txt": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".eml": "email_message",
    ".mhtml": "email_message",
    ".mht": "email_message",
    ".mbox": "email_message",
    ".pdf": "pdf",
    ".docx": "docx",
    ".srt": "subtitles",
    ".vtt": "subtitles",
    ".ipynb": "notebook",
}
SUFFIXES = tuple(_BY_SUFFIX)  # files of a folder that are read
_BY_TYPE = {
    "text/plain": "text",
    "text/markdown": "markdown",
    "text/html": "html",
    "text/vtt": "subtitles",
    "application/x-ipynb+json": "notebook",
    "application/xhtml+xml": "html",
    "message/rfc822": "email_message",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}
_UNKNOWN_TYPES = ("", "application/octet-stream", "binary/octet-stream")
_BINARY_KINDS = {"pdf": "a PDF", "docx": "a Word document"}

_PDF = b"%PDF-"  # within the first 1024 bytes (PDF 1.7, appendix H, note 13)
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:<\?xml[^>]*+>\s*+)?(?:(?><!--.*?-->)\s*+)*+<(?:!doctype\s+html|html|head|body)\b",
    re.I | re.S,
)
_HEADER = re.compile(rb"(?:From [^\n]*\n|([!-9;-~]+):[^\n]*\n(?:[ \t][^\n]*\n)*)")
_HEADERS = {b"date", b"message-id", b"received", b"mime-version"}


def read_document(name: str | Path, fetch: bool = False) -> str:
    """Return the prose of a document: paragraphs separated by blank lines, without markup.

    Text files, in UTF-8 or in UTF-16 with a byte order mark, are returned unchanged. PDF and Word
    documents need the extra `files`.

    Args:
        name: a file, `-` for standard input, or a web address.
        fetch: allow web addresses.

    Raises:
        InputError: the document cannot be read, has no text, is protected, damaged, or larger
            than 64 MB.
    """
    name = str(name)
    label, content_type, charset = name, "", None
    if is_address(name):
        if not fetch:
            raise InputError(f"{name}: a web address is only read with --fetch (fetch=True)")
        from summarizer.documents.fetch import fetch as fetch_page

        raw, content_type, charset = fetch_page(name)
    elif name == STDIN:
        label = "standard input"
        raw = read_file.read_bytes(0, label)
    else:
        raw = read_file.read_bytes(name)
    return prose(raw, label, content_type, charset)


def prose(raw: bytes, name: str, content_type: str = "", charset: str | None = None) -> str:
    """Return the prose of a document's content; see `read_document`.

    Args:
        raw: the content.
        name: name of the document in error messages.
        content_type: the declared content type; "": none.
        charset: the declared encoding; None: none.
    """
    if not raw.strip():
        raise InputError(f"{name}: the file is empty")
    is_marked = raw.startswith(encoding.MARKS)
    if is_marked:  # its first bytes shall tell the kind
        raw, charset = encoding.marked_as_utf8(raw), "utf-8"
    kind = _kind(raw, name, content_type)
    if kind == "text":
        if charset and not is_marked:
            return read_file.decode(encoding.decode(raw, name, charset).encode(), name)
        return read_file.decode(raw, name)
    # Imported on first use: plain text needs no reader.
    reader = importlib.import_module(f"summarizer.documents.{kind}")
    paragraphs: str = reader.text(raw, name, charset)
    return paragraphs


def is_address(name: str) -> bool:
    """Return whether a name is a web address."""
    return name.lower().startswith(("http://", "https://"))


def _kind(raw: bytes, name: str, content_type: str) -> str:
    """Return the reader of a document, by content, then by declared type, then by name."""
    if _PDF in raw[:1024]:
        return "pdf"
    if raw.startswith(_ARCHIVES):
        first_bytes.refuse_outlook(raw, name)
        return "docx"
    if _HTML.match(raw[:4096]):
        return "html"
    if _is_mail(raw[: 2**16].replace(b"\r\n", b"\n")):
        return "email_message"
    if kind := first_bytes.kind_of(raw, name, content_type):
        return kind
    kind = _BY_TYPE.get(content_type)
    unknown = content_type in _UNKNOWN_TYPES or content_type.startswith("text/")
    if kind is None and not unknown:
        raise InputError(f"{name}: {content_type}, not a document that can be read")
    kind = kind or _BY_SUFFIX.get(Path(name.partition("?")[0]).suffix.lower(), "text")
    if kind in _BINARY_KINDS:
        raise InputError(f"{name}: not {_BINARY_KINDS[kind]}, though its name or type says so")
    return kind


def _is_mail(head: bytes) -> bool:
    """Return whether a text begins with the headers of an e-mail and a blank line."""
    names, position = set(), 0
    while match := _HEADER.match(head, position):
        names.add((match[1] or b"").lower())
        position = match.end()
    blank_line = head[position : position + 1] == b"\n"
    return blank_line and b"from" in names and bool(names & _HEADERS)
