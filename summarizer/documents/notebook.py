"""Prose of a notebook (.ipynb): its Markdown cells, without code and outputs."""

import json
from collections.abc import Iterator
from typing import Any

from summarizer.documents import encoding, markdown
from summarizer.errors import InputError
from summarizer.text import cleaning


def text(raw: bytes, name: str, charset: str | None = None) -> str:
    """Return the paragraphs of the Markdown cells, separated by blank lines.

    Args:
        raw: the file.
        name: name of the file in error messages.
        charset: the declared encoding; None: UTF-8.

    Raises:
        InputError: the file is damaged or has no text.
    """
    try:
        notebook = json.loads(encoding.decode(raw, name, charset))
    except (ValueError, RecursionError):
        raise InputError(f"{name}: a damaged notebook") from None
    paragraphs = markdown.prose("\n\n".join(_sources(notebook)))
    if cleaning.is_blank(paragraphs):
        raise InputError(f"{name}: a notebook without text beside its code")
    return paragraphs


def _sources(notebook: Any) -> Iterator[str]:
    """Yield the Markdown of each cell that has some, in versions 3 and 4 of the format."""
    if not isinstance(notebook, dict):
        return
    sheets = notebook.get("worksheets")
    parts = [notebook, *(sheets if isinstance(sheets, list) else [])]
    for part in parts:
        cells = part.get("cells") if isinstance(part, dict) else None
        for cell in cells if isinstance(cells, list) else []:
            if isinstance(cell, dict) and cell.get("cell_type") == "markdown":
                source = cell.get("source", "")
                lines = source if isinstance(source, list) else [source]
                yield "".join(line for line in lines if isinstance(line, str))
