"""What is wrong with pairs one by one: unusable, empty, identical, too long, faulty, foreign."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from summarizer.datasets import contamination
from summarizer.doctor import languages
from summarizer.doctor.faults import FAULTS
from summarizer.doctor.finding import Finding, excerpt
from summarizer.doctor.survey import TRAIN, Survey
from summarizer.types import Example

# One pair in a thousand does not change what is learned.
FEW = 0.001
# In a news set a headline is now and then longer than a flash; one in a hundred is a mistake.
LONGER = 0.01
# One document in a hundred: the vocabulary has to be shared with it, and it learns to write it.
FOREIGN = 0.01
# Of the letters of a document: fewer than these are foreign names.
SOME = 0.05

_BLANK = contamination.document_hash("")


def unusable(survey: Survey) -> Iterator[Finding]:
    """Name rows that sources cannot read, and documents without a summary: training stops there."""
    for bad, rows, first in survey.skipped:
        yield Finding(
            "unusable rows",
            bad,
            rows,
            "rows cannot be used; training stops at the first",
            "mend them, or train with --skip-bad, which counts them and goes on",
            first,
        )
    missing = np.flatnonzero(survey.lengths[:, 1] < 0)
    if len(missing):
        yield Finding(
            "missing summaries",
            len(missing),
            len(survey.ids),
            "documents have no summary; training stops at the first",
            "add the summaries or take the documents out",
            survey.show(missing[0]),
        )


def empty(survey: Survey) -> Iterator[Finding]:
    """Name pairs that say nothing, and pairs whose summary is the document."""
    here, wanted = survey.prints, survey.lengths[:, 1] > 0
    checks = (
        (
            "empty pairs",
            (here[:, 0] == _BLANK) | ((here[:, 1] == _BLANK) & wanted),
            "pairs have a document or a summary without a letter or a digit",
            "take them out: there is nothing to learn from",
        ),
        (
            "identical pairs",
            (here[:, 0] == here[:, 1]) & (here[:, 0] != _BLANK),
            "pairs have the document as their summary",
            "take them out: they teach to copy everything",
        ),
    )
    for name, found, what, change in checks:
        if found.any() and found.sum() >= FEW * len(found):
            row = int(np.flatnonzero(found)[0])
            example = f"{survey.show(row)} → {excerpt(survey.summaries[row])}"
            yield Finding(name, int(found.sum()), len(found), what, change, example)


def longer(survey: Survey) -> Iterator[Finding]:
    """Name summaries that are longer than their documents."""
    rows = survey.rows(TRAIN)
    document, summary = survey.lengths[rows].T
    found = rows[summary > document]
    if len(found) and len(found) >= LONGER * len(rows):
        sizes = survey.lengths[found[0]]
        yield Finding(
            "summaries longer than documents",
            len(found),
            len(rows),
            "summaries of train have more characters than their documents",
            "look whether the columns are swapped (…,document=NAME,summary=NAME) or the documents "
            "cut; take such pairs out",
            f"{survey.show(int(found[0]))}: {sizes[1]:,} characters about {sizes[0]:,}",
        )


def faulty(survey: Survey) -> Iterator[Finding]:
    """Name signs of wrong encodings and of what was not cleaned."""
    for bit, fault in enumerate(FAULTS):
        count = int((survey.faults >> bit & 1).sum())
        if count and count >= FEW * len(survey.faults):
            example = survey.faulty[fault.name]
            yield Finding(fault.name, count, len(survey.faults), fault.what, fault.change, example)


def mixed(survey: Survey) -> Iterator[Finding]:
    """Name documents in other languages than most, and summaries in another script."""
    told = [languages.language(example.document) for example in survey.sample]
    counts = Counter(filter(None, told))
    ((main, most),) = counts.most_common(1) or [("", 0)]
    others = counts.total() - most
    if others and others >= FOREIGN * counts.total():
        at = next(i for i, language in enumerate(told) if language not in ("", main))
        names = ", ".join(f"{name} {count:,}" for name, count in counts.most_common(5))
        yield Finding(
            "mixed languages",
            others,
            counts.total(),
            f"documents drawn from train whose language could be told are not {main} ({names})",
            "train on one language, or know that both share one vocabulary; "
            "where they belong together, raise vocabulary.size",
            f"{told[at]}: {survey.sample[at].id} {excerpt(survey.sample[at].document)}",
        )


def crossed(survey: Survey) -> Iterator[Finding]:
    """Name summaries without a letter of the scripts that their documents are in."""
    found = [example for example in survey.sample if _foreign(example)]
    if found and len(found) >= FOREIGN * len(survey.sample):
        document, summary = found[0].document, found[0].summary or ""
        yield Finding(
            "summaries in another script",
            len(found),
            len(survey.sample),
            "pairs drawn from train have a summary without a letter of the document's scripts",
            "take them out: nothing of such a document can be copied, and from so few the other "
            "script is not learned",
            f"{found[0].id} {languages.script(document)} {excerpt(document)} → "
            f"{languages.script(summary)} {excerpt(summary)}",
        )


def _foreign(example: Example) -> bool:
    """Tell whether a summary has no letter of any script that the document has enough of."""
    known, written = map(languages.scripts, (example.document, example.summary or ""))
    enough = {name for name, count in known.items() if count >= SOME * known.total()}
    return bool(known and written) and enough.isdisjoint(written)
