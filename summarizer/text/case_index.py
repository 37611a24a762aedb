"""Where a document writes a word with a capital, and what that tells about the word.

A capital is evidence of a name unless it stands there for another reason: every word is capitalized
at the start of a sentence, and in a sentence in title case or in capitals.
"""

import enum
import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

from summarizer.text.sentences import ABBREVIATIONS

WORD = re.compile(r"[^\W_]+(?:['’.\-/+][^\W_]+)*\+*")
_STOPS = ".!?:\n"  # before a sentence
_OPENING = " \"'“‘(["  # between a stop and the first word of a sentence
_TITLES = frozenset({"adm", "capt", "gen", "hon", "pres", "rep", "rev", "sen"})
_COMPANIES = frozenset({"bros", "co", "corp", "inc", "llc", "ltd"})
_LONG = 4  # letters of a word that a title capitalizes
_FEWEST = 3  # words of a title, and of a run in capitals
_REACH = 30  # words on each side that are read to recognize a title
_CONTEXT = 8  # words on each side that are compared


class Evidence(enum.IntEnum):
    """What a spelling tells about the case of a word, the weakest first."""

    START = 0  # the word begins a sentence
    TITLE = 1  # all words of the sentence are capitalized
    PART = 2  # it belongs to a run of capitalized words of which the text has no other word
    FIRM = 3


class Occurrence(NamedTuple):
    """A word of a document, compared with a word of a text.

    Attributes:
        form: its spelling in the document.
        shared: number of words around it, itself included, that the text repeats.
        evidence: what the spelling tells.
    """

    form: str
    shared: int
    evidence: Evidence


class CaseIndex:
    """The words of a document by their lower-case form, without a possessive 's."""

    def __init__(self, document: str):
        self._document = document
        matches = list(WORD.finditer(document))
        self._words = [without_possessive(match.group()) for match in matches]
        self._keys = [word.lower() for word in self._words]
        self._begins = [match.start() for match in matches]
        self._ends = [match.end() for match in matches]
        self._positions: dict[str, list[int]] = {}
        for j, key in enumerate(self._keys):
            self._positions.setdefault(key, []).append(j)

    def occurrences(self, keys: Sequence[str], i: int) -> list[Occurrence]:
        """Return where the document has a word of a text, in order.

        Places where whole sentences or three words in a row are in capitals are left out.

        Args:
            keys: the words of the text in lower case.
            i: position of the word.
        """
        key = keys[i]
        positions = self._positions.get(key, ())
        in_lower_case = any(self._words[j] == key for j in positions)
        if in_lower_case and all(self._words[j] == key for j in positions):
            return [Occurrence(key, 1, Evidence.FIRM)]
        places = []
        for j in positions:
            left, right = self._shared(keys, i, j, -1), self._shared(keys, i, j, 1)
            evidence = (
                Evidence.FIRM
                if self._words[j] == key
                else self._evidence_of_capital(j, left > 0, right > 0, in_lower_case)
            )
            if evidence is not None:
                places.append(Occurrence(self._words[j], left + right + 1, evidence))
        return places

    def part_of_compound(self, key: str) -> str:
        """Return how the document writes a word as a part of a compound with a hyphen, or ""."""
        return self._parts.get(key, "")

    @functools.cached_property
    def _parts(self) -> dict[str, str]:
        """Part of a compound in lower case → its first spelling."""
        parts: dict[str, str] = {}
        for j, key in enumerate(self._keys):
            if "-" in key:
                spelled = self._words[j].split("-")
                for part in spelled[1:] if self._begins_sentence(j) else spelled:
                    parts.setdefault(part.lower(), part)
        return parts

    def _shared(self, keys: Sequence[str], i: int, j: int, step: int) -> int:
        """Return how many words on one side are equal in the text and the document."""
        for count in range(_CONTEXT):
            i, j = i + step, j + step
            inside = 0 <= i < len(keys) and 0 <= j < len(self._keys)
            if not inside or keys[i] != self._keys[j]:
                return count
        return _CONTEXT

    def _evidence_of_capital(
        self, j: int, left: bool, right: bool, in_lower_case: bool
    ) -> Evidence | None:
        """Return what a word with a capital tells; None: nothing.

        Args:
            j: position of the word.
            left: whether the text repeats the word before it.
            right: whether the text repeats the word after it.
            in_lower_case: whether the document has the word in lower case, too.
        """
        if self._in_run_of_capitals(j):
            return None
        in_title, in_capitals = self._title(j)
        if in_capitals:
            return None
        before = self._is_capital(j - 1) and self._follows(j) and not self._begins_sentence(j - 1)
        after = self._is_capital(j + 1) and self._follows(j + 1)
        word = self._words[j]
        if word[1:] == self._keys[j][1:]:
            long = len(word) >= _LONG or is_abbreviation(self._keys[j])
            begins_name = after and right and not in_lower_case and long
            if self._begins_sentence(j) and not begins_name:
                return Evidence.START
            if in_title:
                return Evidence.TITLE
        whole = not (before or after) or (before and left) or (after and right)
        return Evidence.FIRM if whole else Evidence.PART

    def _is_capital(self, j: int) -> bool:
        return 0 <= j < len(self._words) and self._words[j][0] != self._keys[j][0]

    def _gap(self, j: int) -> str:
        """Return what stands between a word and the word before."""
        return self._document[self._ends[j - 1] if j else 0 : self._begins[j]]

    def _follows(self, j: int) -> bool:
        """Return whether only white space, or an abbreviation's point, stands before a word."""
        gap = self._gap(j)
        return gap.isspace() or (gap.strip() == "." and not self._begins_sentence(j))

    def _begins_sentence(self, j: int) -> bool:
        gap = self._gap(j).rstrip(_OPENING)
        if not gap or not j:
            return not j and not gap
        if gap == "." and (len(self._keys[j - 1]) == 1 or self._keys[j - 1] in _TITLES):
            return False
        return gap[-1] in _STOPS and not (gap == "." and self._keys[j - 1] in ABBREVIATIONS)

    def _in_run_of_capitals(self, j: int) -> bool:
        """Return whether a word is one of three in a row that are in capitals."""
        first = end = j
        while first > j - _FEWEST and self._is_all_capitals(first):
            first -= 1
            if not self._follows(first + 1):
                break
        while end < j + _FEWEST and self._is_all_capitals(end):
            end += 1
            if end < len(self._words) and not self._follows(end):
                break
        return end - first > _FEWEST

    def _is_all_capitals(self, j: int) -> bool:
        return 0 <= j < len(self._words) and _is_all_capitals(self._words[j])

    def _title(self, j: int) -> tuple[bool, bool]:
        """Return whether the sentence of a word is in title case, and whether in capitals."""
        first, end = j, j + 1
        while first > max(0, j - _REACH) and not self._begins_sentence(first):
            first -= 1
            if not self._fits_title(first):
                return False, False
        while end < min(len(self._words), j + _REACH) and not self._begins_sentence(end):
            if not self._fits_title(end):
                return False, False
            end += 1
        words = [word for word in self._words[first:end] if len(word) > 1]
        in_title = len(words) >= _FEWEST and words[-1] != words[-1].lower()
        return in_title, in_title and all(map(_is_all_capitals, words))

    def _fits_title(self, j: int) -> bool:
        return self._is_capital(j) or len(self._words[j]) < _LONG


def without_possessive(word: str) -> str:
    """Return a word without 's at its end."""
    return word[:-2] if len(word) > 2 and word[-2] in "'’" and word[-1] in "sS" else word


def is_abbreviation(key: str) -> bool:
    """Return whether a point after a word in lower case usually ends no sentence."""
    short = len(key) == 1 or "." in key or (key.isdecimal() and len(key) < _FEWEST)
    return short or key in ABBREVIATIONS | _TITLES | _COMPANIES


def _is_all_capitals(word: str) -> bool:
    return len(word) > 1 and word == word.upper() != word.lower()
