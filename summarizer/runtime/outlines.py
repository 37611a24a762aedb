"""Outlines: one summary for each paragraph of a document."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from summarizer.runtime.long_documents import paragraphs
from summarizer.text import offsets, sentences
from summarizer.text.cleaning import clean
from summarizer.types import Summary

MIN_WORDS = 30  # words (characters in scripts without spaces) of a line of an outline


def outline_paragraphs(text: str, length: Callable[[str], int]) -> list[str]:
    """Return the texts that the lines of an outline summarize.

    A short paragraph or a heading (a paragraph that does not end as a sentence does) is joined
    with the next one; the last one with the one before.

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
        is_open = words < MIN_WORDS or (
            length(paragraph) < MIN_WORDS and not sentences.ends_sentence(paragraph)
        )
    if is_open and len(groups) > 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return [" ".join(group) for group in groups]


def map_outline_provenance(
    text: str, groups: Sequence[str], summaries: Sequence[Summary]
) -> list[Summary]:
    """Return the summaries of an outline, with all offsets into the document itself.

    Args:
        text: the document.
        groups: its parts, from `outline_paragraphs`.
        summaries: the summary of each part, with offsets into the part.
    """
    if not any(summary.provenance or summary.places for summary in summaries):
        return list(summaries)
    original, cleaned = offsets.of_clean(text), clean(text)
    end, moved = 0, []
    for group, summary in zip(groups, summaries, strict=True):
        begin = cleaned.index(group, end)
        end = begin + len(group)
        spans = original[begin:end]
        provenance = summary.provenance and offsets.move_provenance(summary.provenance, spans)
        places = offsets.move(summary.places, spans)
        moved.append(replace(summary, provenance=provenance, places=places))
    return moved
