"""Map character offsets of a cleaned or composed text to offsets of the text it was made from."""

import dataclasses
import re
import unicodedata
from collections.abc import Iterable, Sequence

from summarizer.text import cleaning
from summarizer.text.cleaning import DROPPED
from summarizer.types import Provenance, SourceSpan

Span = tuple[int, int]  # begin and end, in characters


def of_clean(text: str, until: int | None = None) -> list[Span]:
    """Return the span in a text of each character of `cleaning.clean(text)`.

    If composition (NFC) shortens a word, each of its characters has the span of the whole word.

    Args:
        text: the original text. Each span takes about 100 bytes of memory.
        until: number of characters of the cleaned text to map; None: all.
    """
    spans: list[Span] = []
    last = ""  # the last character that was kept
    for match in re.finditer(r"\S+", text):
        if until is not None and len(spans) >= until:
            break
        positions = [i for i in range(*match.span()) if ord(text[i]) not in DROPPED]
        if not positions:
            continue
        gap = text[spans[-1][1] : positions[0]].translate(DROPPED) if spans else ""
        if spans and not cleaning.joins(last, gap, text[positions[0]]):
            spans.append((spans[-1][1], positions[0]))  # the space
        last = text[positions[-1]]
        word = "".join(text[i] for i in positions)
        composed = unicodedata.normalize("NFC", word)
        if composed == word:
            spans += [(i, i + 1) for i in positions]
        else:
            spans += [(positions[0], positions[-1] + 1)] * len(composed)
    return spans[:until]


def covered_range(provenance: Provenance) -> int:
    """Return the number of leading characters that contain all spans of a provenance."""
    spans = [*provenance.sentences]
    spans += [(s.begin, s.end) for word in provenance.words for s in word.sources]
    return max((max(begin + 1, end) for begin, end in spans), default=0)


def of_chosen(parts: Sequence[str], chosen: Sequence[int], text: str, whole: str) -> list[int]:
    """Return the position in a whole text of each character of an extract.

    Args:
        parts: all parts of the whole text, in order. Equal parts may occur several times.
        chosen: indices of the parts that make up the extract, in order.
        text: the extract, with optional white space between parts. The white space before a part
            is mapped to the start of that part.
        whole: the whole text, with optional white space between parts.
    """
    begins, end = list[int](), 0
    for part in parts:
        begins.append(whole.index(part, end))
        end = begins[-1] + len(part)
    positions: list[int] = []
    for i in chosen:
        gap = text.index(parts[i], len(positions)) - len(positions)
        positions += [begins[i]] * gap
        positions += range(begins[i], begins[i] + len(parts[i]))
    return positions


def move(places: Iterable[Span], spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return places in a derived text as places in another text.

    Args:
        places: begin and end of each.
        spans: the span in the other text of each character of the derived text.
    """
    return tuple((spans[begin][0], spans[max(begin, end - 1)][1]) for begin, end in places)


def move_provenance(provenance: Provenance, spans: Sequence[Span]) -> Provenance:
    """Return a provenance whose offsets refer to another text.

    Args:
        provenance: its sources and sentences are spans of a derived text.
        spans: the span in the other text of each character of the derived text.
    """
    words = []
    for word in provenance.words:
        moved = move(((s.begin, s.end) for s in word.sources), spans)
        sources = [
            SourceSpan(*place, source.share)
            for place, source in zip(moved, word.sources, strict=True)
        ]
        words.append(dataclasses.replace(word, sources=tuple(sources)))
    return Provenance(tuple(words), move(provenance.sentences, spans), provenance.end)
