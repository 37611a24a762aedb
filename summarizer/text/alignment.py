"""Which words of a document its summary keeps: what a tagger learns, made from the texts alone.

A summary whose words all stand in the document in its order is a compression by deletion, and is
aligned exactly, in as few runs as can be. Of any other summary those words are kept that are part
of a longest sequence of words that both texts have, where it first occurs: Gehrmann, Deng, Rush
(2018), arXiv:1808.10792, section 3.1. Words are compared without case; marks are words of their own
that may be missing.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from summarizer.text.words import JOIN, SPACE, normalize, word_offsets

_NONE = -(1 << 60)  # the worth of what cannot be


class AlignedText(NamedTuple):
    """A text as words and marks.

    Attributes:
        tokens: as `splitting.split` gives them, in the text's own case.
        forms: what is compared: without case and without what says where spaces are.
        spoken: whether it is a word; else it is a mark.
        begins: where it begins in the text.
        ends: where it ends; in increasing order.
    """

    tokens: tuple[str, ...]
    forms: tuple[str, ...]
    spoken: tuple[bool, ...]
    begins: tuple[int, ...]
    ends: tuple[int, ...]


def aligned_text(text: str) -> AlignedText:
    """Cut a text into words and marks; spaces between words of scripts without are neither."""
    found = [place for place in word_offsets(text) if place[0] != SPACE]
    forms = [normalize(token.strip(JOIN), True) for token, _, _ in found]
    tokens, begins, ends = zip(*found, strict=True) if found else ((), (), ())
    spoken = (any(map(str.isalnum, form)) for form in forms)
    return AlignedText(tokens, tuple(forms), tuple(spoken), begins, ends)


def owners(places: AlignedText, spans: Iterable[tuple[int, int]]) -> Any:
    """Return the word that each piece is of, int64 [S].

    Args:
        places: the words of a text, at least one.
        spans: where its pieces are, from `Vocabulary.spans`.
    """
    # All that is no space is in some word: the first that ends behind a piece's begin is its own.
    begins = np.fromiter((begin for begin, _ in spans), np.int64)
    found = np.searchsorted(np.asarray(places.ends), begins, side="right")
    return np.minimum(found, len(places.ends) - 1)


def kept_words(document: AlignedText, summary: AlignedText) -> list[bool]:
    """Tell which words of a document its summary keeps."""
    if _is_deletion(document, summary):
        return _compressed(document, summary)
    return _shared(document.forms, summary.forms)


def _is_deletion(document: AlignedText, summary: AlignedText) -> bool:
    """Tell whether all words of the summary stand in the document, in its order."""
    rest = iter([f for f, is_word in zip(document.forms, document.spoken, strict=True) if is_word])
    said = [f for f, is_word in zip(summary.forms, summary.spoken, strict=True) if is_word]
    return bool(said) and all(form in rest for form in said)


def _compressed(document: AlignedText, summary: AlignedText) -> list[bool]:
    """The alignment of most words, then of most marks, then in the fewest runs."""
    forms, m = np.asarray(summary.forms), len(summary.forms)
    worth = np.where(summary.spoken, (m + 1) ** 2, m + 1)
    before = np.zeros(m + 1, np.int64)  # the best alignment of each beginning of the summary
    run = np.full(m + 1, _NONE)  # the same, where it ends in a pair of the word before
    steps: list[tuple[Any, Any, Any]] = []
    for form in document.forms:
        same = forms == form
        here = np.full(m + 1, _NONE)
        here[1:] = np.where(same, worth + np.maximum(before[:-1], run[:-1] + 1), _NONE)
        after = np.maximum.accumulate(np.maximum(before, here))
        steps.append((before, run, here))
        before, run = after, here
    return _trace_alignment(steps, before)


def _trace_alignment(steps: Sequence[tuple[Any, Any, Any]], last: Any) -> list[bool]:
    """Which words are paired in the best alignment, the last word first to be decided."""
    chosen, j, value = [False] * len(steps), len(last) - 1, last[-1]
    running = False  # whether the word before has to be paired with the summary's word before
    for i in range(len(steps) - 1, -1, -1):
        before, run, here = steps[i]
        if not running:
            while j and value not in (before[j], here[j]):  # it stands further to the front
                j -= 1
            if before[j] == value:
                continue
        chosen[i] = True
        running = bool(run[j - 1] + 1 > before[j - 1])
        j -= 1
        value = run[j] if running else before[j]
    return chosen


def _shared(document: Sequence[str], summary: Sequence[str]) -> list[bool]:
    """The words of the longest sequences that both have, each sequence where it first occurs."""
    there, here = (positions_of(forms) for forms in (summary, document))
    chosen, i = [False] * len(document), 0
    while i < len(document):
        form = document[i]
        length = max(
            (longest_shared_run(document, i, summary, j) for j in there.get(form, ())), default=0
        )
        before = (longest_shared_run(document, i, document, j) for j in here[form] if j < i)
        if not any(alike >= length for alike in before):
            chosen[i : i + length] = [True] * length
        i += max(length, 1)
    return chosen


def positions_of(forms: Sequence[str]) -> dict[str, list[int]]:
    """Return where each word stands, in order."""
    found: dict[str, list[int]] = {}
    for i, form in enumerate(forms):
        found.setdefault(form, []).append(i)
    return found


def longest_shared_run(one: Sequence[str], i: int, other: Sequence[str], j: int) -> int:
    """Return how many words of two texts are the same from two places on."""
    count, most = 0, min(len(one) - i, len(other) - j)
    while count < most and one[i + count] == other[j + count]:
        count += 1
    return count
