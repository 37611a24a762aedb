"""Summarize any number of documents in order, in bounded memory.

A window of documents is read and summarized in batches of similar length, so that batches contain
little padding; then its summaries are returned in order. The first windows are small, so that the
first summaries appear soon.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from summarizer.documents.collect import Document
from summarizer.errors import InputError, SummarizerError
from summarizer.types import Summary

FIRST, LARGEST = 64, 2048  # documents of the first window, and of those from the sixth on
CHARACTERS = 2**24  # of a window; a longer document is a window by itself
PART = 64  # documents summarized at once

Result = list[Summary] | SummarizerError
"""The summaries of a document (one, unless it has an outline or several types), or the error."""


class SummarizesTexts(Protocol):
    """What is needed of a model; `api.summarizer.Summarizer` implements it."""

    def summarize(self, texts: Sequence[str], **options: Any) -> list[Summary]:
        """Return the summary of each document."""

    def outline(self, texts: Sequence[str], **options: Any) -> list[list[Summary]]:
        """Return the summaries of the paragraphs of each document."""

    def summarize_types(
        self, texts: Sequence[str], types: Sequence[str], **options: Any
    ) -> list[dict[str, Summary]]:
        """Return type → summary for each document."""


def summarize_stream(
    summarizer: SummarizesTexts,
    documents: Iterable[Document],
    options: Mapping[str, Any],
    outline: bool = False,
    done: Callable[[int], object] = lambda count: None,
    types: Sequence[str] = (),
) -> Iterator[tuple[Document, Result]]:
    """Summarize documents in order, reading at most LARGEST of them ahead.

    Args:
        summarizer: the model.
        documents: read as summaries are taken.
        options: keyword arguments of `summarize`.
        outline: summarize each paragraph instead of the whole document.
        done: called with the number of documents finished since the last call.
        types: types of the summaries of each document; (): one summary, as the options say.

    Yields:
        Each document with its summaries, or with the error.

    Raises:
        SummarizerError: no document of the first batch can be summarized with these options.
    """
    any_summarized = False
    for window in _windows(documents):
        results: dict[int, Result] = {
            i: document.text
            for i, document in enumerate(window)
            if isinstance(document.text, SummarizerError)
        }
        done(len(results))
        for part in _parts(window):
            pending = [part]
            while pending:
                rows = pending.pop()
                texts = [str(window[i].text) for i in rows]
                try:
                    if outline or types:
                        groups = _summarize_parts(summarizer, texts, options, types)
                    else:
                        groups = [[summary] for summary in summarizer.summarize(texts, **options)]
                except InputError as error:
                    if len(rows) == 1:
                        results[rows[0]] = error
                    pending += [[i] for i in reversed(rows) if len(rows) > 1]
                    continue
                results |= zip(rows, map(_without_arrays, groups), strict=True)
            errors = {i: e for i in part if isinstance(e := results[i], SummarizerError)}
            if not any_summarized and len(errors) == len(part):  # the options are at fault
                raise errors[part[0]]
            any_summarized = True
            results |= {i: InputError(f"{window[i].name}: {e}") for i, e in errors.items()}
            done(len(part))
        yield from ((document, results[i]) for i, document in enumerate(window))


def _summarize_parts(
    summarizer: SummarizesTexts,
    texts: Sequence[str],
    options: Mapping[str, Any],
    types: Sequence[str],
) -> list[list[Summary]]:
    """Return the summaries of each type of each document; without types, of each paragraph."""
    if not types:
        return summarizer.outline(texts, **options)
    by_type = summarizer.summarize_types(texts, types, **options)
    return [list(summaries.values()) for summaries in by_type]


def _windows(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Yield documents in windows that grow from FIRST to LARGEST documents."""
    window, characters, size = list[Document](), 0, FIRST
    for document in documents:
        window.append(document)
        characters += len(document.text) if isinstance(document.text, str) else 0
        if len(window) >= size or characters >= CHARACTERS:
            yield window
            window, characters, size = [], 0, min(2 * size, LARGEST)
    if window:
        yield window


def _parts(window: Sequence[Document]) -> Iterator[list[int]]:
    """Yield the rows of readable documents, PART at a time, sorted by length."""
    sizes = {i: len(d.text) for i, d in enumerate(window) if isinstance(d.text, str)}
    order = sorted(sizes, key=sizes.__getitem__)
    for begin in range(0, len(order), PART):
        yield order[begin : begin + PART]


def _without_arrays(summaries: list[Summary]) -> list[Summary]:
    """Drop the arrays of summaries, which are views that keep those of a whole batch in memory."""
    return [
        dataclasses.replace(
            summary,
            alternatives=tuple(
                dataclasses.replace(
                    h, attention=None, gate=None, token_log_probs=None, selected=None
                )
                for h in summary.alternatives
            ),
            hypothesis=None,
        )
        for summary in summaries
    ]
