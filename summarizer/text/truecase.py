"""Give words without case the spelling that they have in a document."""

import re

_WORD = re.compile(r"[^\W_]+(?:['’.\-/+][^\W_]+)*\+*")


def restore_case(text: str, document: str) -> str:
    """Spell each word of a text without case as the document does, and begin with a capital.

    A word at the start of a sentence tells nothing of its spelling, so it counts only where the
    word stands nowhere else.
    """
    inside: dict[str, dict[str, int]] = {}
    first: dict[str, str] = {}
    for match in _WORD.finditer(document):
        word = match.group()
        at = match.start()
        while at and document[at - 1] in " \"'“‘([":
            at -= 1
        if (not at or document[at - 1] in ".!?:\n") and word[1:] == word[1:].lower():
            first.setdefault(word.lower(), word)
        else:
            seen = inside.setdefault(word.lower(), {})
            seen[word] = seen.get(word, 0) + 1

    def spell(match: re.Match[str]) -> str:
        word = match.group()
        if word != word.lower():  # has its spelling already
            return word
        if word in inside:
            return max(inside[word], key=lambda form: (inside[word][form], form == word))
        if "-" in word and word not in first:
            return "-".join(_WORD.sub(spell, part) for part in word.split("-"))
        return word

    text = _WORD.sub(spell, text)
    return text[:1].upper() + text[1:]
