"""What a model reads of a document longer than its input.

truncate: the first tokens that fit. chunk: the whole document in chunks of whole sentences; then
the summaries of the chunks are summarized. extract: the first sentence and the most central other
sentences that fit, in the order of the document.
"""

import bisect
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from summarizer.errors import InputError, did_you_mean, warn_renamed
from summarizer.text import offsets, sentences
from summarizer.text.centrality import centrality
from summarizer.text.cleaning import clean
from summarizer.types import Summary

TRUNCATE, CHUNK, EXTRACT = LONG_DOCUMENT_MODES = ("truncate", "chunk", "extract")
RENAMED_MODES = {"lead": TRUNCATE, "chunks": CHUNK, "select": EXTRACT}
_MIN_SENTENCE = 9  # tokens; shorter ones are headings or entries (MEAD's cut-off of 9 words)
_UNWRAPPED = 200  # characters; a longer line was not wrapped, so its end ends a paragraph

Encode = Callable[[Sequence[str]], list[list[int]]]
"""Turns texts into token ids."""


@dataclass(frozen=True)
class DocumentChunks:
    """What a model reads of a document.

    Attributes:
        text: the document.
        mode: one of LONG_DOCUMENT_MODES.
        chunks: texts that are summarized, one after the other.
        tokens: number of tokens of the document; 0: not counted (truncate).
        sentences: all sentences of the document, if the chunk consists of some of them.
        chosen: indices of those.
    """

    text: str
    mode: str
    chunks: list[str]
    tokens: int
    sentences: Sequence[str] = ()
    chosen: Sequence[int] = ()


def current_mode(mode: str) -> str:
    """Return the name of a mode; an old name is replaced with a DeprecationWarning.

    Raises:
        InputError: no such mode.
    """
    if mode in RENAMED_MODES:
        warn_renamed(f"long={mode!r}", repr(RENAMED_MODES[mode]), 4)
        return RENAMED_MODES[mode]
    if mode not in LONG_DOCUMENT_MODES:
        raise InputError(f"long {mode!r}: {did_you_mean(mode, LONG_DOCUMENT_MODES)}")
    return mode


def split(texts: Sequence[str], mode: str, limit: int, encode: Encode) -> list[DocumentChunks]:
    """Choose what the model reads of each document.

    Args:
        texts: documents, with their paragraphs.
        mode: one of LONG_DOCUMENT_MODES.
        limit: number of tokens that the model reads at once.
        encode: makes token ids; they also serve to compare sentences, so that all scripts are
            treated alike.

    Raises:
        InputError: a document is empty.
    """
    documents = [_split_document(text, mode, limit, encode) for text in texts]
    for i, document in enumerate(documents):
        if not any(document.chunks):
            raise InputError(f"document {i + 1}: has no text")
    return documents


def _split_document(text: str, mode: str, limit: int, encode: Encode) -> DocumentChunks:
    cleaned = clean(text)
    if mode == TRUNCATE:
        return DocumentChunks(text, mode, [cleaned], 0)
    (ids,) = encode([cleaned])
    if len(ids) <= limit:
        return DocumentChunks(text, mode, [cleaned], len(ids))
    parts, tokens = _sentences(text, limit, encode)
    count = sum(map(len, tokens))
    if mode == CHUNK:
        rows = _even_chunks(tokens, limit)
        chunks = [sentences.join_sentences([parts[i] for i in row]) for row in rows]
        return DocumentChunks(text, mode, chunks, count)
    chosen = _central_sentences(tokens, limit)
    chunk = sentences.join_sentences([parts[i] for i in chosen])
    return DocumentChunks(text, mode, [chunk], count, parts, chosen)


def second_pass(
    documents: Sequence[DocumentChunks], summaries: Sequence[Summary], limit: int, encode: Encode
) -> list[DocumentChunks]:
    """Return what is summarized next: the summaries of the chunks of each chunked document.

    Args:
        documents: from `split`.
        summaries: the summary of each chunk of each document.
        limit: number of tokens that the model reads at once.
        encode: makes token ids.

    Returns:
        One entry for each document of several chunks, in order; [] if there is none.
    """
    groups = zip(documents, _grouped(documents, summaries), strict=True)
    chunked = [(document.text, group) for document, group in groups if len(group) > 1]
    notes = [". ".join(s.text for s in group) for _, group in chunked]
    # Summaries that are not shorter than the document would be chunked forever.
    shrinks = all(2 * len(n) < len(t) for n, (t, _) in zip(notes, chunked, strict=True))
    return split(notes, CHUNK if shrinks else TRUNCATE, limit, encode)


def merge(
    documents: Sequence[DocumentChunks],
    summaries: Sequence[Summary],
    combined: Sequence[Summary] = (),
) -> list[Summary]:
    """Return one summary for each document.

    Args:
        documents: from `split`.
        summaries: the summary of each chunk of each document.
        combined: the final summary of each entry of `second_pass`.
    """
    final = iter(combined)
    return [
        _combine(next(final), group) if len(group) > 1 else _with_counts(document, group[0])
        for document, group in zip(documents, _grouped(documents, summaries), strict=True)
    ]


def _grouped(
    documents: Sequence[DocumentChunks], summaries: Sequence[Summary]
) -> Iterator[list[Summary]]:
    """Yield the summaries of the chunks of each document."""
    remaining = iter(summaries)
    for document in documents:
        yield list(itertools.islice(remaining, len(document.chunks)))


def _with_counts(document: DocumentChunks, summary: Summary) -> Summary:
    """Return a summary that counts what was left out, with offsets into the document as given."""
    left_out = max(document.tokens - summary.tokens_read, summary.tokens_truncated)
    summary = replace(summary, tokens_truncated=left_out)
    if summary.provenance is None:
        return summary
    # Offsets into the clean document of each character that was read; others need none.
    positions: Sequence[int] = range(offsets.covered_range(summary.provenance))
    if document.chosen:
        positions = offsets.of_chosen(
            document.sentences, document.chosen, document.chunks[0], clean(document.text)
        )
    original = offsets.of_clean(document.text, max(positions, default=-1) + 1)
    moved = offsets.move_provenance(summary.provenance, [original[i] for i in positions])
    return replace(summary, provenance=moved)


def _combine(summary: Summary, chunks: Sequence[Summary]) -> Summary:
    """Return the summary of the chunks' summaries, with the counts of the document itself."""
    tokens_read = sum(chunk.tokens_read for chunk in chunks)
    truncated = sum(chunk.tokens_truncated for chunk in chunks) + summary.tokens_truncated
    unknown = sum(chunk.unknown_ratio * chunk.tokens_read for chunk in chunks)
    return replace(
        summary,
        tokens_read=tokens_read,
        tokens_truncated=truncated,
        unknown_ratio=unknown / max(tokens_read, 1),
        chunks=len(chunks),
    )


def _sentences(text: str, limit: int, encode: Encode) -> tuple[list[str], list[list[int]]]:
    """Return the sentences and their tokens; a sentence longer than `limit` is halved."""
    parts = [s for paragraph in paragraphs(text) for s in sentences.split_sentences(paragraph)]
    tokens = encode(parts)
    while any(len(ids) > limit for ids in tokens):
        halves = [
            _halves(part) if len(ids) > limit else [part]
            for part, ids in zip(parts, tokens, strict=True)
        ]
        shorter = list(itertools.chain.from_iterable(halves))
        if len(shorter) == len(parts):  # a single character has more tokens than the model reads
            break
        parts, tokens = shorter, encode(shorter)
    nonempty = [i for i, ids in enumerate(tokens) if ids]
    return [parts[i] for i in nonempty], [tokens[i] for i in nonempty]


def _halves(sentence: str) -> list[str]:
    """Cut a sentence at the space nearest to its middle, or in the middle."""
    middle = len(sentence) // 2
    spaces = [match.start() for match in re.finditer(" ", sentence)]
    place = min(spaces, key=lambda space: abs(space - middle)) if spaces else middle
    return [half for half in (sentence[:place].strip(), sentence[place:].strip()) if half]


def _even_chunks(tokens: list[list[int]], limit: int) -> list[range]:
    """Return the fewest possible chunks, with the largest chunk as small as possible."""
    sizes = [len(ids) for ids in tokens]
    fewest = len(_packed(sizes, limit))
    room = bisect.bisect_left(
        range(limit), True, lo=max(sizes), key=lambda room: len(_packed(sizes, room)) <= fewest
    )
    return _packed(sizes, room)


def _packed(sizes: list[int], room: int) -> list[range]:
    """Pack consecutive sentences into chunks of at most `room` tokens."""
    begins, used = [0], 0
    for i, size in enumerate(sizes):
        if used and used + size > room:
            begins.append(i)
            used = 0
        used += size
    return [range(begin, end) for begin, end in itertools.pairwise([*begins, len(sizes)])]


def _central_sentences(tokens: list[list[int]], limit: int) -> list[int]:
    """Return the first and the most central other sentences that fit, in order, none twice."""
    ranked = [int(i) for i in np.argsort(-centrality(tokens), kind="stable")]
    ranked = [i for i in ranked if len(tokens[i]) >= _MIN_SENTENCE] or ranked
    room, chosen, seen = limit, list[int](), set[tuple[int, ...]]()
    for i in [min(ranked), *ranked]:
        if len(tokens[i]) <= room and tuple(tokens[i]) not in seen:
            chosen.append(i)
            seen.add(tuple(tokens[i]))
            room -= len(tokens[i])
    return sorted(chosen)


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text, each on one line.

    A paragraph ends at an empty line, and at the end of a line too long to have been wrapped.
    """
    lines: list[str] = []
    for block in re.split(r"\n[^\S\n]*(?:\n\s*)+|\f", text.replace("\r\n", "\n")):
        block_lines = block.split("\n")
        unwrapped = max(map(len, block_lines)) > _UNWRAPPED
        lines += block_lines if unwrapped else [" ".join(block_lines)]
    return [line for line in map(clean, lines) if line]
