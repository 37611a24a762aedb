"""Where in a document, as it was given, the characters stand of what a model read of it."""

import dataclasses
import re
import unicodedata
from collections.abc import Sequence

from summarizer.text.cleaning import DROPPED
from summarizer.types import Provenance, SourceSpan

Span = tuple[int, int]


def of_clean(text: str, until: int | None = None) -> list[Span]:
    """Return where in a text each character of `cleaning.clean(text)` begins and ends.

    Where a word is composed of fewer characters than it was given in, all of them are the word.

    Args:
        text: as it was given; it may be large, and each place takes a hundred bytes.
        until: only of so many characters, the first; None: of all.
    """
    found: list[Span] = []
    for match in re.finditer(r"\S+", text):
        if until is not None and len(found) >= until:
            break
        kept = [i for i in range(*match.span()) if ord(text[i]) not in DROPPED]
        if not kept:
            continue
        if found:
            found.append((found[-1][1], kept[0]))  # the space
        word = "".join(text[i] for i in kept)
        composed = unicodedata.normalize("NFC", word)
        if composed == word:
            found += [(i, i + 1) for i in kept]
        else:
            found += [(kept[0], kept[-1] + 1)] * len(composed)
    return found[:until]


def covered_range(explanation: Provenance) -> int:
    """Return how many characters of its text, from the first one on, an explanation speaks of."""
    spans = [*explanation.sentences]
    spans += [(s.begin, s.end) for word in explanation.words for s in word.sources]
    return max((max(begin + 1, end) for begin, end in spans), default=0)


def of_chosen(parts: Sequence[str], chosen: Sequence[int], text: str, whole: str) -> list[int]:
    """Return which character of a whole each one is of a text that some of its parts make.

    Args:
        parts: of the whole, all in order: the same words may stand in several.
        chosen: which of them the text is put together from, in order.
        text: with white space between some; it stands where the part behind it begins.
        whole: with white space between some.
    """
    begins, end = list[int](), 0
    for part in parts:
        begins.append(whole.index(part, end))
        end = begins[-1] + len(part)
    found: list[int] = []
    for i in chosen:
        gap = text.index(parts[i], len(found)) - len(found)
        found += [begins[i]] * gap
        found += range(begins[i], begins[i] + len(parts[i]))
    return found


def move_provenance(explanation: Provenance, places: Sequence[Span]) -> Provenance:
    """Return what an explanation of a text says of the document that the text was made from.

    Args:
        explanation: its sources and sentences are places in the text.
        places: where each character of the text stands in the document.
    """

    def to(begin: int, end: int) -> Span:
        return places[begin][0], places[max(begin, end - 1)][1]

    said = []
    for word in explanation.words:
        sources = (SourceSpan(*to(s.begin, s.end), s.share) for s in word.sources)
        said.append(dataclasses.replace(word, sources=tuple(sources)))
    sentences = tuple(to(*sentence) for sentence in explanation.sentences)
    return Provenance(tuple(said), sentences, explanation.end)
