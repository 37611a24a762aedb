"""Summaries made of a document's own sentences: what is easily had, and the best that can be had.

Sentences are taken whole and uncut, and stand in the document's order. "oracle" and
"nearest-sentence" look at the references: they are no systems, but say how far extraction goes.
"""

import statistics
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from summarizer.metrics import rouge
from summarizer.text import sentences
from summarizer.text.centrality import centrality, textrank
from summarizer.types import Example

BOUNDS = ("nearest-sentence", "oracle")  # those that look at the references
RANKED = 2000  # sentences of a document that TextRank compares, each with each

Words = Sequence[str]
Centrality = Callable[[Sequence[Sequence[int]]], npt.NDArray[np.float64]]


class SentenceDocument(NamedTuple):
    """A document as sentences.

    Attributes:
        id: of the example.
        sentences: of the document, in order.
        words: of each sentence, as ROUGE compares them.
        references: the words of each reference.
    """

    id: str
    sentences: list[str]
    words: list[list[str]]
    references: list[list[str]]


def articles(
    examples: Iterable[Example], stem: bool = True, units: str = "characters"
) -> Iterator[SentenceDocument]:
    """Cut documents into sentences and words, once for all that is made of each.

    Args:
        examples: documents with their references.
        stem: compare English words by their stems.
        units: of scripts without spaces between words, see `tokens.words`.
    """
    words = rouge.UnicodeTokenizer(stem, units).tokenize
    for example in examples:
        parts = sentences.split_sentences(example.document)
        yield SentenceDocument(
            example.id,
            parts,
            [words(part) for part in parts],
            [words(text) for text in _references(example)],
        )


def _references(example: Example) -> Sequence[str]:
    return example.references or (example.summary or "",)


def extractive_baselines(
    examples: Sequence[Example], stem: bool = True, units: str = "characters"
) -> dict[str, list[str]]:
    """Return name → the text that it makes of each example; the arguments are those of `articles`.

    Those in `BOUNDS` come last.
    """
    k = typical_sentence_count(examples)
    chosen: dict[str, Callable[[SentenceDocument], Sequence[int]]] = {
        "first-k-sentences": lambda article: range(k),
        "random-sentence": lambda article: [random_sentence(article.id, len(article.sentences))],
        "textrank": lambda article: central_sentences(article.words[:RANKED], k, textrank),
        "lexrank": lambda article: central_sentences(article.words, k, centrality),
        "nearest-sentence": nearest,
        "oracle": oracle,
    }
    found: dict[str, list[str]] = {name: [] for name in chosen}
    for article in articles(examples, stem, units):  # one at a time: words take much memory
        for name, choose in chosen.items():
            found[name].append(join_sentences(article, choose(article)))
    return found


def join_sentences(article: SentenceDocument, chosen: Sequence[int]) -> str:
    """Return those sentences of an article as a text, in the document's order."""
    some = [i for i in sorted(chosen) if i < len(article.sentences)]
    return sentences.join_sentences([article.sentences[i] for i in some])


def typical_sentence_count(examples: Iterable[Example]) -> int:
    """Return how many sentences a reference has: their (lower) median, at least 1."""
    lengths = [
        len(sentences.split_sentences(text))
        for example in examples
        for text in _references(example)
    ]
    return max(1, statistics.median_low(lengths or [1]))


def random_sentence(name: str, count: int) -> int:
    """Choose among sentences by nothing but the example's id: the same on every machine.

    Args:
        name: the example's id.
        count: of the sentences.
    """
    return zlib.crc32(name.encode("utf-8", "surrogatepass")) % max(count, 1)


def central_sentences(words: Sequence[Words], k: int, rank: Centrality) -> list[int]:
    """Return the k most central sentences, of equal ones the earlier.

    Args:
        words: of each sentence.
        k: sentences.
        rank: `documents.central.centrality` (LexRank) or `textrank`.
    """
    numbers: dict[str, int] = {}
    terms = [[numbers.setdefault(word, len(numbers)) for word in some] for some in words]
    # Rounded: sentences that are equally central differ in the last bits only.
    return [int(i) for i in np.argsort(-rank(terms).round(9), kind="stable")[:k]]


def nearest(article: SentenceDocument) -> list[int]:
    """Return the sentence with the greatest ROUGE-L F against a reference, the best of several.

    Of equal ones it is the earlier.
    """
    scores = [
        max(_f1(_common(one, words), len(words), len(one)) for one in article.references)
        for words in article.words
    ]
    return [int(np.argmax(scores))] if scores else []


def oracle(article: SentenceDocument) -> list[int]:
    """Return the sentences that an extract of about the reference's length should have.

    Greedy: the sentence with the greatest ROUGE-1 F, then always the one that raises it most, while
    any does and the extract is shorter than the reference. With several references it is that of
    the one that can be met best. Source: how Nallapati, Zhai, Zhou (2017), arXiv:1611.04230, make
    the labels that they train an extractor on.
    """
    found = [_greedy(article.words, reference) for reference in article.references]
    return max(found, key=lambda one: one[0])[1] if found else []


def _greedy(words: Sequence[Words], reference: Words) -> tuple[float, list[int]]:
    """ROUGE-1 F of the chosen sentences against one reference, and which they are."""
    wanted = Counter(reference)
    table = np.array([[part[w] for w in wanted] for part in map(Counter, words)], np.int64)
    table, most = table.reshape(len(words), len(wanted)), np.array(list(wanted.values()), np.int64)
    sizes = np.array([len(part) for part in words], np.int64)
    held, size, best, chosen = np.zeros(len(wanted), np.int64), 0, 0.0, list[int]()
    while len(chosen) < len(words) and (not chosen or size < len(reference)):
        hits = np.minimum(held + table, most).sum(axis=1)
        scores = 2 * hits / np.maximum(size + sizes + len(reference), 1)
        scores[chosen] = -1
        i = int(np.argmax(scores))
        if chosen and scores[i] <= best:
            break
        chosen.append(i)
        held, size, best = held + table[i], size + int(sizes[i]), float(scores[i])
    return best, chosen


def _f1(common: int, one: int, other: int) -> float:
    """F of two texts of so many words that have so many in common."""
    return 2 * common / (one + other) if one + other else 0.0


def _common(one: Words, other: Words) -> int:
    """Return the length of the longest common subsequence of two texts.

    All places of `one` are worked on at once, as the bits of a number: a zero is a place where
    the longest sequence up to there is one longer than up to the place before. Source: Hyyrö
    (2004), "Bit-parallel LCS-length computation revisited".
    """
    places: dict[str, int] = {}
    for i, word in enumerate(one):
        places[word] = places.get(word, 0) | 1 << i
    every = (1 << len(one)) - 1
    row = every
    for word in other:
        met = row & places.get(word, 0)
        row = ((row + met) | (row - met)) & every
    return len(one) - row.bit_count()
