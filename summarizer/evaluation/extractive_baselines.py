"""Baselines that extract whole sentences of the document, and the best that extraction can reach.

The sentences keep the order of the document. "oracle" and "nearest-sentence" look at the
references: they are upper bounds, not systems.
"""

import logging
import statistics
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from summarizer.evaluation.predictions import references_of
from summarizer.metrics import rouge
from summarizer.metrics.greedy_extract import greedy_extract
from summarizer.text import sentences
from summarizer.text.centrality import centrality, textrank
from summarizer.types import Example

BOUNDS = ("nearest-sentence", "oracle")  # baselines that look at the references
TEXTRANK_SENTENCES = 2000  # sentences of a document that TextRank compares, each with each other
_WORDS_PER_SENTENCE = 100  # of a document with more, hardly an end of a sentence was recognized

Centrality = Callable[[Sequence[Sequence[int]]], npt.NDArray[np.float64]]


class SentenceDocument(NamedTuple):
    """A document as sentences.

    Attributes:
        id: id of the example.
        sentences: sentences of the document, in order.
        words: words of each sentence, as ROUGE compares them.
        references: words of each reference.
    """

    id: str
    sentences: list[str]
    words: list[list[str]]
    references: list[list[str]]


def sentence_documents(
    examples: Iterable[Example], stem: bool = True, tokenization: str = "characters"
) -> Iterator[SentenceDocument]:
    """Yield each document as sentences and words, which all baselines share.

    Args:
        examples: documents with their references.
        stem: whether English words are compared by their stems.
        tokenization: tokens of scripts written without spaces, see `rouge_tokenizer.words`.
    """
    tokenize = rouge.UnicodeTokenizer(stem, tokenization).tokenize
    for example in examples:
        parts = sentences.split_sentences(example.document)
        yield SentenceDocument(
            example.id,
            parts,
            [tokenize(part) for part in parts],
            [tokenize(text) for text in references_of(example)],
        )


def extractive_baselines(
    examples: Sequence[Example], stem: bool = True, tokenization: str = "characters"
) -> dict[str, list[str]]:
    """Return baseline → its summary of each example; the baselines in `BOUNDS` come last.

    The arguments are those of `sentence_documents`.
    """
    k = typical_sentence_count(examples)
    choosers: dict[str, Callable[[SentenceDocument], Sequence[int]]] = {
        "first-k-sentences": lambda document: range(k),
        "random-sentence": lambda d: [random_sentence(d.id, len(d.sentences))],
        "textrank": lambda d: central_sentences(d.words[:TEXTRANK_SENTENCES], k, textrank),
        "lexrank": lambda d: central_sentences(d.words, k, centrality),
        "nearest-sentence": nearest_sentence,
        "oracle": oracle_sentences,
    }
    summaries: dict[str, list[str]] = {name: [] for name in choosers}
    # One document at a time, because words take much memory.
    without_ends, first = 0, ""
    for document in sentence_documents(examples, stem, tokenization):
        if sum(map(len, document.words)) > _WORDS_PER_SENTENCE * len(document.sentences):
            without_ends, first = without_ends + 1, first or document.id
        for name, choose in choosers.items():
            summaries[name].append(join_sentences(document, choose(document)))
    if 2 * without_ends > len(examples):
        logging.getLogger("summarizer").warning(
            "%d of %d documents have hardly an end of a sentence (more than %d words a sentence), "
            "the first is %r: the baselines that choose sentences and ROUGE-Lsum say little",
            *(without_ends, len(examples), _WORDS_PER_SENTENCE, first),
        )
    return summaries


def join_sentences(document: SentenceDocument, chosen: Sequence[int]) -> str:
    """Return the chosen sentences as a text, in the order of the document."""
    valid = [i for i in sorted(chosen) if i < len(document.sentences)]
    return sentences.join_sentences([document.sentences[i] for i in valid])


def typical_sentence_count(examples: Iterable[Example]) -> int:
    """Return the (lower) median number of sentences of the references, at least 1."""
    counts = [
        len(sentences.split_sentences(text))
        for example in examples
        for text in references_of(example)
    ]
    return max(1, statistics.median_low(counts or [1]))


def random_sentence(name: str, count: int) -> int:
    """Return the number of a sentence, chosen by the example's id: the same on every machine.

    Args:
        name: id of the example.
        count: number of sentences.
    """
    return zlib.crc32(name.encode("utf-8", "surrogatepass")) % max(count, 1)


def central_sentences(words: Sequence[Sequence[str]], k: int, rank: Centrality) -> list[int]:
    """Return the k most central sentences; among equally central ones the earlier comes first.

    Args:
        words: words of each sentence.
        k: number of sentences.
        rank: `centrality` (LexRank) or `textrank` of `text.centrality`.
    """
    ids: dict[str, int] = {}
    terms = [[ids.setdefault(word, len(ids)) for word in sentence] for sentence in words]
    # Rounded, because equally central sentences differ in the last bits.
    return [int(i) for i in np.argsort(-rank(terms).round(9), kind="stable")[:k]]


def nearest_sentence(document: SentenceDocument) -> list[int]:
    """Return the sentence with the greatest ROUGE-L F against any of the references.

    Among equal sentences the earlier wins.
    """
    scores = [
        max(
            _f1(_common_length(reference, words), len(words), len(reference))
            for reference in document.references
        )
        for words in document.words
    ]
    return [int(np.argmax(scores))] if scores else []


def oracle_sentences(document: SentenceDocument) -> list[int]:
    """Return the sentences of the best extract of about the length of the reference.

    See `greedy_extract`. With several references, the extract for the reference that can be
    matched best.
    """
    extracts = [greedy_extract(document.words, words) for words in document.references]
    return max(extracts, key=lambda extract: extract[0])[1] if extracts else []


def _f1(common: int, length: int, other_length: int) -> float:
    """Return the F of two texts of these lengths that have `common` words in common."""
    total = length + other_length
    return 2 * common / total if total else 0.0


def _common_length(first: Sequence[str], second: Sequence[str]) -> int:
    """Return the length of the longest common subsequence of two texts.

    All positions of `first` are worked on at once, as the bits of an integer. A bit is 0 where the
    longest sequence up to its position is one longer than up to the position before. Source: Hyyrö
    (2004), "Bit-parallel LCS-length computation revisited".
    """
    positions: dict[str, int] = {}
    for i, word in enumerate(first):
        positions[word] = positions.get(word, 0) | 1 << i
    mask = (1 << len(first)) - 1
    row = mask
    for word in second:
        matches = row & positions.get(word, 0)
        row = ((row + matches) | (row - matches)) & mask
    return len(first) - row.bit_count()
