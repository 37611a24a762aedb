"""Scores of the sentences of a document by the sentence head of a model.

The head sees a window of the document and what its training data had in common. Position and
centrality hold for the whole document, whatever it is about.
"""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from summarizer.summary_types import key_points
from summarizer.text.sentences import join_sentences
from summarizer.types import Tensor
from summarizer.vocabulary import Vocabulary

HEAD = "sentence"  # the output of the graph
LEAST = 1e-6  # probability and centrality whose logarithm is taken at least
# Weights beside the logarithm of the head's probability, chosen on validation documents.
POSITION = 0.5
CENTRALITY = 0.5  # of its logarithm


class HasSentenceHead(Protocol):
    """A model whose graph scores sentences; `OnnxSummarizer` implements it."""

    vocabulary: Vocabulary

    def head_probabilities(self, texts: Sequence[str]) -> list[dict[str, Tensor]]:
        """Return what the heads of the model say of the beginnings of documents."""


def score_sentences(
    model: HasSentenceHead, sentences: Sequence[str], max_tokens: int
) -> list[float]:
    """Return a score of each sentence from the head, its position and its centrality.

        score_i = log head_i + 0.5 · position_i + 0.5 · log centrality_i

    Args:
        model: has the head `sentence`.
        sentences: of a document, in order.
        max_tokens: number of tokens that the model reads at once, see `head_probabilities`.
    """
    probabilities = head_probabilities(model, sentences, max_tokens)
    centralities, positions = key_points.sentence_features(sentences)
    return [
        math.log(max(p, LEAST)) + POSITION * place + CENTRALITY * math.log(max(c, LEAST))
        for p, place, c in zip(probabilities, positions, centralities, strict=True)
    ]


def head_probabilities(
    model: HasSentenceHead, sentences: Sequence[str], max_tokens: int
) -> list[float]:
    """Return the probability of each sentence to belong to an extract, by the head.

    The model reads the document in windows of whole sentences, as in training.

    Args:
        model: has the head `sentence`.
        sentences: of a document, in order.
        max_tokens: number of tokens that the model reads at once; the rest of a longer sentence is
            not read.
    """
    windows = _windows([len(ids) for ids in model.vocabulary.encode_all(sentences)], max_tokens)
    texts = [join_sentences(sentences[begin:end]) for begin, end in windows]
    scores: list[float] = []
    for text, (begin, end), heads in zip(
        texts, windows, model.head_probabilities(texts), strict=True
    ):
        probabilities = heads[HEAD]
        begins = np.array([b for b, _ in model.vocabulary.spans(text)[: len(probabilities)]])
        place = 0
        for sentence in sentences[begin:end]:
            place = text.index(sentence, place)
            inside = (begins >= place - 1) & (begins < place + len(sentence))
            scores.append(float(probabilities[inside].mean()) if inside.any() else 0.0)
            place += len(sentence)
    return scores


def _windows(lengths: Sequence[int], max_tokens: int) -> list[tuple[int, int]]:
    """Return (begin, end) of groups of sentences that have at most `max_tokens`, or of one."""
    windows, begin, total = [], 0, 0
    for i, length in enumerate(lengths):
        if total + length > max_tokens and i > begin:
            windows.append((begin, i))
            begin, total = i, 0
        total += length
    return [*windows, (begin, len(lengths))]
