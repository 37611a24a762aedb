"""What a summary is like, beyond how much of a reference it holds: measured, not judged."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from summarizer.text.alignment import longest_shared_run, positions_of

Words = Sequence[str]
Numbers = dict[str, float]

ORDERS = (1, 2, 3, 4)  # of the novel runs of words


class DocumentIndex(NamedTuple):
    """A document's words, made ready once for all its summaries.

    Attributes:
        words: in order.
        places: where each word stands.
        grams: its runs of one to four words.
    """

    words: Words
    places: Mapping[str, Sequence[int]]
    grams: Sequence[frozenset[tuple[str, ...]]]


class Fragment(NamedTuple):
    """A run of words that a summary shares with its document.

    Attributes:
        begin: its first word in the summary.
        place: its first word in the document.
        length: words.
    """

    begin: int
    place: int
    length: int


def index_document(words: Words) -> DocumentIndex:
    """Make a document ready for `fragments`, `novel` and `measure`."""
    return DocumentIndex(words, positions_of(words), [frozenset(grams(words, n)) for n in ORDERS])


def extractive_fragments(summary: Words, document: DocumentIndex) -> list[Fragment]:
    """Return the runs of words that a summary may have been copied in, in its order.

    Greedy: at each word the longest run that the document has too, where it first has it. Source:
    Grusky, Naaman, Artzi (2018), "Newsroom", arXiv:1804.11283, extractive fragments.
    """
    found, i = list[Fragment](), 0
    while i < len(summary):
        places = document.places.get(summary[i], ())
        runs = [(longest_shared_run(summary, i, document.words, j), -j) for j in places]
        length, place = max(runs, default=(0, 0))
        if length:
            found.append(Fragment(i, -place, length))
        i += max(length, 1)
    return found


def coverage(runs: Sequence[Fragment], words: int) -> float:
    """Return the share of so many words that is in runs shared with the document, 0 to 1.

    As a run may be of one word, it is the share of words that the document has anywhere. Source:
    Grusky et al. (2018), coverage; 0 for no words.
    """
    return sum(run.length for run in runs) / words if words else 0.0


def density(runs: Sequence[Fragment], words: int) -> float:
    """Return the mean, over words, of the length of the run that each is in; 0 or more.

    Source: Grusky et al. (2018), density; 0 for no words.
    """
    return sum(run.length**2 for run in runs) / words if words else 0.0


def grams(words: Words, n: int) -> list[tuple[str, ...]]:
    """Return the runs of n words, in order."""
    return list(zip(*(words[i:] for i in range(n)), strict=False))


def novelty(summary: Words, document: DocumentIndex, n: int) -> float:
    """Return the share of a summary's runs of n words that its document does not have.

    Source: See, Liu, Manning (2017), arXiv:1704.04368, figure 6; 0 where there is no such run.
    """
    runs, there = grams(summary, n), document.grams[n - 1]
    return sum(run not in there for run in runs) / len(runs) if runs else 0.0


def repetition(words: Words, n: int = 1) -> float:
    """Return the share of a text's runs of n words that stood in it before.

    Source: See et al. (2017), figure 4; 0 where there is no such run.
    """
    runs = grams(words, n)
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def summary_statistics(summary: Words, document: DocumentIndex, reference: Words) -> Numbers:
    """Return what a summary is like, by the names of `describing.LABELS`, as far as the words tell.

    `reference_length`, which is no measure of the summary, is there too.

    Args:
        summary: its words.
        document: from `known`.
        reference: the words of a reference.
    """
    found: Numbers = {"length": len(summary), "reference_length": len(reference)}
    if reference:
        found["length_ratio"] = len(summary) / len(reference)
    if not summary:
        return found
    runs = extractive_fragments(summary, document)
    found["coverage"] = coverage(runs, len(summary))
    found["density"] = density(runs, len(summary))
    found |= {f"novel{n}": novelty(summary, document, n) for n in ORDERS if n <= len(summary)}
    found["repeated"] = repetition(summary)
    if len(summary) >= 3:
        found["repeated3"] = repetition(summary, 3)
    return found
