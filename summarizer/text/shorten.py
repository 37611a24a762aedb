"""Shorten a sentence by deletion: drop asides, then cut where a clause or a phrase ends.

Every word that stays stands in the sentence, in its order. The rules know English; a sentence of
another language is cut at a comma or at the number of words.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from summarizer.text.scripts import is_unspaced
from summarizer.text.sentences import sentence_spans

Span = tuple[int, int]

_SHORTEST = 0.5  # of the requested length: a cut at a clause leaves no less
_CLAUSE, _PHRASE = 0.35, 0.2  # what the end of a clause or phrase is worth, in requested lengths
_FEWEST = 3  # words that remain of a sentence without an aside

# "LONDON, 3 May - …", "Bonn (dpa) - …", "BONN, May 3 /Wire/ …"
_PLACE = re.compile(
    r"^[A-Z]{3,}[A-Z .'-]*(?:,[^–—;:!?]{0,40}?)?\s(?:--?|[–—])\s+"
    r"|^[A-Z][^;:!?]{0,60}?(?:\([A-Z][^()]{1,30}\)\s*(?:--?|[–—])|/[A-Z][\w ]+/[ –—-]*)\s*"
)
_PARENTHESIS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
_OPENING = re.compile(
    r"^(?:However|Meanwhile|Moreover|Furthermore|Also|Still|Today|Yesterday|Now|Recently|On|In|At|"
    r"(?:Last|This) (?:week|month|year|morning|spring|summer|autumn|fall|winter)|After|Before|"
    r"During|For|Following|With|As|While|Despite|Since|By|According|Speaking|Amid|From|Under|When|"
    r"Although|Though)\b[^,]{0,70},\s+(?=(?:[^,\s]+\s+){3})"
)
_INSERTION = re.compile(
    r",\s+(?:who|which|where|whose|when|a|an|the|including|such|led|formerly|also|however|like|now|"
    r"on|in|at|for|as|by|with|after|according)\b[^,]{2,90},(?=\s(?!and\b|or\b))"
)
_SOURCE = re.compile(
    r",\s+(?:according to\b[^,]*?|as reported\b[^,]*?|(?:[^,\s]+\s){1,8}"
    r"(?:said|says|reported|reports|announced|confirmed|told)\b[^,]{0,50}?)(?=[.!?]?$)"
)
_ASIDES = (_PLACE, _PARENTHESIS, _OPENING, _INSERTION, _SOURCE)

_CLAUSES = """
which who whom whose where when while as after before because since although though but and or if
until unless so whereas amid following despite including saying
"""
_PHRASES = """
in on at for from with by into over under during through against between among about across near
around within without toward towards via to
"""
_OPEN = """
a an the of is are was were be been being has have had will would can could may might must shall
should do does did not no its his her their our your my this these those than more most very such
both either neither each every some any all other another said says told that
"""
_CLAUSE_WORDS, _PREPOSITIONS = frozenset(_CLAUSES.split()), frozenset(_PHRASES.split())
_UNFINISHED = frozenset(_OPEN.split()) | _CLAUSE_WORDS | _PREPOSITIONS  # no cut after one


def shorten_first_sentence(document: str, words: int) -> tuple[str, tuple[Span, ...]]:
    """Return the first sentence of a document, shortened, and the places of its parts.

    Args:
        document: any text.
        words: maximum number of words, see `shorten`.
    """
    for begin, end in sentence_spans(document):
        sentence = document[begin:end]
        parts = shorten(sentence, words)
        return join(sentence, parts), tuple((begin + b, begin + e) for b, e in parts)
    return "", ()


def shorten(sentence: str, words: int) -> list[Span]:
    """Return the (begin, end) of the parts that remain of a sentence, in order.

    Args:
        sentence: any sentence.
        words: maximum number of words, at least 1; of characters in a script without spaces. A
            sentence that has no more remains whole.
    """
    parts = [(0, len(sentence))]
    if is_unspaced(sentence):
        return [(0, _cut_unspaced(sentence, words))]
    for aside in _ASIDES:
        if len(_words(sentence, parts)) <= words:
            break
        parts = _without(sentence, parts, aside)
    spans = _words(sentence, parts)
    if len(spans) > words:
        end = spans[_cut([sentence[b:e] for b, e in spans], words) - 1][1]
        end -= len(sentence[:end]) - len(sentence[:end].rstrip(",;:–—-"))
        parts = [(begin, min(stop, end)) for begin, stop in parts if begin < end]
    return parts


def join(sentence: str, parts: Sequence[Span]) -> str:
    """Return the parts of a sentence as one text that begins with a capital."""
    text = " ".join(" ".join(sentence[begin:end] for begin, end in parts).split())
    text = re.sub(r"\s+(?=[,.;:!?])", "", text)
    return text[:1].upper() + text[1:]


def _without(sentence: str, parts: list[Span], aside: re.Pattern[str]) -> list[Span]:
    """Return the parts without the matches of a pattern whose rest has enough words."""
    matches = [
        (b + m.start(), b + m.end()) for b, e in parts for m in aside.finditer(sentence[b:e])
    ]
    for begin, end in matches:
        pieces = [piece for b, e in parts for piece in ((b, min(e, begin)), (max(b, end), e))]
        rest = [(b, e) for b, e in pieces if b < e]
        if len(_words(sentence, rest)) >= _FEWEST:
            parts = rest
    return parts


def _words(sentence: str, parts: Sequence[Span]) -> list[Span]:
    """Return the (begin, end) of the words of the parts; a mark alone is no word."""
    return [
        (begin + match.start(), begin + match.end())
        for begin, end in parts
        for match in re.finditer(r"\S+", sentence[begin:end])
        if any(map(str.isalnum, match.group()))
    ]


def _cut(words: Sequence[str], most: int) -> int:
    """Return how many words to keep, at least 1."""
    best, best_value = most, 0.0
    for kept, (last, following) in enumerate(pairwise(words[: most + 1]), start=1):
        ends_clause = last[-1] in ",;:–—" or _bare(following) in _CLAUSE_WORDS
        ends_phrase = ends_clause or _bare(following) in _PREPOSITIONS
        is_open = _bare(last) in _UNFINISHED or (not ends_phrase and last[-1].isdigit())
        if is_open or kept < _SHORTEST * most:
            continue
        value = kept / most + (_CLAUSE if ends_clause else _PHRASE if ends_phrase else 0)
        if value > best_value:
            best, best_value = kept, value
    return best


def _bare(word: str) -> str:
    return word.strip(".,;:!?\"'()[]“”‘’–—-").lower()


def _cut_unspaced(sentence: str, characters: int) -> int:
    """Return the end of the beginning of a sentence in a script without spaces."""
    marks = [i for i, char in enumerate(sentence[: characters + 1]) if char in "，、；：,;:"]
    if len(sentence) <= characters:
        return len(sentence)
    return marks[-1] if marks and marks[-1] >= _SHORTEST * characters else characters
