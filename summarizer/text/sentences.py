"""Cut text of any script into sentences.

A rule of marks and not a model: it needs no data and no language. In doubt it does not cut, as two
sentences in one do less harm than half a sentence.
"""

import re
import unicodedata
from collections.abc import Sequence

# Thai and Lao mark the end of a sentence by a space alone; inside one a space also follows their
# signs of repetition and of abbreviation (the letters left out here).
_UNMARKED = (
    "[\u0e01-\u0e2e\u0e30-\u0e45\u0e47-\u0e4e\u0e81-\u0eae\u0eb0-\u0ec5\u0ec8-\u0ece\u0edc-\u0edf]"
)
SPACE = re.compile(rf"(?<={_UNMARKED})\s+(?={_UNMARKED})")
_CLOSERS = "\"'’”»)\\]}」』）】》〉〕"
# Marks of the scripts that use them (Unicode's Sentence_Terminal); the first kind may also end an
# abbreviation or a number, the last needs no space after it.
_END = re.compile(
    rf"(?P<dot>\.+|…)[{_CLOSERS}]*(?=\s)|[!?؟۔।॥։።፧។៕။၊།᠃]+[{_CLOSERS}]*(?=\s)|[。！？｡]+[{_CLOSERS}]*"
    rf"|{SPACE.pattern}"
)
_ENDED = re.compile(rf"[.!?…。！？｡؟۔।॥։።។။།][{_CLOSERS}]*$")
_JOINED = re.compile(rf"[。！？｡][{_CLOSERS}]*$")
_WORD = re.compile(r"[^\s(\[{\"'“‘«]*$")
_ABBREVIATIONS = frozenset({
    "al", "approx", "bspw", "bzw", "ca", "cf", "col", "dept", "dr", "ed", "eds", "evtl", "fig",
    "figs", "ggf", "gov", "hr", "inkl", "jr", "lt", "maj", "mme", "mlle", "mr", "mrs", "ms", "mt",
    "prof", "resp", "sgt", "sr", "sra", "srta", "ss", "st", "ud", "uds", "vgl", "viz", "vs", "zzgl",
})  # fmt: skip
# Words of their own, too: these are short for something where a number follows.
_NUMBERED = frozenset({
    "abb", "abs", "apr", "art", "aug", "bd", "cap", "ch", "dec", "eq", "eqs", "feb", "jan", "jul",
    "jun", "mar", "no", "nos", "nov", "nr", "oct", "op", "p", "pag", "pp", "ref", "refs", "sec",
    "sect", "sep", "sept", "tab", "tel", "vol", "vols",
})  # fmt: skip


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text, in order; together they are the text, white space aside.

    A full stop ends no sentence after an initial ("J. Smith"), an abbreviation ("Fig. 2", "e.g."),
    a number of one or two digits ("3. Mai") or within a number ("3.14"), or before a small letter.
    """
    found, begin = [], 0
    for match in _END.finditer(text):
        if match["dot"] and not _ends(text[begin : match.start()], match, text):
            continue
        found.append(text[begin : match.end()].strip())
        begin = match.end()
    found.append(text[begin:].strip())
    return [sentence for sentence in found if sentence]


def ends_sentence(text: str) -> bool:
    """Tell whether a text ends as a sentence does."""
    return bool(_ENDED.search(text))


def join_sentences(sentences: Sequence[str]) -> str:
    """Put sentences together again: a space between, but none after `。` and its like."""
    out = ""
    for sentence in sentences:
        out += sentence if not out or _JOINED.search(out[-8:]) else " " + sentence
    return out


def _ends(before: str, match: re.Match[str], text: str) -> bool:
    """Tell whether a full stop is the end of a sentence."""
    after = text[match.end() : match.end() + 16].lstrip().lstrip("\"'“‘«([{¿¡")
    if after and unicodedata.category(after[0]) == "Ll":
        return False
    if match["dot"] != ".":  # an ellipsis
        return True
    found = _WORD.search(before)
    word = found.group() if found else ""
    if len(word) == 1 and word.isalpha() and not _spaceless(word):
        return word == "I" and not after[:2].endswith(".")
    if "." in word or word.lower() in _ABBREVIATIONS or (word.isdigit() and len(word) <= 2):
        return False
    return not (after[:1].isdigit() and word.lower() in _NUMBERED)


def _spaceless(char: str) -> bool:
    """Tell whether a letter is of a script without capitals, where one is no initial."""
    return unicodedata.category(char) == "Lo"
