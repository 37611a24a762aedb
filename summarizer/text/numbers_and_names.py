"""Numbers and names of a summary that its document does not hold.

Texts are compared without case and in Unicode's compatible form (NFKC), word by word. A word is a
run of letters and digits; a point, comma, colon or slash between two digits is part of it, and
nothing else is: `COVID-19` is two words, `3.14` and `1990s` are one. Characters of scripts without
spaces between words are no part of any.

A number is a word with a digit. `1,000` is 1000, digits of every script are the same, a document
with `12:30` or `2019/20` also holds their parts; everything else is another number: `1.0`, `1` and
`one` are three. A sign and a percent sign are no part of it.

A name is a word without a digit, of a script with capitals, that training never saw in lower case.
Where what training saw is not known (`known` is None) it is a word with a capital that is not the
first of its sentence.
"""

import re
import unicodedata
from collections.abc import Container
from typing import NamedTuple

from summarizer.text import sentences
from summarizer.text.words import LETTER

_LETTER = rf"(?:{LETTER}|\d)"
_WORD = re.compile(rf"{_LETTER}+(?:(?<=\d)[.,:/٫٬](?=\d){_LETTER}+)*")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_PARTS = re.compile(r"[:/]")


class Mention(NamedTuple):
    """A number or a name.

    Attributes:
        text: as the summary has it, in the form NFKC.
        number: whether it has a digit; else it is a name.
    """

    text: str
    number: bool


def unsupported(summary: str, document: str, known: Container[str] | None = None) -> list[Mention]:
    """Return the numbers and names of a summary that its document does not hold, each once.

    Args:
        summary: any text.
        document: what it is about.
        known: words, as `key` gives them, that training saw in lower case, from `lowercase.load`;
            None: names are told by their capitals.
    """
    held, found = normalized_words(document), dict[str, Mention]()
    for sentence in sentences.split_sentences(summary):
        for i, word in enumerate(mention_words(sentence)):
            own = normalize_word(word)
            if own not in held and (is_number(word) or _is_name(word, own, i == 0, known)):
                found.setdefault(own, Mention(word, is_number(word)))
    return list(found.values())


def mention_words(text: str) -> list[str]:
    """Return the words of a text, in the form NFKC."""
    return _WORD.findall(unicodedata.normalize("NFKC", text))


def normalized_words(text: str) -> set[str]:
    """Return the words of a text as they are compared, and the parts of times and ranges."""
    found = set(map(normalize_word, mention_words(text)))
    return found.union(*(map(normalize_word, _PARTS.split(k)) for k in found if _PARTS.search(k)))


def normalize_word(word: str) -> str:
    """Return a word as it is compared."""
    if is_number(word):
        word = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in word)
        word = word.replace(",", "") if _THOUSANDS.fullmatch(word) else word
    return word.casefold()


def is_number(word: str) -> bool:
    """Tell whether a word has a digit."""
    return any(map(str.isdecimal, word))


def has_case(word: str) -> bool:
    """Tell whether a word has a letter of a script with capitals."""
    return word.lower() != word.upper()


def _is_name(word: str, own: str, first: bool, known: Container[str] | None) -> bool:
    if known is None:
        return not first and word != word.lower()
    return has_case(word) and own not in known
