"""Check for repeated documents, ids and summaries."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from summarizer.doctor.dataset_scan import (
    NO_LETTERS,
    SPLIT_NAMES,
    TEST,
    TRAIN,
    VALIDATION,
    DatasetScan,
)
from summarizer.doctor.finding import Finding, excerpt

# A memorized test document scores up to 100 where others score about 30: each 0.5% of such
# documents raises the mean by 0.35 points, less than the half-width of its interval on 2,000
# documents, 0.9. `evaluate` refuses equal documents, so a single equal document is reported.
NEAR_ACROSS = 0.005
# A copy within train counts double and does no other harm; below 1% the loss does not show it.
WITHIN = 0.01
# A model that is unsure writes the most frequent summary.
FREQUENT, MIN_FREQUENT = 0.01, 3

Copies = tuple[NDArray[np.int64], NDArray[np.int64]]  # rows of copies, rows of their originals


def across_splits(scan: DatasetScan) -> Iterator[Finding]:
    """Report validation and test documents that also occur in train."""
    for split in (TEST, VALIDATION):
        yield from _report(scan, "copies across splits", split, _copies(scan, split), 0)
        near = _near_copies(scan, split)
        yield from _report(scan, "near-copies across splits", split, near, NEAR_ACROSS)


def within_train(scan: DatasetScan) -> Iterator[Finding]:
    """Report training documents that occur more than once."""
    yield from _report(scan, "copies within train", TRAIN, _copies(scan, TRAIN), WITHIN)
    yield from _report(scan, "near-copies within train", TRAIN, _near_copies(scan, TRAIN), WITHIN)


def repeated_ids(scan: DatasetScan) -> Iterator[Finding]:
    """Report ids that several pairs of a split share."""
    for split in (TRAIN, TEST, VALIDATION):
        rows = scan.rows(split)
        counts = Counter(scan.ids[row] for row in rows)
        repeated = [row for row in rows if counts[scan.ids[row]] > 1]
        if repeated:
            others = counts[scan.ids[repeated[0]]] - 1
            example = f"{scan.describe(repeated[0])} and {others} more"
            name, count = SPLIT_NAMES[split], len(repeated)
            yield Finding.build("ids that repeat", count, len(rows), example, split=name)


def frequent_summary(scan: DatasetScan) -> Iterator[Finding]:
    """Report a summary that many different training documents share."""
    rows = scan.rows(TRAIN)
    pairs = scan.hashes[rows][scan.lengths[rows, 1] > 0]
    distinct_pairs = np.unique(pairs, axis=0)
    summaries, counts = np.unique(distinct_pairs[:, 1], return_counts=True)
    if len(counts) and counts.max() >= max(FREQUENT * len(rows), MIN_FREQUENT):
        row = rows[scan.hashes[rows, 1] == summaries[counts.argmax()]][0]
        example = f"{excerpt(scan.summary_starts[row])} of {scan.describe(row)}"
        count = int(counts.max())
        advice = (
            "remove these pairs if the summary says nothing about its document: an unsure model "
            "writes the most frequent summary"
        )
        yield Finding.build("one summary for many", count, len(rows), example, advice=advice)


def _copies(scan: DatasetScan, split: int) -> Copies:
    """Find the documents of a split whose letters and digits equal those of a training document.

    Within train, the first of equal documents is their original.
    """
    rows, train = scan.rows(split), scan.rows(TRAIN)
    if not len(train):
        return train, train
    hashes, first = np.unique(scan.hashes[train, 0], return_index=True)
    document_hashes = scan.hashes[rows, 0]
    places = np.minimum(np.searchsorted(hashes, document_hashes), len(hashes) - 1)
    originals = train[first[places]]
    is_copy = (hashes[places] == document_hashes) & (document_hashes != NO_LETTERS)
    is_copy &= originals != rows
    return rows[is_copy], originals[is_copy]


def _near_copies(scan: DatasetScan, split: int) -> Copies:
    """Find the documents of a split that share much of their text with a training document."""
    originals, copies = scan.near_duplicates.T
    wanted = (scan.splits[originals] == TRAIN) & (scan.splits[copies] == split)
    distinct, first = np.unique(copies[wanted], return_index=True)
    return distinct, originals[wanted][first]


def _report(
    scan: DatasetScan, name: str, split: int, copies: Copies, threshold: float
) -> Iterator[Finding]:
    """Yield a finding if a large enough share of a split, and at least one document, is copied."""
    rows, originals = copies
    total = len(scan.rows(split))
    if len(rows) and len(rows) >= threshold * total:
        example = f"{scan.describe(rows[0])} is like {scan.describe(originals[0])} of train"
        split_name = SPLIT_NAMES[split]
        yield Finding.build(name, len(rows), total, example, split=split_name)
