"""Prose of a PDF: its lines joined to paragraphs; needs the extra `files`."""

import contextlib
import itertools
import re
import statistics
from collections import Counter
from typing import Any, NamedTuple

from summarizer.errors import InputError
from summarizer.text import cleaning
from summarizer.text.sentences import ends_sentence

INSTALL = "pip install 'summarizer-lstm[files]'"
_PASSWORD = 4  # FPDF_ERR_PASSWORD
_BULLET = re.compile(r"^[•‣▪◦●○–·*]\s+")
_ITEM = re.compile(_BULLET.pattern + r"|\(?\d{1,2}[.)]\s")
_CONTENTS = re.compile(r"(?:\.\s?){4,}\d*$")  # an entry of a table of contents
_HYPHENS = "\x02\xad\ufffe"  # PDFium's characters for a hyphen at the end of a line
_MIN_REPEATS = 3  # pages with the same first or last line, which is then no prose


class _Line(NamedTuple):
    """A line of a page, or several if PDFium joined a hyphenated word.

    Attributes:
        text: its characters.
        left: left edge, in points.
        first: bottom of its first line, in points.
        last: bottom of its last line, in points.
        size: height of its letters, in points.
    """

    text: str
    left: float
    first: float
    last: float
    size: float


def text(raw: bytes, name: str, charset: str | None = None) -> str:
    """Return the paragraphs of a document, separated by blank lines.

    Page numbers are removed, and so are lines that are repeated at the head or foot of pages.
    Hyphenated words are joined, and so are paragraphs that continue on the next page.

    Args:
        raw: the file.
        name: name of the file in error messages.
        charset: unused.

    Raises:
        InputError: the document is protected, damaged or without text (scanned); or the extra is
            not installed.
    """
    try:
        import pypdfium2
    except ModuleNotFoundError:
        raise InputError(f"{name}: PDF files need {INSTALL}") from None
    try:
        with pypdfium2.PdfDocument(raw) as document:
            pages = [_lines(page) for page in document]
    except pypdfium2.PdfiumError as error:
        if error.err_code == _PASSWORD:
            raise InputError(f"{name}: protected with a password; save it without one") from None
        raise InputError(f"{name}: a cut or damaged PDF") from None
    paragraphs = "\n\n".join(_paragraphs(_without_repeated(pages)))
    if cleaning.is_blank(paragraphs):
        count = f"{len(pages)} {'page' if len(pages) == 1 else 'pages'}"
        raise InputError(
            f"{name}: a PDF of {count} without text (scanned?); recognize its text first (OCR)"
        )
    return paragraphs


def _lines(page: Any) -> list[_Line]:
    """Return the lines of a page, in the order of the file."""
    lines, begin = [], 0
    with contextlib.closing(page.get_textpage()) as chars:
        count = chars.count_chars()
        for line in chars.get_text_range().split("\n"):
            # Letters only: spaces added by PDFium have no box, and bullets have another size.
            letters = [i for i, char in enumerate(line, begin) if char.isalnum() and i < count]
            begin += len(line) + 1
            if letters and not _CONTENTS.search(line.strip()):
                boxes = [chars.get_charbox(i, loose=True) for i in (letters[0], letters[-1])]
                (left, first, _, top), (_, last, _, _) = boxes
                lines.append(_Line(line.strip(), left, first, last, top - first))
    page.close()
    return lines


def _without_repeated(pages: list[list[_Line]]) -> list[list[_Line]]:
    """Return pages without page numbers and repeated first and last lines."""
    ends = [{_without_digits(lines[i]) for i in (0, -1)} for lines in pages if lines]
    counts = Counter(text for page in ends for text in page)
    cleaned = []
    for lines in pages:
        for i in (0, -1):
            if lines and (
                counts[_without_digits(lines[i])] >= _MIN_REPEATS or lines[i].text.isdigit()
            ):
                lines = lines[1:] if i == 0 else lines[:-1]
        cleaned.append(lines)
    return cleaned


def _without_digits(line: _Line) -> str:
    return re.sub(r"\d+", "", line.text)


def _paragraphs(pages: list[list[_Line]]) -> list[str]:
    """Return the lines of all pages, joined to paragraphs."""
    paragraphs: list[str] = []
    previous: _Line | None = None
    for lines in pages:
        steps = [a.last - b.first for a, b in itertools.pairwise(lines)]
        line_height = statistics.median([step for step in steps if step > 0] or [0.0])
        for line in lines:
            if previous is None or _begins_paragraph(previous, line, line_height):
                paragraphs.append(_BULLET.sub("", line.text))
            elif _ends_with_hyphen(paragraphs[-1], line.text):
                paragraphs[-1] = paragraphs[-1][:-1] + line.text
            else:
                paragraphs[-1] += " " + line.text
            previous = line
    return [re.sub(f"[{_HYPHENS}]", "", paragraph) for paragraph in paragraphs]


def _ends_with_hyphen(paragraph: str, following: str) -> bool:
    """Return whether a paragraph ends within a word that the following line continues."""
    return paragraph[-1] in _HYPHENS or (paragraph[-1] == "-" and following[0].islower())


def _begins_paragraph(previous: _Line, line: _Line, line_height: float) -> bool:
    """Return whether a line begins a paragraph, by size, position and the end of the one before."""
    size_change = abs(line.size - previous.size)
    if size_change > 0.15 * max(line.size, previous.size):  # between a heading and its text
        return True
    if _ITEM.match(line.text):
        return True
    down = previous.last - line.first
    if down < 0 or down > 10 * line_height:  # another column or page
        return ends_sentence(previous.text)
    indented = line.left - previous.left > 0.5 * line.size
    return down > 1.3 * line_height or (ends_sentence(previous.text) and indented)
