"""Split text of any script into sentences.

The splitter is a rule about punctuation, not a model: it needs neither data nor the language. In
doubt it does not split, because two sentences in one do less harm than half a sentence.
"""

import re
import unicodedata
from collections.abc import Sequence

from summarizer.text import stop_words

# Thai and Lao end a sentence with a space alone. A space inside a sentence may also follow their
# signs of repetition and abbreviation, which are left out here.
_UNMARKED = (
    "[\u0e01-\u0e2e\u0e30-\u0e45\u0e47-\u0e4e\u0e81-\u0eae\u0eb0-\u0ec5\u0ec8-\u0ece\u0edc-\u0edf]"
)
SPACE = re.compile(rf"(?<={_UNMARKED})\s++(?={_UNMARKED})")
_CLOSERS = "\"'’”»)\\]}」』）】》〉〕"
# Unicode's Sentence_Terminal marks. Those of the first group may also end an abbreviation or a
# number; those of the last group need no space after them. Each run of marks is read once: no
# match begins inside a run, and no part of a run is given back.
_END = re.compile(
    rf"(?<!\.)(?P<dot>\.++|…)[{_CLOSERS}]*+(?=\s)"
    rf"|(?<![!?؟۔।॥։።፧።។៕။၊།᠃])[!?؟۔।॥։።፧።។៕။၊།᠃]++[{_CLOSERS}]*+(?=\s)"
    rf"|[。！？｡]++[{_CLOSERS}]*+"
    r"|(?<=[^\W\d_]{2})(?P<bare>[.])(?=[^\W\d_]++(?:[\s'’,;:-]|[.!?](?:\s|\Z)|\Z))"
    rf"|{SPACE.pattern}"
)
_ENDED = re.compile(rf"[.!?…。！？｡؟۔।॥։።။။།][{_CLOSERS}]*$")
_JOINED = re.compile(rf"[。！？｡][{_CLOSERS}]*$")
_OPENER = re.compile("[(\\[{\"'“‘«]")
_LONGEST_WORD = 40  # characters before a stop that are read
_LONGEST_TOKEN = 80  # characters on each side of a stop without a space that are read
_FIRST_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*+(?=[\s,;:]|[.!?](?:\s|$)|$)")
_IN_PROSE = re.compile(r"[\w'’,;:.!?()\"“”‘-]*")
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
    case letter. A full stop with a space on both sides, as tokenized texts have it, ends a sentence
    before a lower case letter, too. A full stop without a space ends one between a lower case word
    and a capitalized one if that is a usual first word, or if most full stops of the text are so.
    """
    return [text[begin:end] for begin, end in sentence_spans(text)]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return (begin, end) in characters of each sentence, without white space around it."""
    ends, bare, dots = list[int](), list[tuple[int, bool]](), 0
    for match in _END.finditer(text):
        if match["bare"]:
            begin = match.start()
            if text[begin - 1].islower() and text[begin + 1].isupper() and _bare_ends(begin, text):
                bare.append((match.end(), _is_usual_first_word(text, match.end())))
            continue
        if match["dot"]:
            if not _dot_ends(match, text):
                continue
            dots += 1
        ends.append(match.end())
    habit = len(bare) > max(2 * dots, 1)
    ends = sorted([*ends, *(end for end, usual in bare if usual or habit)])
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


def _dot_ends(match: re.Match[str], text: str) -> bool:
    """Return whether a full stop or an ellipsis ends a sentence.

    Args:
        match: of `_END`, the full stop.
        text: the whole text.
    """
    begin = match.start()
    after = text[match.end() : match.end() + 16].lstrip().lstrip("\"'“‘«([{¿¡")
    small = bool(after) and unicodedata.category(after[0]) == "Ll"
    if match["dot"] == "." and text[begin - 1 : begin].isspace() and begin:
        word = _last_word(text, begin - 1)
        if small:
            return not (_is_initial(word) or "." in word or word.lower() in ABBREVIATIONS)
        word = ""
    else:
        word = _last_word(text, begin)
    if small:
        return False
    if match["dot"] != ".":  # an ellipsis
        return True
    if _is_initial(word):  # or "I"
        return word == "I" and not after[:2].endswith(".")
    if "." in word or word.lower() in ABBREVIATIONS or (word.isdigit() and len(word) <= 2):
        return False
    return not (after[:1].isdigit() and word.lower() in _NUMBERED)


def _last_word(text: str, end: int) -> str:
    """Return the end of the word before a position, without opening marks."""
    part = text[max(end - _LONGEST_WORD, 0) : end]
    if not part or part[-1].isspace():
        return ""
    return _OPENER.split(part.rsplit(maxsplit=1)[-1])[-1]


def _is_initial(word: str) -> bool:
    return len(word) == 1 and word.isalpha() and not _has_no_capitals(word)


def _bare_ends(position: int, text: str) -> bool:
    """Return whether a full stop without a space may end a sentence.

    It does so between a word of small letters and a capitalized word with a space after it, in what
    can only be prose: an address, a path, a file or an abbreviation has other marks.
    """
    before = text[max(position - _LONGEST_TOKEN, 0) : position].rsplit(maxsplit=1)[-1]
    word = _last_word(text, position).rpartition(".")[2]
    first = _FIRST_WORD.match(text[position + 1 : position + 1 + _LONGEST_TOKEN])
    if first is None or not _IN_PROSE.fullmatch(before) or "www." in before.lower():
        return False
    next_word = first.group()
    letters = "".join(filter(str.isalnum, word))
    return (
        len(letters) > 1
        and letters.islower()
        and letters not in ABBREVIATIONS
        and letters not in _NUMBERED
        and next_word[0].isupper()
        and next_word[1:] == next_word[1:].lower()
        and (len(next_word) > 1 or next_word in ("A", "I"))
    )


def _is_usual_first_word(text: str, begin: int) -> bool:
    """Return whether the word at a position is one that often begins a sentence."""
    match = _FIRST_WORD.match(text[begin : begin + _LONGEST_TOKEN])
    return match is not None and match.group().lower() in stop_words.ENGLISH


def _has_no_capitals(char: str) -> bool:
    """Return whether a letter is of a script without capitals, where a letter is no initial."""
    return unicodedata.category(char) == "Lo"
