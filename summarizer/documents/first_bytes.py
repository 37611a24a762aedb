"""Tell by its first bytes a text that is no prose: subtitles, a notebook, or a format not read."""

import csv
import json
import re
from pathlib import Path
from typing import Any

from summarizer.errors import InputError

HEAD = 2**16  # bytes that are looked at
_OUTLOOK = "__substg1.0_".encode("utf-16-le")  # MS-OXMSG, 2.2.3
_SUBTITLES = re.compile(
    rb"\s*+(?:WEBVTT(?:\s|\Z)|\d++[ \t]*+\r?\n(?:\d{1,3}:)?\d{1,2}:\d\d[.,]\d{1,3}[ \t]*+-->)"
)
_LATEX = re.compile(
    rb"\s*+(?:%[^\n]*+\n\s*+)*+\\(?:documentclass|documentstyle|usepackage|RequirePackage|input"
    rb"|begin|chapter|section|title|newcommand|def)\b"
)
_JSON = re.compile(rb'\s*+(?:\{\s*+(?:"[^"\n]*+"\s*+:|\}\s*+\Z)|\[\s*+[\[{"])')
_RECORDS = re.compile(rb'\s*+(?:\[\s*+)?+\{\s*+"[^"\n]*+"\s*+:')
_BY_SUFFIX = {".csv": "table", ".tsv": "table", ".tex": "latex", ".rtf": "rtf"}
_REFUSED = {
    "rtf": "an RTF file; save it as .docx or as plain text",
    "latex": "LaTeX; compile it and name the PDF, or save its text as plain text",
    "postscript": "PostScript; convert it to PDF",
    "outlook": "an Outlook message; save it as .eml",
    "table": "a table; write each row as a line of JSON with its document, and name it .jsonl",
    "json": 'JSON, not a text; write each document as a line {"document": …} of a .jsonl file',
    "json_lines": "JSON Lines; name it .jsonl, or write jsonl: before its name",
}


def kind_of(raw: bytes, name: str, content_type: str = "") -> str | None:
    """Return "subtitles" or "notebook"; None: the text is none of these formats.

    Args:
        raw: the content.
        name: name of the document, for the suffix of tables and for errors.
        content_type: the declared content type; "": none.

    Raises:
        InputError: the format is known but not read; the message says what to do.
    """
    head = raw[:HEAD].removeprefix(b"\xef\xbb\xbf")
    if _SUBTITLES.match(head):
        return "subtitles"
    kind = _kind_of_json(raw, head) or _refused_kind(head, name, content_type)
    if kind in _REFUSED:
        raise InputError(f"{name}: {_REFUSED[kind]}")
    return kind or None


def refuse_outlook(raw: bytes, name: str) -> None:
    """Refuse a message of Outlook, which is an archive like an old Office file.

    Raises:
        InputError: the archive is a message.
    """
    if _OUTLOOK in raw:
        raise InputError(f"{name}: {_REFUSED['outlook']}")


def _refused_kind(head: bytes, name: str, content_type: str) -> str:
    """Return the format of a text that is not read; "": none."""
    if head.lstrip()[:5] == b"{\\rtf":
        return "rtf"
    if head.startswith(b"%!PS"):
        return "postscript"
    if _LATEX.match(head):
        return "latex"
    first = head.partition(b"\n")[0].decode("utf-8", "replace")[:1000]
    headers = (set(next(csv.reader([first.strip()], delimiter=d), [])) for d in ",;\t")
    is_header = any("document" in names and names & {"id", "summary"} for names in headers)
    if is_header or content_type in ("text/csv", "text/tab-separated-values"):
        return "table"
    return _BY_SUFFIX.get(Path(name.partition("?")[0]).suffix.lower(), "")


def _kind_of_json(raw: bytes, head: bytes) -> str:
    """Return "notebook", "json" or "json_lines"; "": the text is no JSON."""
    if not _JSON.match(head):
        return ""
    value = _parsed(raw)
    if isinstance(value, dict) and "nbformat" in value:
        return "notebook"
    if value is None and isinstance(_parsed(raw.lstrip().partition(b"\n")[0]), dict):
        return "json_lines"
    return "json" if value is not None or _RECORDS.match(head) else ""


def _parsed(raw: bytes) -> Any:
    """Return the value of JSON; None: it is none."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
