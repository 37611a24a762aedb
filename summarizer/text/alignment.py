"""Which words of a document a summary keeps: training labels of a tagger.

If all words of the summary occur in the document in the same order, the summary is a compression by
deletion: its exact alignment is used, with the fewest runs. For any other summary the kept words
are those of a longest sequence of words that both texts share, where it first occurs in the
document: Gehrmann, Deng, Rush (2018), arXiv:1808.10792, section 3.1. Words are compared without
case. Punctuation marks are tokens of their own and may be missing from a compression.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from summarizer.text.words import JOIN, SPACE, normalize, word_offsets

_IMPOSSIBLE = -(1 << 60)  # score of an alignment that does not exist

Ints = npt.NDArray[np.int64]


class AlignedText(NamedTuple):
    """The words and marks of a text.

    Attributes:
        tokens: as `words.split_words` returns them, in the case of the text.
        forms: the compared forms: without case and without the signs for missing spaces.
        spoken: True for a word, False for a mark.
        begins: offset of the first character in the text.
        ends: offset after the last character; increasing.
    """

    tokens: tuple[str, ...]
    forms: tuple[str, ...]
    spoken: tuple[bool, ...]
    begins: tuple[int, ...]
    ends: tuple[int, ...]


class _Step(NamedTuple):
    """Scores at one document word, for each prefix of the summary; each int64 [m + 1].

    Attributes:
        before: best score up to the previous document word.
        run: the same, if the previous document word is paired with the last word of the prefix.
        paired: best score if this document word is paired with the last word of the prefix.
    """

    before: Ints
    run: Ints
    paired: Ints


def aligned_text(text: str) -> AlignedText:
    """Split a text into words and marks; tokens for spaces are left out."""
    offsets = [offset for offset in word_offsets(text) if offset[0] != SPACE]
    forms = [normalize(token.strip(JOIN), True) for token, _, _ in offsets]
    tokens, begins, ends = zip(*offsets, strict=True) if offsets else ((), (), ())
    spoken = (any(map(str.isalnum, form)) for form in forms)
    return AlignedText(tokens, tuple(forms), tuple(spoken), begins, ends)


def owners(text: AlignedText, spans: Iterable[tuple[int, int]]) -> Ints:
    """Return the index of the word that each vocabulary token belongs to, int64 [S].

    Args:
        text: has at least one word.
        spans: of the tokens of the text, from `Vocabulary.spans`.
    """
    # Every visible character belongs to a word: the first one that ends after it begins.
    begins = np.fromiter((begin for begin, _ in spans), np.int64)
    indices = np.searchsorted(np.asarray(text.ends), begins, side="right")
    return np.minimum(indices, len(text.ends) - 1)


def kept_words(document: AlignedText, summary: AlignedText) -> list[bool]:
    """Return for each word of a document whether its summary keeps it."""
    if _is_deletion(document, summary):
        return _align_deletion(document, summary)
    return _align_shared_runs(document.forms, summary.forms)


def _is_deletion(document: AlignedText, summary: AlignedText) -> bool:
    """Return whether all words of the summary occur in the document in the same order."""
    document_words = (f for f, word in zip(document.forms, document.spoken, strict=True) if word)
    summary_words = [f for f, word in zip(summary.forms, summary.spoken, strict=True) if word]
    return bool(summary_words) and all(form in document_words for form in summary_words)


def _align_deletion(document: AlignedText, summary: AlignedText) -> list[bool]:
    """Return the alignment with the most words, then the most marks, then the fewest runs."""
    forms, m = np.asarray(summary.forms), len(summary.forms)
    value = np.where(summary.spoken, (m + 1) ** 2, m + 1)
    before = np.zeros(m + 1, np.int64)
    run = np.full(m + 1, _IMPOSSIBLE)
    steps: list[_Step] = []
    for form in document.forms:
        paired = np.full(m + 1, _IMPOSSIBLE)
        paired[1:] = np.where(
            forms == form, value + np.maximum(before[:-1], run[:-1] + 1), _IMPOSSIBLE
        )
        steps.append(_Step(before, run, paired))
        before, run = np.maximum.accumulate(np.maximum(before, paired)), paired
    return _trace_alignment(steps, before)


def _trace_alignment(steps: Sequence[_Step], last: Ints) -> list[bool]:
    """Return which document words the best alignment pairs, traced from the last word back."""
    chosen, j, value = [False] * len(steps), len(last) - 1, last[-1]
    in_run = False  # whether this word must be paired with the summary's word j - 1
    for i in range(len(steps) - 1, -1, -1):
        before, run, paired = steps[i]
        if not in_run:
            while j and value not in (before[j], paired[j]):  # the score is of a shorter prefix
                j -= 1
            if before[j] == value:
                continue
        chosen[i] = True
        in_run = bool(run[j - 1] + 1 > before[j - 1])
        j -= 1
        value = run[j] if in_run else before[j]
    return chosen


def _align_shared_runs(document: Sequence[str], summary: Sequence[str]) -> list[bool]:
    """Return the words of the longest runs that both texts share, each where it first occurs."""
    in_summary, in_document = positions_of(summary), positions_of(document)
    chosen, i = [False] * len(document), 0
    while i < len(document):
        form = document[i]
        length = max(
            (longest_shared_run(document, i, summary, j) for j in in_summary.get(form, ())),
            default=0,
        )
        earlier = (longest_shared_run(document, i, document, j) for j in in_document[form] if j < i)
        if not any(run >= length for run in earlier):
            chosen[i : i + length] = [True] * length
        i += max(length, 1)
    return chosen


def positions_of(forms: Sequence[str]) -> dict[str, list[int]]:
    """Return the positions of each word, ascending."""
    positions: dict[str, list[int]] = {}
    for i, form in enumerate(forms):
        positions.setdefault(form, []).append(i)
    return positions


def longest_shared_run(first: Sequence[str], i: int, second: Sequence[str], j: int) -> int:
    """Return the number of equal words of two texts from positions `i` and `j` on."""
    length, limit = 0, min(len(first) - i, len(second) - j)
    while length < limit and first[i + length] == second[j + length]:
        length += 1
    return length
