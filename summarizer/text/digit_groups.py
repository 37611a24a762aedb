"""Numbers with marks between groups of digits: `1 000`, `1'000`, `1,000.5`, `1.000,5`.

A space or an apostrophe before exactly three digits always groups. A comma or a point before
exactly three digits may also be the decimal mark. Which one it is follows from the other numbers of
the document; where they do not tell, the number is left as it is written.
"""

import re
from collections.abc import Container

from summarizer.text.words import LETTER

_LETTER = rf"(?:{LETTER}|\d)"
SPACES = " '’ʼ"  # between groups; in the form NFKC all spaces are this one
_GROUPED = rf"\d{{1,3}}(?:[{SPACES}]\d{{3}}(?!\d))+{LETTER}*"
_RUN = rf"(?:{_GROUPED}|{_LETTER}+)"
WORD = re.compile(rf"{_RUN}(?:(?<=\d)(?:[.,٫٬](?=\d){_LETTER}+|[:/](?=\d){_RUN}))*")
"""A word: a run of letters and digits, with the marks inside its numbers."""

ENGLISH = frozenset(",")
"""The marks that group digits if nothing else is known."""

_NUMBER = re.compile(rf"(\d[\d.,٫٬{SPACES}]*)(.*)", re.DOTALL)
_PARTS = re.compile(r"[:/]")
_SPACED = re.compile(f"[{SPACES}]")
_MARKED = re.compile(r"\d[.,]\d")
_BRACKETS = "[({⟨"  # lists of sources and coordinates: no decimals


def parts(word: str) -> list[str]:
    """Return the parts of a time, a range or a ratio; the word alone if it is none."""
    return _PARTS.split(word)


def grouping_marks(text: str) -> frozenset[str]:
    """Return which of point and comma group digits in the numbers of a text that are unclear.

    The comma does unless the text has it as decimal mark, or the point between groups. The point
    does if the text has it between groups or the comma as decimal mark, and never has it as decimal
    mark.

    Args:
        text: in the form NFKC.
    """
    decimal, grouping = set[str](), set[str]()
    if _MARKED.search(text):
        for match in WORD.finditer(text):
            if text[match.start() - 1 : match.start()] not in tuple(_BRACKETS):
                for part in parts(match.group()):
                    _add_evidence(part, decimal, grouping)
    comma = "," not in decimal and not ("." in grouping and "," not in grouping)
    point = "." not in decimal and ("." in grouping or ("," in decimal and "," not in grouping))
    return frozenset([","] * comma + ["."] * point)


def without_groups(word: str, grouping: Container[str]) -> str:
    """Return a word whose number has no marks between groups of digits.

    Args:
        word: as `WORD` finds it.
        grouping: the marks that group in numbers that are unclear, see `grouping_marks`.
    """
    return "".join(p if p in ":/" else _without_groups(p, grouping) for p in _split(word))


def _split(word: str) -> list[str]:
    return re.split("([:/])", word)


def _without_groups(word: str, grouping: Container[str]) -> str:
    match = _NUMBER.fullmatch(word)
    if match is None:
        return word
    number, spaced = _SPACED.subn("", match[1])
    number = "".join(_grouped_by("٬", number))
    whole, mark, fraction = _split_decimal(number)
    if mark:
        return whole + mark + fraction + match[2]
    marks = set(re.findall("[.,]", number))
    if len(marks) == 1 and not spaced:
        (mark,) = marks
        if number.count(mark) > 1 or mark in grouping:
            number = _grouped_by(mark, number)
    return number + match[2]


def _grouped_by(mark: str, number: str) -> str:
    """Return a number without a mark that stands before exactly three digits each time."""
    first, *others = number.split(mark)
    groups = 1 <= len(first) <= 3 and all(len(other) == 3 for other in others)
    return first + "".join(others) if groups and first.isdecimal() else number


def _split_decimal(number: str) -> tuple[str, str, str]:
    """Return the whole part, decimal mark and fraction of a number with both marks; else "" each.

    The last mark is the decimal mark if it occurs once and the other mark groups.
    """
    mark = number[max(number.rfind("."), number.rfind(","))] if _MARKED.search(number) else ""
    whole, _, fraction = number.rpartition(mark) if mark else ("", "", "")
    other = "," if mark == "." else "."
    if not mark or mark in whole or other not in whole or not fraction.isdecimal():
        return "", "", ""
    plain = _grouped_by(other, whole)
    return (plain, mark, fraction) if plain.isdecimal() else ("", "", "")


def _add_evidence(word: str, decimal: set[str], grouping: set[str]) -> None:
    """Add what a number tells about point and comma: which is decimal and which groups."""
    match = _NUMBER.fullmatch(word)
    number, spaced = _SPACED.subn("", match[1]) if match else ("", 0)
    marks = re.findall("[.,]", number)
    if not marks:
        return
    _, mark, _ = _split_decimal(number)
    if mark:
        decimal.add(mark)
        grouping.add("," if mark == "." else ".")
    elif len(marks) == 1:
        (mark,) = marks
        whole, _, fraction = number.partition(mark)
        if spaced or len(fraction) != 3 or len(whole) > 3 or whole.startswith("0"):
            decimal.add(mark)
    elif len(set(marks)) == 1 and _grouped_by(marks[0], number).isdecimal():
        grouping.add(marks[0])
