"""Key points: the most important sentences, in the order of the document."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

from summarizer.summary_types._base import Part, SummaryType
from summarizer.text import sentences as sentence_rules
from summarizer.text.centrality import centrality
from summarizer.text.scripts import is_unspaced
from summarizer.text.stop_words import ENGLISH
from summarizer.text.words import normalize, split_words

TYPE = SummaryType(
    "key-points",
    "the most important sentences of the document",
    "points",
    (3, 5, 7),
    written=False,
    sentences_per_part=5,
)
MAX_SHARED = 0.5  # of the content words of the shorter of two points
MIN_TERMS = 3  # content words of a point; a shorter sentence says little by itself


class SentenceScorer(Protocol):
    """Scores the importance of sentences; `score_sentences` implements it."""

    def __call__(self, sentences: Sequence[str]) -> list[float]:
        """Return the score of each sentence of a document, the most important highest."""


def score_sentences(sentences: Sequence[str]) -> list[float]:
    """Return the sum of centrality and position of each sentence, from 0 to 2.

    Source: the centroid value and the positional value of MEAD with equal weights, Radev et al.
    2004, "Centroid-based summarization of multiple documents", section 3; LexRank takes the place
    of the centroid.
    """
    centralities, positions = sentence_features(sentences)
    return [c + p for c, p in zip(centralities, positions, strict=True)]


def sentence_features(sentences: Sequence[str]) -> tuple[list[float], list[float]]:
    """Return the centralities and the positions of the sentences of a document.

    Returns:
        LexRank centralities as fractions of the highest, above 0 and at most 1; positions, which
        fall evenly from 1 at the first sentence to 0 behind the last.
    """
    ids: dict[str, int] = {}
    terms = [
        [ids.setdefault(term, len(ids)) for term in content_terms(sentence)]
        for sentence in sentences
    ]
    ranks = centrality(terms)
    highest, count = max(ranks, default=1.0), len(sentences)
    positions = [(count - i) / count for i in range(count)]
    return [float(rank / highest) for rank in ranks], positions


def content_terms(text: str) -> list[str]:
    """Return the words of a text that are no stop words, in lower case, in order.

    A script without spaces gives pairs of characters, as single characters say little.
    """
    words = list(split_words(normalize(text, lowercase=True)))
    terms = [w for w in words if w[0].isalnum() and not is_unspaced(w) and w not in ENGLISH]
    terms += [a + b for a, b in pairwise(words) if is_unspaced(a) and is_unspaced(b)]
    return terms


def extract(
    sentences: Sequence[str], scores: Sequence[float], count: int, exact: bool = False
) -> list[Part]:
    """Return the best sentences in order, without those that repeat a better one.

    Args:
        sentences: all sentences of the document. If they are no more than `count`, all are
            returned.
        scores: their importance.
        count: maximum number of points.
        exact: whether headings, short and similar sentences may fill up the number, if others are
            too few.
    """
    chosen = list(range(len(sentences)))
    if len(sentences) > count:
        terms = [set(content_terms(sentence)) for sentence in sentences]
        ranked = sorted(chosen, key=lambda i: -scores[i])
        complete = [
            i
            for i in ranked
            if len(terms[i]) >= MIN_TERMS and sentence_rules.ends_sentence(sentences[i])
        ]
        chosen = _different([], complete or ranked, terms, count, MAX_SHARED)
        if exact:
            chosen = _different(chosen, ranked, terms, count, 1)
    return [Part(i, 0, len(sentences[i])) for i in sorted(chosen)]


def _different(
    chosen: list[int], ranked: list[int], terms: list[set[str]], count: int, limit: float
) -> list[int]:
    """Add ranked sentences to the chosen ones, if they share less than `limit` with each."""
    chosen = list(chosen)
    for i in ranked:
        if len(chosen) < count and all(_shared(terms[i], terms[j]) < limit for j in chosen):
            chosen.append(i)
    return chosen


def _shared(first: set[str], second: set[str]) -> float:
    """Return the fraction of the smaller set that the larger one contains; 1 if it is empty."""
    smaller = min(len(first), len(second))
    return len(first & second) / smaller if smaller else 1.0
