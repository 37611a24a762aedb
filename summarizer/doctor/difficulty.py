"""Check how hard the pairs are: what cannot be copied, and how strong the lead baseline is.

These checks count words. For scripts without spaces between words, words come from ICU's
dictionaries; without the dictionaries such texts are left out, because unrelated texts share and
repeat many single characters.
"""

import functools
import math
from collections.abc import Iterator, Sequence

import numpy as np

from summarizer.doctor.dataset_scan import DatasetScan
from summarizer.doctor.finding import Finding, excerpt, percent
from summarizer.errors import ConfigError
from summarizer.evaluation import lead
from summarizer.metrics import rouge, rouge_tokenizer
from summarizer.types import Example

# XSum, the most abstractive of the common datasets, has 36% (Narayan et al. 2018,
# arXiv:1808.08745, table 2); with more, summaries often do not belong to their documents.
NOVEL_WORDS = 0.4
# The first sentences of CNN/Daily Mail have a ROUGE-1 of 40.3; the pointer-generator with coverage
# has 39.5 (See et al. 2017, arXiv:1704.04368, table 1).
STRONG_LEAD = 40.0

_BEGINNING = 0.2  # share of a document that counts as its beginning


def new_words(scan: DatasetScan) -> Iterator[Finding]:
    """Report summaries whose words are not in the documents."""
    examples = _examples_with_words(scan)
    counts = [_count_new_words(example) for example in examples]
    new, total = np.sum(counts, axis=0).tolist() if counts else (0, 0)
    if new and new >= NOVEL_WORDS * total:
        most = max(range(len(counts)), key=lambda i: counts[i][0] / max(counts[i][1], 1))
        worst = examples[most]
        example = f"{worst.id} {excerpt(worst.document)} → {excerpt(worst.summary or '')}"
        yield Finding.build("new words", new, total, example, pairs=len(examples))


def strong_lead(scan: DatasetScan) -> Iterator[Finding]:
    """Report data for which the first words of a document are a summary that is hard to beat."""
    examples = _examples_with_words(scan)
    if not examples:
        return
    leads, references = lead.lead(examples), [example.summary or "" for example in examples]
    stem = rouge.default_stem(references)
    scores = rouge.score(leads, references, stem, tokenization=word_units())["rouge1"]
    if scores.mean() < STRONG_LEAD:
        return
    median = int(np.argsort(scores, kind="stable")[len(scores) // 2])
    example = f"{examples[median].id}: {excerpt(leads[median])} for {excerpt(references[median])}"
    count, early = int((scores >= STRONG_LEAD).sum()), percent(_share_from_beginning(examples), 1)
    yield Finding.build(
        "first words hard to beat", count, len(examples), example,
        threshold=STRONG_LEAD, mean=scores.mean(), early=early,
    )  # fmt: skip


@functools.cache
def word_units() -> str:
    """Return how texts without spaces are split: "words", or "characters" without dictionaries."""
    try:
        rouge_tokenizer.check_tokenization("words")
    except ConfigError:
        return "characters"
    return "words"


def has_words(text: str) -> bool:
    """Return whether a text can be split into words."""
    return not rouge_tokenizer.is_unspaced_text(text) or word_units() == "words"


def split_words(text: str) -> list[str]:
    """Return the words of a text, in order; see `has_words`."""
    return rouge_tokenizer.words(text, word_units())


def _count_new_words(example: Example) -> tuple[int, int]:
    """Return the number of summary words that the document lacks, and of all summary words."""
    document, summary = set(split_words(example.document)), split_words(example.summary or "")
    return sum(word not in document for word in summary), len(summary)


def _share_from_beginning(examples: Sequence[Example]) -> float:
    """Return the share of copied summary words that occur at the beginning of the document."""
    early = copied = 0
    for example in examples:
        document = split_words(example.document)
        beginning = set(document[: math.ceil(_BEGINNING * len(document))])
        summary = [word for word in split_words(example.summary or "") if word in set(document)]
        early += sum(word in beginning for word in summary)
        copied += len(summary)
    return early / max(copied, 1)


def _examples_with_words(scan: DatasetScan) -> list[Example]:
    return [example for example in scan.sample_with_summaries() if has_words(example.document)]
