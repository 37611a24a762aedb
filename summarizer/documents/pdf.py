"""The prose of a PDF: lines put together to paragraphs; needs the extra `files`."""

import contextlib
import itertools
import re
import statistics
from collections import Counter
from typing import Any, NamedTuple

from summarizer.errors import InputError
from summarizer.text import cleaning
from summarizer.text.sentences import ends_sentence

NEEDS = "pip install 'summarizer-lstm[files]'"
_PASSWORD = 4  # FPDF_ERR_PASSWORD
_BULLET = re.compile(r"^[•‣▪◦●○–·*]\s+")
_ITEM = re.compile(_BULLET.pattern + r"|\(?\d{1,2}[.)]\s")
_CONTENTS = re.compile(r"(?:\.\s?){4,}\d*$")  # an entry of a table of contents
_HYPHENS = "\x02\xad\ufffe"  # what PDFium makes of a hyphen at a line's end
_REPEATED = 3  # pages that begin or end with the same line: its number is no text


class _Line(NamedTuple):
    """A line of a page; two or more, where PDFium puts a hyphenated word together.

    Attributes:
        text: what it says.
        left: where it begins, in points.
        first: the bottom of its first line.
        last: the bottom of its last line.
        size: of its letters.
    """

    text: str
    left: float
    first: float
    last: float
    size: float


def text(raw: bytes, name: str, charset: str | None = None) -> str:
    """Return the paragraphs of a document, with blank lines between.

    Page numbers and lines that stand at the head or foot of many pages are left out, words that
    were hyphenated are whole, and a paragraph goes on over the end of a page.

    Args:
        raw: the file.
        name: for the error.
        charset: not used.

    Raises:
        InputError: it is protected, cut or damaged, or has no text (scanned); or the extra is
            not installed.
    """
    try:
        import pypdfium2
    except ModuleNotFoundError:
        raise InputError(f"{name}: PDF files need {NEEDS}") from None
    try:
        with pypdfium2.PdfDocument(raw) as document:
            pages = [_lines(page) for page in document]
    except pypdfium2.PdfiumError as error:
        if error.err_code == _PASSWORD:
            raise InputError(f"{name}: protected with a password; save it without one") from None
        raise InputError(f"{name}: a cut or damaged PDF") from None
    found = "\n\n".join(_paragraphs(_without_repeated(pages)))
    if cleaning.is_blank(found):
        raise InputError(
            f"{name}: a PDF of {len(pages)} {'page' if len(pages) == 1 else 'pages'} without "
            "text (scanned?); recognize its text first (OCR)"
        )
    return found


def _lines(page: Any) -> list[_Line]:
    """The lines of one page, in the order that they were written in."""
    found, begin = [], 0
    with contextlib.closing(page.get_textpage()) as chars:
        count = chars.count_chars()
        for line in chars.get_text_range().split("\n"):
            # Letters: a space that PDFium put in has no place, a bullet another size.
            letters = [i for i, c in enumerate(line, begin) if c.isalnum() and i < count]
            begin += len(line) + 1
            if letters and not _CONTENTS.search(line.strip()):
                boxes = [chars.get_charbox(i, loose=True) for i in (letters[0], letters[-1])]
                (left, first, _, top), (_, last, _, _) = boxes
                found.append(_Line(line.strip(), left, first, last, top - first))
    page.close()
    return found


def _without_repeated(pages: list[list[_Line]]) -> list[list[_Line]]:
    ends = [{_numberless(lines[i]) for i in (0, -1)} for lines in pages if lines]
    counts = Counter(text for page in ends for text in page)
    kept = []
    for lines in pages:
        for i in (0, -1):
            if lines and (counts[_numberless(lines[i])] >= _REPEATED or lines[i].text.isdigit()):
                lines = lines[1:] if i == 0 else lines[:-1]
        kept.append(lines)
    return kept


def _numberless(line: _Line) -> str:
    return re.sub(r"\d+", "", line.text)


def _paragraphs(pages: list[list[_Line]]) -> list[str]:
    out: list[str] = []
    last: _Line | None = None
    for lines in pages:
        steps = [a.last - b.first for a, b in itertools.pairwise(lines)]
        step = statistics.median([s for s in steps if s > 0] or [0.0])
        for line in lines:
            if last is None or _begins(last, line, step):
                out.append(_BULLET.sub("", line.text))
            elif out[-1][-1] in _HYPHENS or (out[-1][-1] == "-" and line.text[0].islower()):
                out[-1] = out[-1][:-1] + line.text
            else:
                out[-1] += " " + line.text
            last = line
    return [re.sub(f"[{_HYPHENS}]", "", paragraph) for paragraph in out]


def _begins(last: _Line, line: _Line, step: float) -> bool:
    """Tell whether a line begins a paragraph."""
    if abs(line.size - last.size) > 0.15 * max(line.size, last.size):  # a heading, or its text
        return True
    if _ITEM.match(line.text):
        return True
    down = last.last - line.first
    if down < 0 or down > 10 * step:  # another column or page
        return ends_sentence(last.text)
    return down > 1.3 * step or (
        ends_sentence(last.text) and line.left - last.left > 0.5 * line.size
    )
