"""Restore the case of a lower-cased text from a document and from the words of the training data.

A word takes its spelling from the places of the document with the strongest evidence, and among
these from those that share the longest run of words with the text; see `case_index`. A word
without evidence is a name if the training data never has it in lower case.
"""

import re
from collections import Counter
from collections.abc import Container, Sequence

from summarizer.text.case_index import (
    WORD,
    CaseIndex,
    Evidence,
    Occurrence,
    is_abbreviation,
    without_possessive,
)
from summarizer.text.numbers_and_names import is_number, normalize_word

_QUOTES = "\"'“‘«„¿¡"
_CODE = re.compile(r"[\\_^{}=<>|~@]|://")  # in LaTeX, names of programs, addresses
_CODE_BEFORE, _CODE_AFTER = "\\_^{=@#/$", "\\_^}=@("  # beside a word of them
_ENDS_SENTENCE = re.compile(r"[.!?][\"'”’)\]]* [\"'“‘]*$")
_ACRONYM = re.compile("[b-df-hj-np-tv-xz]{2,5}")  # no vowel


def restore_case(text: str, document: str, known: Container[str] | None = None) -> str:
    """Spell each word of a lower-cased text as the document does, and capitalize its sentences.

    Only case changes. Words with a capital keep their spelling.

    Args:
        text: a summary.
        document: its document.
        known: normalized words that the training data has in lower case, from
            `lowercase_words.load_lowercase_words`; None: which words are names is unknown.
    """
    matches = list(WORD.finditer(text))
    keys = [without_possessive(match.group()).lower() for match in matches]
    speller = _Speller(CaseIndex(document), known)
    parts, end = list[str](), 0
    for i, match in enumerate(matches):
        word, begin = match.group(), match.start()
        gap = text[end:begin]
        if word == word.lower():
            in_code = gap[-1:] in tuple(_CODE_BEFORE)
            in_code |= text[match.end() : match.end() + 1] in tuple(_CODE_AFTER)
            word = speller.spell(keys, i, not in_code) + word[len(keys[i]) :]
        if (
            i
            and _ENDS_SENTENCE.search(gap)
            and not (gap[0] == "." and is_abbreviation(keys[i - 1]))
        ):
            word = _capitalize(word)
        parts += [gap, word]
        end = match.end()
    return _capitalize("".join(parts) + text[end:])


class _Speller:
    """Spells words as a document does.

    Args:
        index: of the document.
        known: see `restore_case`.
    """

    def __init__(self, index: CaseIndex, known: Container[str] | None):
        self._index, self._known = index, known

    def spell(self, keys: Sequence[str], i: int, prose: bool = True) -> str:
        """Return the spelling of a word.

        Args:
            keys: the words of the text in lower case.
            i: position of the word.
            prose: whether the word may be a name although the document lacks it.
        """
        key = keys[i]
        places = self._index.occurrences(keys, i)
        least = Evidence.TITLE if self._known is None else Evidence.PART
        if form := _best_form(places, least) or self._like_other_number(key):
            return form
        if "-" in key or "/" in key:
            return self._spell_compound(key, places, prose)
        part = self._index.part_of_compound(key)
        if part and (part[1:] != key[1:] or part == key or self._is_name(key)):
            return part
        return _as_name(key) if prose and self._is_name(key) else key

    def _spell_compound(self, key: str, places: Sequence[Occurrence], prose: bool) -> str:
        """Return a compound whose parts have the spelling of words."""
        parts = re.split("([-/])", key)
        spelled = [part if part in "-/" else self.spell([part], 0, prose) for part in parts]
        for place in places:  # at the start of a sentence only the first part is in doubt
            if place.evidence == Evidence.START:
                return spelled[0] + place.form[len(parts[0]) :]
        return "".join(spelled)

    def _like_other_number(self, key: str) -> str:
        """Return a plural as its singular is written, or the reverse; "" without evidence."""
        for other in _other_numbers(key):
            if form := _best_form(self._index.occurrences([other], 0), Evidence.FIRM):
                return form + "s" if len(other) < len(key) else form[:-1]
        return ""

    def _is_name(self, key: str) -> bool:
        if self._known is None or is_number(key) or "." in key or key != key.strip("+"):
            return False
        words = [part for part in re.split("['’]", key) if len(part) > 1]
        forms = [form for word in words for form in (word, *_other_numbers(word))]
        has_case = all(letter.upper() != letter for word in words for letter in word)
        return bool(words) and has_case and not any(normalize_word(f) in self._known for f in forms)


def _other_numbers(key: str) -> list[str]:
    """Return the singular and the plural of a word, if they have at least three letters."""
    numbers = [key[:-1], key + "s"] if key.endswith("s") else [key + "s"]
    return [number for number in numbers if len(number) > 2]


def _best_form(places: Sequence[Occurrence], least: Evidence) -> str:
    """Return the spelling with the strongest evidence; "" if all is weaker than the least."""
    strongest = max((place.evidence for place in places), default=Evidence.START)
    if strongest < least:
        return ""
    places = [place for place in places if place.evidence == strongest]
    longest = max(place.shared for place in places)
    votes = Counter(place.form for place in places if place.shared == longest)
    return max(votes, key=lambda form: (votes[form], form == form.lower()))


def _as_name(key: str) -> str:
    """Return a word as a name; `d'arco` becomes `D'Arco`, and a word without vowels `XKPT`."""
    if _ACRONYM.fullmatch(key):
        return key.upper()
    prefix = re.match("[^\\W_]['’](?=[^\\W_]{3})", key)
    at = prefix.end() if prefix else 0
    return _upper_first(key[:at]) + _upper_first(key[at:])


def _upper_first(word: str) -> str:
    """Return a word with a capital, unless its capital has several letters."""
    first = word[:1].upper()
    return first + word[1:] if len(first) == 1 else word


def _capitalize(text: str) -> str:
    """Return a text that begins with a capital, after quotation marks.

    Code and words with capitals inside, such as `iPhone`, stay as they are.
    """
    begin = len(text) - len(text.lstrip(_QUOTES))
    first, _, _ = text[begin:].partition(" ")
    letters = re.split(r"[\W_]", first, maxsplit=1)[0]
    if _CODE.search(first) or letters[1:] != letters[1:].lower():
        return text
    return text[:begin] + text[begin : begin + 1].upper() + text[begin + 1 :]
