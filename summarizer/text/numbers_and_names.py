"""Numbers and names of a summary that its document does not contain.

Texts are compared word by word, without case, in Unicode's compatibility form (NFKC). A word is a
run of letters and digits. A point, comma, colon or slash between two digits is part of the word,
and so is a space or an apostrophe between groups of three digits; no other mark is: `COVID-19` is
two words, `3.14`, `1990s` and `30 000` are one. Characters of scripts without spaces between words
belong to no word.

A number is a word with a digit. `1 000`, `1'000` and `1,000` equal 1000; `digit_groups` defines
when a comma or a point groups digits. Digits of all scripts are equal, and a document with `12:30`
or `2019/20` also contains the parts. All other spellings differ: `1.0`, `1` and `one` are three
words. Signs and percent signs are ignored.

A name is a word without a digit, of a script with capitals, that never occurred in lower case in
the training data. If the words of the training data are unknown (`known` is None), a name is a word
with a capital that is not the first word of its sentence.
"""

import unicodedata
from collections.abc import Container
from typing import NamedTuple

from summarizer.text import digit_groups, sentences


class Mention(NamedTuple):
    """A number or a name.

    Attributes:
        text: the word of the summary, in the form NFKC.
        number: True for a number, False for a name.
    """

    text: str
    number: bool


def unsupported(summary: str, document: str, known: Container[str] | None = None) -> list[Mention]:
    """Return the numbers and names of a summary that its document does not contain, each once.

    Args:
        summary: any text.
        document: the document of the summary.
        known: normalized words that occurred in lower case in the training data, from
            `lowercase_words.load_lowercase_words`; None: recognize names by their capitals.
    """
    grouping = digit_groups.grouping_marks(unicodedata.normalize("NFKC", document))
    document_words, mentions = normalized_words(document), dict[str, Mention]()
    for sentence in sentences.split_sentences(summary):
        for i, word in enumerate(mention_words(sentence)):
            form = normalize_word(word, grouping)
            number = is_number(word)
            if form not in document_words and (number or _is_name(word, form, i == 0, known)):
                mentions.setdefault(form, Mention(word, number))
    return list(mentions.values())


def mention_words(text: str) -> list[str]:
    """Return the words of a text, in the form NFKC."""
    return digit_groups.WORD.findall(unicodedata.normalize("NFKC", text))


def normalized_words(text: str) -> set[str]:
    """Return the normalized words of a text, including the parts of times and ranges."""
    grouping = digit_groups.grouping_marks(unicodedata.normalize("NFKC", text))
    forms = set[str]()
    for word in set(mention_words(text)):
        forms.add(normalize_word(word, grouping))
        if is_number(word):
            forms.update(normalize_word(part, grouping) for part in digit_groups.parts(word))
    return forms


def normalize_word(word: str, grouping: Container[str] = digit_groups.ENGLISH) -> str:
    """Return the form in which a word is compared.

    Args:
        word: as `mention_words` returns it.
        grouping: the marks that group digits, from `digit_groups.grouping_marks` of the document.
    """
    if is_number(word):
        word = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in word)
        word = digit_groups.without_groups(word, grouping)
    return word.casefold()


def is_number(word: str) -> bool:
    """Return whether a word has a digit."""
    return any(map(str.isdecimal, word))


def has_case(word: str) -> bool:
    """Return whether a word has a letter of a script with capitals."""
    return word.lower() != word.upper()


def _is_name(word: str, form: str, first: bool, known: Container[str] | None) -> bool:
    if known is None:
        return not first and word != word.lower()
    return has_case(word) and form not in known
