"""Statistics of a summary beyond its overlap with a reference: copying, novelty, repetition."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from summarizer.text.alignment import longest_shared_run, positions_of

Statistics = dict[str, float]

ORDERS = (1, 2, 3, 4)  # of the n-grams whose novelty is measured


class DocumentIndex(NamedTuple):
    """The words of a document, indexed once for all its summaries.

    Attributes:
        words: the words, in order.
        positions: word → its positions.
        ngrams: the distinct n-grams of each order in `ORDERS`.
    """

    words: Sequence[str]
    positions: Mapping[str, Sequence[int]]
    ngrams: Sequence[frozenset[tuple[str, ...]]]


class Fragment(NamedTuple):
    """A run of words that a summary shares with its document.

    Attributes:
        summary_start: position of its first word in the summary.
        document_start: position of its first word in the document.
        length: number of words.
    """

    summary_start: int
    document_start: int
    length: int


def index_document(words: Sequence[str]) -> DocumentIndex:
    """Index the words of a document for the other functions of this module."""
    ngrams = [frozenset(ngrams_of(words, n)) for n in ORDERS]
    return DocumentIndex(words, positions_of(words), ngrams)


def extractive_fragments(summary: Sequence[str], document: DocumentIndex) -> list[Fragment]:
    """Return the runs of words that a summary may have copied, in the order of the summary.

    Greedy: from each word on the longest run that the document contains, at its first occurrence.
    Source: Grusky, Naaman, Artzi (2018), "Newsroom", arXiv:1804.11283, extractive fragments.
    """
    fragments, i = list[Fragment](), 0
    while i < len(summary):
        positions = document.positions.get(summary[i], ())
        runs = [(longest_shared_run(summary, i, document.words, j), -j) for j in positions]
        length, position = max(runs, default=(0, 0))
        if length:
            fragments.append(Fragment(i, -position, length))
        i += max(length, 1)
    return fragments


def coverage(fragments: Sequence[Fragment], word_count: int) -> float:
    """Return the share of a summary's words that are in a fragment, 0 to 1.

    A fragment may have one word, so this is the share of words that occur in the document.
    Source: Grusky et al. (2018), coverage; 0 for an empty summary.
    """
    return sum(run.length for run in fragments) / word_count if word_count else 0.0


def density(fragments: Sequence[Fragment], word_count: int) -> float:
    """Return the mean, over a summary's words, of the length of the fragment of each; 0 or more.

    Source: Grusky et al. (2018), density; 0 for an empty summary.
    """
    return sum(run.length**2 for run in fragments) / word_count if word_count else 0.0


def ngrams_of(words: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """Return the n-grams of a text, in order."""
    return list(zip(*(words[i:] for i in range(n)), strict=False))


def novelty(summary: Sequence[str], document: DocumentIndex, n: int) -> float:
    """Return the share of a summary's n-grams that its document does not contain, 0 to 1.

    Source: See, Liu, Manning (2017), arXiv:1704.04368, figure 6; 0 if there is no n-gram.
    """
    ngrams, known = ngrams_of(summary, n), document.ngrams[n - 1]
    return sum(ngram not in known for ngram in ngrams) / len(ngrams) if ngrams else 0.0


def repetition(words: Sequence[str], n: int = 1) -> float:
    """Return the share of a text's n-grams that occurred in it before, 0 to 1.

    Source: See et al. (2017), figure 4; 0 if there is no n-gram.
    """
    ngrams = ngrams_of(words, n)
    return 1 - len(set(ngrams)) / len(ngrams) if ngrams else 0.0


def summary_statistics(
    summary: Sequence[str], document: DocumentIndex, reference: Sequence[str]
) -> Statistics:
    """Return the statistics of a summary that are defined for it.

    Args:
        summary: words of the summary.
        document: index of its document.
        reference: words of the reference; () for the reference itself.

    Returns:
        Numbers by the names of `statistics_table.LABELS`, and "reference_length" in words.
    """
    statistics: Statistics = {"length": len(summary), "reference_length": len(reference)}
    if reference:
        statistics["length_ratio"] = len(summary) / len(reference)
    if not summary:
        return statistics
    fragments = extractive_fragments(summary, document)
    statistics["coverage"] = coverage(fragments, len(summary))
    statistics["density"] = density(fragments, len(summary))
    statistics |= {f"novel{n}": novelty(summary, document, n) for n in ORDERS if n <= len(summary)}
    statistics["repeated"] = repetition(summary)
    if len(summary) >= 3:
        statistics["repeated3"] = repetition(summary, 3)
    return statistics
