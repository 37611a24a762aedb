"""Check pairs one by one: unusable, empty, identical, in another language, with text errors."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from summarizer.doctor import language
from summarizer.doctor.dataset_scan import NO_LETTERS, TRAIN, DatasetScan
from summarizer.doctor.finding import Finding, excerpt
from summarizer.doctor.text_errors import TEXT_ERRORS
from summarizer.types import Example

# One pair in a thousand does not change what a model learns.
RARE = 0.001
# In news data a headline is sometimes longer than a news flash; one pair in a hundred is a mistake.
LONGER = 0.01
# From one document in a hundred on, the vocabulary has to serve the other language as well.
FOREIGN = 0.01
# A script with a smaller share of a document's letters only spells foreign names.
MIN_SCRIPT = 0.05


def unusable_rows(scan: DatasetScan) -> Iterator[Finding]:
    """Report rows that training would stop at: unreadable rows and missing summaries."""
    for unusable, rows, first in scan.unusable:
        yield Finding.build("unusable rows", unusable, rows, first)
    missing = np.flatnonzero(scan.lengths[:, 1] < 0)
    if len(missing):
        example = scan.describe(missing[0])
        yield Finding.build("missing summaries", len(missing), len(scan.ids), example)


def empty_or_identical(scan: DatasetScan) -> Iterator[Finding]:
    """Report pairs with an empty text, and pairs whose summary is the document."""
    document, summary = scan.hashes.T
    has_summary = scan.lengths[:, 1] > 0
    empty = (document == NO_LETTERS) | ((summary == NO_LETTERS) & has_summary)
    yield from _report(scan, "empty pairs", empty)
    identical = (document == summary) & (document != NO_LETTERS)
    yield from _report(scan, "identical pairs", identical)


def text_errors(scan: DatasetScan) -> Iterator[Finding]:
    """Report signs of a wrong encoding and of text that was not cleaned."""
    for name in TEXT_ERRORS:
        count = scan.text_errors[name]
        if count and count >= RARE * len(scan.ids):
            example = scan.text_error_examples[name]
            yield Finding.build(name, count, len(scan.ids), example)


def longer_summaries(scan: DatasetScan) -> Iterator[Finding]:
    """Report summaries with more characters than their documents."""
    rows = scan.rows(TRAIN)
    document_lengths, summary_lengths = scan.lengths[rows].T
    longer = rows[summary_lengths > document_lengths]
    if len(longer) and len(longer) >= LONGER * len(rows):
        document, summary = scan.lengths[longer[0]]
        example = f"{scan.describe(longer[0])}: {summary:,} characters about {document:,}"
        name = "summaries longer than documents"
        yield Finding.build(name, len(longer), len(rows), example)


def mixed_languages(scan: DatasetScan) -> Iterator[Finding]:
    """Report documents in another language than most."""
    languages = [language.identify(example.document) for example in scan.sample]
    counts = Counter(filter(None, languages))
    ((main, main_count),) = counts.most_common(1) or [("", 0)]
    others = counts.total() - main_count
    if others and others >= FOREIGN * counts.total():
        place = next(i for i, name in enumerate(languages) if name not in ("", main))
        other, total = scan.sample[place], counts.total()
        example = f"{languages[place]}: {other.id} {excerpt(other.document)}"
        most = ", ".join(f"{name} {count:,}" for name, count in counts.most_common(5))
        yield Finding.build("mixed languages", others, total, example, main=main, languages=most)


def other_script(scan: DatasetScan) -> Iterator[Finding]:
    """Report summaries without a letter of the scripts of their documents."""
    foreign = [example for example in scan.sample if _has_foreign_summary(example)]
    if foreign and len(foreign) >= FOREIGN * len(scan.sample):
        document, summary = (
            f"{language.main_script(text)} {excerpt(text)}"
            for text in (foreign[0].document, foreign[0].summary or "")
        )
        name, example = "summaries in another script", f"{foreign[0].id} {document} → {summary}"
        yield Finding.build(name, len(foreign), len(scan.sample), example)


def _has_foreign_summary(example: Example) -> bool:
    """Return whether a summary has no letter of any script that the document is written in."""
    document, summary = map(language.count_scripts, (example.document, example.summary or ""))
    scripts = {name for name, count in document.items() if count >= MIN_SCRIPT * document.total()}
    return bool(document and summary) and scripts.isdisjoint(summary)


def _report(scan: DatasetScan, name: str, affected: NDArray[np.bool_]) -> Iterator[Finding]:
    """Yield a finding if more pairs than a rare few are affected; `affected` is bool [n]."""
    rows = np.flatnonzero(affected)
    if len(rows) and len(rows) >= RARE * len(affected):
        example = f"{scan.describe(rows[0])} → {excerpt(scan.summary_starts[rows[0]])}"
        yield Finding.build(name, len(rows), len(affected), example)
