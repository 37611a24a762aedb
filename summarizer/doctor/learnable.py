"""How hard the pairs are: what can be copied, and what the first words get."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from summarizer.doctor.finding import Finding, excerpt, share
from summarizer.doctor.survey import Survey
from summarizer.doctor.units import countable, units, words
from summarizer.evaluation import lead
from summarizer.metrics import rouge
from summarizer.types import Example

# XSum, the most abstractive of the usual sets, has 36% (Narayan et al. 2018, arXiv:1808.08745,
# table 2); above that pairs often do not belong together.
NOVEL = 0.4
# ROUGE-1 of the first sentences of CNN/Daily Mail; the pointer-generator with coverage has 39.5
# (See et al. 2017, arXiv:1704.04368, table 1).
HARD = 40.0

_FIFTH = 0.2  # of a document, which is where the first words are looked for


def novel(survey: Survey) -> Iterator[Finding]:
    """Name summaries whose words are not in the documents."""
    pairs = _in_words(survey)
    shares = []
    for example in pairs:
        known, summary = set(words(example.document)), words(example.summary or "")
        shares.append((sum(word not in known for word in summary), len(summary)))
    new, written = np.sum(shares, axis=0) if shares else (0, 0)
    if new and new >= NOVEL * written:
        at = max(range(len(shares)), key=lambda i: shares[i][0] / max(shares[i][1], 1))
        yield Finding(
            "new words",
            int(new),
            int(written),
            f"words of the summaries of {len(pairs):,} pairs drawn from train are not in the "
            "documents: a pointer cannot copy them, and who writes them has to make them up",
            "look whether summaries and documents belong together; if they do, more pairs and a "
            "larger vocabulary.size help, and --faithful strict when summarizing",
            f"{pairs[at].id} {excerpt(pairs[at].document)} → {excerpt(pairs[at].summary or '')}",
        )


def first_words(survey: Survey) -> Iterator[Finding]:
    """Name data of which the first words of the document are a summary that is hard to beat."""
    pairs = _in_words(survey)
    if not pairs:
        return
    texts, references = lead.lead(pairs), [example.summary or "" for example in pairs]
    stem = rouge.default_stem(references)
    scores = rouge.score(texts, references, stem, tokenization=units())["rouge1"]
    if scores.mean() < HARD:
        return
    at = int(np.argsort(scores, kind="stable")[len(scores) // 2])
    yield Finding(
        "first words hard to beat",
        int((scores >= HARD).sum()),
        len(pairs),
        f"pairs drawn from train get a ROUGE-1 of {HARD:g} or more from the first words of the "
        f"document, as many as a summary has; the mean is {scores.mean():.1f}, and "
        f"{share(_early(pairs), 1)} of the summaries' words that the document has stand in its "
        "first fifth",
        "look at the difference to first-k-words in each evaluation, not at ROUGE alone; take out "
        "pairs whose summary is the beginning of the document, or do without a model",
        f"{pairs[at].id}: {excerpt(texts[at])} for {excerpt(references[at])}",
    )


def _early(pairs: Sequence[Example]) -> float:
    """The share of the summaries' words in the documents that stand in their first fifth."""
    early = found = 0
    for example in pairs:
        every = words(example.document)
        first, known = set(every[: math.ceil(_FIFTH * len(every))]), set(every)
        copied = [word for word in words(example.summary or "") if word in known]
        early, found = early + sum(word in first for word in copied), found + len(copied)
    return early / max(found, 1)


def _in_words(survey: Survey) -> list[Example]:
    return [example for example in survey.drawn() if countable(example.document)]
