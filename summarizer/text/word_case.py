"""Restore the case of a lower-cased text from a document, word by word.

`truecase` knows more about names. A SavedModel has these rules, because they can be written as
TensorFlow operations.
"""

import re

_WORD = re.compile(r"[^\W_]+(?:['’.\-/+][^\W_]+)*\+*")


def restore_word_case(text: str, document: str) -> str:
    """Spell each word of a lower-cased text as the document does, and capitalize the first one.

    The spelling at the start of a sentence is ignored, because every word is capitalized there. It
    only decides whether the parts of a compound are looked up instead of the compound.
    """
    inside: dict[str, dict[str, int]] = {}  # lower-cased word -> spelling -> count
    sentence_starts: set[str] = set()
    for match in _WORD.finditer(document):
        word = match.group()
        at = match.start()
        while at and document[at - 1] in " \"'“‘([":
            at -= 1
        if (not at or document[at - 1] in ".!?:\n") and word[1:] == word[1:].lower():
            sentence_starts.add(word.lower())
        else:
            spellings = inside.setdefault(word.lower(), {})
            spellings[word] = spellings.get(word, 0) + 1

    def spell(match: re.Match[str]) -> str:
        word = match.group()
        if word != word.lower():  # has its spelling already
            return word
        if word in inside:
            return max(inside[word], key=lambda form: (inside[word][form], form == word))
        if "-" in word and word not in sentence_starts:
            return "-".join(_WORD.sub(spell, part) for part in word.split("-"))
        return word

    text = _WORD.sub(spell, text)
    return text[:1].upper() + text[1:]
