"""Summarize any number of documents in the memory that a few take, in the order they come in.

A window of documents is read, and summarized in parts of about equal length, so that little of a
batch is padding; then its summaries come out in order. The first windows are small, so that there
is something to see soon.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from summarizer.documents.collect import Document
from summarizer.errors import InputError, SummarizerError
from summarizer.types import Summary

FIRST, LARGEST = 64, 2048  # documents of the first window, and of those from the sixth on
CHARACTERS = 2**24  # of a window; a longer document is a window by itself
PART = 64  # documents summarized at once

Found = list[Summary] | SummarizerError
"""The summaries of a document (one without an outline), or what is wrong with it."""

Search = Callable[[Sequence[str]], list[list[Summary]]]
"""Summarizes texts."""


def summarize_stream(
    summarizer: Any,
    documents: Iterable[Document],
    options: Mapping[str, Any],
    outline: bool = False,
    done: Callable[[int], Any] = lambda count: None,
) -> Iterator[tuple[Document, Found]]:
    """Summarize documents in the order given, reading at most LARGEST of them ahead.

    Args:
        summarizer: a `summarizing.Summarizer`.
        documents: they are read as summaries are taken.
        options: for `Summarizer.summarize`.
        outline: a summary of each paragraph, not of the whole.
        done: is told, again and again, how many documents more are done.

    Yields:
        Each document with its summaries, or with what is wrong.

    Raises:
        SummarizerError: what is asked cannot be had of any document.
    """

    def search(texts: Sequence[str]) -> list[list[Summary]]:
        if outline:
            found: list[list[Summary]] = summarizer.outline(texts, **options)
            return found
        return [[summary] for summary in summarizer.summarize(texts, **options)]

    good = False  # whether any was summarized
    for window in _windows(documents):
        found: dict[int, Found] = {}
        texts: dict[int, str] = {}
        for i, document in enumerate(window):
            if isinstance(document.text, str):
                texts[i] = document.text
            else:
                found[i] = document.text
        done(len(found))
        order = sorted(texts, key=lambda i: len(texts[i]))
        for begin in range(0, len(order), PART):
            part = order[begin : begin + PART]
            results = _part([texts[i] for i in part], search)
            wrong = [result for result in results if isinstance(result, SummarizerError)]
            if not good and len(wrong) == len(part):  # it is not the documents
                raise wrong[0]
            good = True
            for i, result in zip(part, results, strict=True):
                named = InputError(f"{window[i].name}: {result}")
                found[i] = named if isinstance(result, SummarizerError) else result
            done(len(part))
        yield from ((document, found[i]) for i, document in enumerate(window))


def _windows(documents: Iterable[Document]) -> Iterator[list[Document]]:
    window, characters, room = list[Document](), 0, FIRST
    for document in documents:
        window.append(document)
        characters += len(document.text) if isinstance(document.text, str) else 0
        if len(window) >= room or characters >= CHARACTERS:
            yield window
            window, characters, room = [], 0, min(2 * room, LARGEST)
    if window:
        yield window


def _part(texts: list[str], search: Search) -> list[Found]:
    """The summaries of each; where one cannot be had, what is wrong, and those of the others."""
    try:
        return [[_light(summary) for summary in found] for found in search(texts)]
    except InputError as error:
        return [error] if len(texts) == 1 else [_part([text], search)[0] for text in texts]


def _light(summary: Summary) -> Summary:
    """The summary without what would keep the arrays of its whole batch in memory."""
    kept = (
        dataclasses.replace(h, attention=None, gate=None, token_log_probs=None, selected=None)
        for h in summary.alternatives
    )
    return dataclasses.replace(summary, alternatives=tuple(kept), hypothesis=None)
