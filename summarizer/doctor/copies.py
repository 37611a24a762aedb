"""What stands in the data more than once: documents, ids, summaries."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from summarizer.datasets import contamination
from summarizer.doctor.finding import Finding, excerpt
from summarizer.doctor.survey import PARTS, TEST, TRAIN, VALIDATION, Survey

# A memorised test document scores up to 100 where others score 30 or so: each 0.5% of them lifts
# the mean by 0.35 points, less than the half-width of its interval on 2,000 documents, 0.9.
# `evaluate` refuses an equal document, so of these one is enough.
NEAR = 0.005
# Within train a copy counts twice and does no worse; below this the loss does not show it.
TWICE = 0.01
# One summary in a hundred: a model that is unsure writes the most frequent one.
FREQUENT, TIMES = 0.01, 3

_BLANK = contamination.document_hash("")  # of a document without a letter: it is no copy of another


def across_splits(survey: Survey) -> Iterator[Finding]:
    """Name documents of validation and test that stand in train as well."""
    for part in (TEST, VALIDATION):
        rows = survey.rows(part)
        copies, originals = _in_train(survey, rows)
        if len(copies):
            yield Finding(
                "copies across splits",
                len(copies),
                len(rows),
                f"documents of {PARTS[part]} stand in train, too, letter for letter",
                "take them out of train: a score on what was trained on says nothing",
                f"{survey.show(copies[0])} is {survey.ids[originals[0]]} of train",
            )
        first, second = survey.near
        found = np.flatnonzero((survey.part[first] == TRAIN) & (survey.part[second] == part))
        _, each = np.unique(second[found], return_index=True)
        if len(each) and len(each) >= NEAR * len(rows):
            copy, original = second[found][each[0]], first[found][each[0]]
            yield Finding(
                "near-copies across splits",
                len(each),
                len(rows),
                f"documents of {PARTS[part]} have half of their text or more in common with one "
                "of train",
                "take them, or what they are like, out of train; or split by what belongs together "
                "(source, day, series) instead of by id",
                f"{survey.show(copy)} is like {survey.show(original)} of train",
            )


def within_train(survey: Survey) -> Iterator[Finding]:
    """Name documents of train that stand there more than once."""
    rows = survey.rows(TRAIN)
    values = survey.prints[rows, 0]
    _, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    again = np.ones(len(rows), bool)
    again[first] = False
    again &= values != _BLANK
    if again.any() and again.sum() >= TWICE * len(rows):
        row = np.flatnonzero(again)[0]
        yield Finding(
            "copies within train",
            int(again.sum()),
            len(rows),
            "documents of train stand there before, letter for letter",
            "keep one of each: the others take time and count double",
            f"{survey.show(rows[row])} is {survey.ids[rows[first[inverse[row]]]]}",
        )
    one, other = survey.near
    found = np.flatnonzero((survey.part[one] == TRAIN) & (survey.part[other] == TRAIN))
    _, each = np.unique(other[found], return_index=True)
    if len(each) and len(each) >= TWICE * len(rows):
        copy, original = other[found][each[0]], one[found][each[0]]
        yield Finding(
            "near-copies within train",
            len(each),
            len(rows),
            "documents of train have half of their text or more in common with one before",
            "keep the best of each where they are versions of one text",
            f"{survey.show(copy)} is like {survey.show(original)}",
        )


def ids(survey: Survey) -> Iterator[Finding]:
    """Name ids that several pairs of a split have."""
    for part in (TRAIN, TEST, VALIDATION):
        rows = survey.rows(part)
        counts = Counter(survey.ids[row] for row in rows)
        again = [row for row in rows if counts[survey.ids[row]] > 1]
        if again:
            yield Finding(
                "ids that repeat",
                len(again),
                len(rows),
                f"pairs of {PARTS[part]} share their id with another one",
                "give each pair an id of its own: predictions are matched by it",
                f"{survey.show(again[0])} and {counts[survey.ids[again[0]]] - 1} more",
            )


def same_summaries(survey: Survey) -> Iterator[Finding]:
    """Name a summary that very many different documents have."""
    rows = survey.rows(TRAIN)
    if not len(rows):
        return
    pairs = survey.prints[rows][survey.lengths[rows, 1] > 0]
    summaries = np.unique(pairs, axis=0)[:, 1]
    values, counts = np.unique(summaries, return_counts=True)
    if len(counts) and counts.max() >= max(FREQUENT * len(rows), TIMES):
        row = rows[survey.prints[rows, 1] == values[counts.argmax()]][0]
        yield Finding(
            "one summary for many",
            int(counts.max()),
            len(rows),
            "documents of train have one and the same summary",
            "leave them out where it says nothing of its document: a model that is unsure writes "
            "what it saw most often",
            f"{excerpt(survey.summaries[row])} of {survey.show(row)}",
        )


def _in_train(survey: Survey, rows: Any) -> tuple[Any, Any]:
    """Which of some rows have their document in train, and where; int64 [m] each."""
    train = survey.rows(TRAIN)
    if not len(train):
        return train, train
    values, first = np.unique(survey.prints[train, 0], return_index=True)
    wanted = survey.prints[rows, 0]
    at = np.minimum(np.searchsorted(values, wanted), len(values) - 1)
    hit = (values[at] == wanted) & (wanted != _BLANK)
    return rows[hit], train[first[at[hit]]]
