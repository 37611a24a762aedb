"""What a model reads of a document longer than it reads at once, and what an outline consists of.

lead: the first pieces that fit. chunks: all of it, in parts of whole sentences, and then the
summaries of the parts. select: the first sentence and the most central others that fit, in the
document's order.
"""

import bisect
import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from summarizer.errors import InputError, did_you_mean
from summarizer.text import offsets, sentences
from summarizer.text.centrality import centrality
from summarizer.text.cleaning import clean
from summarizer.types import Summary

LONG_DOCUMENT_MODES = ("lead", "chunks", "select")
ENOUGH = 30  # words (characters, without spaces between words) that make a line of an outline
_SENTENCE = 9  # pieces; what is shorter is a heading or an entry (MEAD's cut-off of 9 words)
_WRAPPED = 200  # characters of a line that nobody broke: its end is a paragraph's

Encode = Callable[[Sequence[str]], list[list[int]]]
"""Turns texts into the ids of their pieces."""


Search = Callable[[Sequence[str]], list[Summary]]
"""Summarizes texts, each from its first pieces."""


@dataclass(frozen=True)
class DocumentChunks:
    """What a model gets of one document.

    Attributes:
        parts: what it reads, each at once.
        pieces: how many the document has; 0 where nobody counted (lead).
        sentences: all of the document, where the part consists of some.
        chosen: which of them these are.
    """

    parts: list[str]
    tokens: int
    sentences: Sequence[str] = ()
    chosen: Sequence[int] = ()


def summarize_long(
    texts: Sequence[str], way: str, limit: int, encode: Encode, search: Search
) -> list[Summary]:
    """Summarize documents of any length, the parts of all of them in one search.

    Args:
        texts: the documents, with their paragraphs.
        way: one of WAYS.
        limit: pieces that the model reads at once.
        encode: the model's pieces.
        search: the model.

    Raises:
        InputError: there is no such way, or a document is empty.
    """
    if way not in LONG_DOCUMENT_MODES:
        raise InputError(f"long {way!r}: {did_you_mean(way, LONG_DOCUMENT_MODES)}")
    readings = [reading(text, way, limit, encode) for text in texts]
    for i, one in enumerate(readings):
        if not any(one.parts):
            raise InputError(f"document {i + 1}: has no text")
    found = iter(search([part for one in readings for part in one.parts]))
    groups = [list(itertools.islice(found, len(one.parts))) for one in readings]
    several = [i for i, group in enumerate(groups) if len(group) > 1]
    if not several:
        read = zip(texts, readings, groups, strict=True)
        return [_counted(text, one, *group) for text, one, group in read]
    notes = [". ".join(s.text for s in groups[i]) for i in several]
    shrinks = all(2 * len(n) < len(texts[i]) for n, i in zip(notes, several, strict=True))
    second = summarize_long(notes, way if shrinks else "lead", limit, encode, search)
    merged = dict(zip(several, second, strict=True))
    return [
        _merged(merged[i], group) if i in merged else _counted(texts[i], readings[i], *group)
        for i, group in enumerate(groups)
    ]


def reading(text: str, way: str, limit: int, encode: Encode) -> DocumentChunks:
    """Choose what a model reads of a document; see `summarize`.

    The pieces are also the terms that sentences are compared by: every script is compared alike.
    """
    whole = clean(text)
    if way == "lead":
        return DocumentChunks([whole], 0)
    (ids,) = encode([whole])
    if len(ids) <= limit:
        return DocumentChunks([whole], len(ids))
    found, pieces = _sentences(text, limit, encode)
    choose = _chunks if way == "chunks" else _central_sentences
    rows = choose(pieces, limit)
    parts = [sentences.join_sentences([found[i] for i in row]) for row in rows]
    count = sum(map(len, pieces))
    return (
        DocumentChunks(parts, count)
        if way == "chunks"
        else DocumentChunks(parts, count, found, rows[0])
    )


def _counted(text: str, one: DocumentChunks, found: Summary) -> Summary:
    """The summary of what was read, with what was not; its words come from the text as given."""
    found = replace(
        found, tokens_truncated=max(one.tokens - found.tokens_read, found.tokens_truncated)
    )
    if found.provenance is None:
        return found
    # Which characters of the clean document were read; the others need no place.
    where: Sequence[int] = range(offsets.covered_range(found.provenance))
    if one.chosen:
        where = offsets.of_chosen(one.sentences, one.chosen, one.parts[0], clean(text))
    every = offsets.of_clean(text, max(where, default=-1) + 1)
    given = [every[i] for i in where]
    return replace(found, provenance=offsets.move_provenance(found.provenance, given))


def _merged(found: Summary, group: list[Summary]) -> Summary:
    """The summary of the parts' summaries, with what was read of the document itself."""
    read = sum(s.tokens_read for s in group)
    return replace(
        found,
        tokens_read=read,
        tokens_truncated=sum(s.tokens_truncated for s in group) + found.tokens_truncated,
        unknown_ratio=sum(s.unknown_ratio * s.tokens_read for s in group) / max(read, 1),
        chunks=len(group),
    )


def _sentences(text: str, limit: int, encode: Encode) -> tuple[list[str], list[list[int]]]:
    """The sentences with their pieces; one of more than `limit` pieces is cut into halves."""
    found = [s for paragraph in paragraphs(text) for s in sentences.split_sentences(paragraph)]
    pieces = encode(found)
    while any(len(p) > limit for p in pieces):
        halves = [_halves(s) if len(p) > limit else [s] for s, p in zip(found, pieces, strict=True)]
        cut = list(itertools.chain.from_iterable(halves))
        if len(cut) == len(found):  # single characters of more pieces than the model reads
            break
        found, pieces = cut, encode(cut)
    kept = [i for i, p in enumerate(pieces) if p]
    return [found[i] for i in kept], [pieces[i] for i in kept]


def _halves(sentence: str) -> list[str]:
    """Cut at the space nearest to the middle, else in the middle."""
    middle = len(sentence) // 2
    spaces = [m.start() for m in re.finditer(" ", sentence)]
    place = min(spaces, key=lambda s: abs(s - middle)) if spaces else middle
    return [half for half in (sentence[:place].strip(), sentence[place:].strip()) if half]


def _chunks(pieces: list[list[int]], limit: int) -> list[range]:
    """As few parts as can be, and the largest of them as small as can be."""
    sizes = [len(p) for p in pieces]
    fewest = len(_packed(sizes, limit))
    even = bisect.bisect_left(
        range(limit), True, lo=max(sizes), key=lambda room: len(_packed(sizes, room)) <= fewest
    )
    return _packed(sizes, even)


def _packed(sizes: list[int], room: int) -> list[range]:
    """One sentence after the other into parts of at most `room` pieces."""
    begins, used = [0], 0
    for i, size in enumerate(sizes):
        if used and used + size > room:
            begins.append(i)
            used = 0
        used += size
    return [range(a, b) for a, b in itertools.pairwise([*begins, len(sizes)])]


def _central_sentences(pieces: list[list[int]], limit: int) -> list[list[int]]:
    """The first sentence and the most central others that fit, each once; in order."""
    order = [int(i) for i in np.argsort(-centrality(pieces), kind="stable")]
    order = [i for i in order if len(pieces[i]) >= _SENTENCE] or order
    room, chosen, seen = limit, list[int](), set[tuple[int, ...]]()
    for i in [min(order), *order]:
        if len(pieces[i]) <= room and tuple(pieces[i]) not in seen:
            chosen.append(i)
            seen.add(tuple(pieces[i]))
            room -= len(pieces[i])
    return [sorted(chosen)]


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs, each on one line.

    An empty line ends a paragraph; so does the end of a line too long to have been wrapped.
    """
    found: list[str] = []
    for block in re.split(r"\n[^\S\n]*(?:\n\s*)+|\f", text.replace("\r\n", "\n")):
        lines = block.split("\n")
        whole = max(map(len, lines)) > _WRAPPED
        found += lines if whole else [" ".join(lines)]
    return [line for line in map(clean, found) if line]


def outline(text: str, length: Callable[[str], int]) -> list[str]:
    """Return what each line of an outline is made from: paragraphs, short ones put together.

    A paragraph that is too short, or a heading (it does not end as a sentence does), goes with
    what follows it; at the end, with what comes before.

    Args:
        text: the document.
        length: counts words.
    """
    groups: list[list[str]] = []
    is_open = False
    for paragraph in paragraphs(text):
        if is_open:
            groups[-1].append(paragraph)
        else:
            groups.append([paragraph])
        words = sum(map(length, groups[-1]))
        is_open = words < ENOUGH or (
            length(paragraph) < ENOUGH and not sentences.ends_sentence(paragraph)
        )
    if is_open and len(groups) > 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return [" ".join(group) for group in groups]


def map_outline_provenance(
    text: str, groups: Sequence[str], found: Sequence[Summary]
) -> list[Summary]:
    """Return the summaries of an outline, explained by places in the document itself.

    Args:
        text: the document.
        groups: its paragraphs, from `outline`.
        found: the summary of each, explained by places in the paragraph.
    """
    if any(summary.provenance is None for summary in found):
        return list(found)
    given, whole = offsets.of_clean(text), clean(text)
    end, out = 0, []
    for group, summary in zip(groups, found, strict=True):
        begin = whole.index(group, end)
        end = begin + len(group)
        explanation = summary.provenance and offsets.move_provenance(
            summary.provenance, given[begin:end]
        )
        out.append(replace(summary, provenance=explanation))
    return out
