"""Split text of any script into sentences.

The splitter is a rule about punctuation, not a model: it needs neither data nor the language. In
doubt it does not split, because two sentences in one do less harm than half a sentence.
"""

import re
import unicodedata
from collections.abc import Sequence

# Thai and Lao end a sentence with a space alone. A space inside a sentence may also follow their
# signs of repetition and abbreviation, which are left out here.
_UNMARKED = (
    "[\u0e01-\u0e2e\u0e30-\u0e45\u0e47-\u0e4e\u0e81-\u0eae\u0eb0-\u0ec5\u0ec8-\u0ece\u0edc-\u0edf]"
)
SPACE = re.compile(rf"(?<={_UNMARKED})\s+(?={_UNMARKED})")
_CLOSERS = "\"'’”»)\\]}」』）】》〉〕"
# Unicode's Sentence_Terminal marks. Those of the first group may also end an abbreviation or a
# number; those of the last group need no space after them.
_END = re.compile(
    rf"(?P<dot>\.+|…)[{_CLOSERS}]*(?=\s)|[!?؟۔।॥։።፧។៕။၊།᠃]+[{_CLOSERS}]*(?=\s)|[。！？｡]+[{_CLOSERS}]*"
    rf"|{SPACE.pattern}"
)
_ENDED = re.compile(rf"[.!?…。！？｡؟۔।॥։።។။།][{_CLOSERS}]*$")
_JOINED = re.compile(rf"[。！？｡][{_CLOSERS}]*$")
_WORD = re.compile(r"[^\s(\[{\"'“‘«]*$")
ABBREVIATIONS = frozenset({
    "al", "approx", "bspw", "bzw", "ca", "cf", "col", "dept", "dr", "ed", "eds", "evtl", "fig",
    "figs", "ggf", "gov", "hr", "inkl", "jr", "lt", "maj", "mme", "mlle", "mr", "mrs", "ms", "mt",
    "prof", "resp", "sgt", "sr", "sra", "srta", "ss", "st", "ud", "uds", "vgl", "viz", "vs", "zzgl",
})  # fmt: skip
# Abbreviations only before a number, as some are also words.
_NUMBERED = frozenset({
    "abb", "abs", "apr", "art", "aug", "bd", "cap", "ch", "dec", "eq", "eqs", "feb", "jan", "jul",
    "jun", "mar", "no", "nos", "nov", "nr", "oct", "op", "p", "pag", "pp", "ref", "refs", "sec",
    "sect", "sep", "sept", "tab", "tel", "vol", "vols",
})  # fmt: skip


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text in order; joined they are the text, except for white space.

    A full stop does not end a sentence after an initial ("J. Smith"), an abbreviation ("Fig. 2",
    "e.g.") or a number of one or two digits ("3. Mai"), within a number ("3.14"), or before a lower
    case letter.
    """
    return [text[begin:end] for begin, end in sentence_spans(text)]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return (begin, end) in characters of each sentence, without white space around it."""
    ends, begin = [], 0
    for match in _END.finditer(text):
        if match["dot"] and not _dot_ends(text[begin : match.start()], match, text):
            continue
        begin = match.end()
        ends.append(begin)
    spans = []
    for begin, end in zip([0, *ends], [*ends, len(text)], strict=True):
        part = text[begin:end]
        begin += len(part) - len(part.lstrip())
        if part.strip():
            spans.append((begin, begin + len(part.strip())))
    return spans


def ends_sentence(text: str) -> bool:
    """Return whether a text ends with the mark of a sentence's end."""
    return bool(_ENDED.search(text))


def join_sentences(sentences: Sequence[str]) -> str:
    """Return the sentences as one text, with a space between, but none after `。` and its like."""
    text = ""
    for sentence in sentences:
        text += sentence if not text or _JOINED.search(text[-8:]) else " " + sentence
    return text


def _dot_ends(before: str, match: re.Match[str], text: str) -> bool:
    """Return whether a full stop or an ellipsis ends a sentence.

    Args:
        before: the sentence up to the full stop.
        match: of `_END`, the full stop.
        text: the whole text.
    """
    after = text[match.end() : match.end() + 16].lstrip().lstrip("\"'“‘«([{¿¡")
    if after and unicodedata.category(after[0]) == "Ll":
        return False
    if match["dot"] != ".":  # an ellipsis
        return True
    last_word = _WORD.search(before)
    word = last_word.group() if last_word else ""
    if len(word) == 1 and word.isalpha() and not _has_no_capitals(word):  # an initial, or "I"
        return word == "I" and not after[:2].endswith(".")
    if "." in word or word.lower() in ABBREVIATIONS or (word.isdigit() and len(word) <= 2):
        return False
    return not (after[:1].isdigit() and word.lower() in _NUMBERED)


def _has_no_capitals(char: str) -> bool:
    """Return whether a letter is of a script without capitals, where a letter is no initial."""
    return unicodedata.category(char) == "Lo"
