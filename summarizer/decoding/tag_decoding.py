"""What a tagger's probabilities keep of a document: words, or whole sentences; without Keras.

A word is kept or dropped whole, by the mean probability of its pieces. What is not read is not
kept. The text is spelled as the document is.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from summarizer.config import DecodeConfig
from summarizer.text import alignment, sentences
from summarizer.text.words import join_words

Length = Callable[[str], int]
"""Counts the words of a text."""


class Extract(NamedTuple):
    """What is kept.

    Attributes:
        text: of the words that are kept.
        score: their mean probability.
        pieces: bool [S], True at the pieces that are kept.
    """

    text: str
    score: float
    tokens: Any


class TaggedDocument:
    """A document with the probability that each of its words is kept."""

    def __init__(self, text: str, spans: Sequence[tuple[int, int]], keep: Any):
        """Take what a tagger says.

        Args:
            text: the document, at least one word.
            spans: where the pieces are that were read, from `Vocabulary.spans`.
            keep: float [S], their probabilities.
        """
        self._text, self._keep = text, np.asarray(keep, np.float64)
        self._words = alignment.aligned_text(text)
        self._owners = alignment.owners(self._words, spans)
        begins = np.asarray(self._words.begins)
        size = len(begins)
        counts = np.bincount(self._owners, minlength=size)
        means = np.bincount(self._owners, self._keep, size) / np.maximum(counts, 1)
        # A piece may hold several marks: those after the first are as probable as that one.
        shared = np.searchsorted([begin for begin, _ in spans], begins, side="right") - 1
        self._read = begins < spans[-1][1]
        means = np.where(counts > 0, means, self._keep[shared])
        self.probability = np.where(self._read, means, -1.0)

    def extract(
        self, decode: DecodeConfig, length: Length, most: int | None = None,
        threshold: float | None = None,
    ) -> Extract:  # fmt: skip
        """Keep what a configuration asks for: words, or sentences.

        Args:
            decode: the settings.
            length: counts words.
            most: words in all; None: as many as are probable enough, or as the sentences have.
            threshold: instead of the configuration's.
        """
        if decode.tagger_unit == "sentences":
            return self.sentences(decode.tagger_sentences, most, length)
        return self.words(decode.tagger_threshold if threshold is None else threshold, most, length)

    def words(self, threshold: float, most: int | None, length: Length) -> Extract:
        """Keep the words that are probable enough, at least one.

        Args:
            threshold: the least probability of a word that is kept.
            most: keep so many words, the most probable ones, instead.
            length: counts words.
        """
        if most is None:
            chosen = self.probability >= threshold
            chosen = chosen if chosen.any() else self._best(1)
            return self._extract(chosen)
        for count in range(most, 0, -1):  # a mark between two spaces counts as a word, too
            chosen = self._best(count)
            if length(self._join(chosen)) <= most:
                break
        return self._extract(chosen)

    def sentences(self, count: int, most: int | None, length: Length) -> Extract:
        """Keep the most probable sentences, at least one, in the document's order.

        Args:
            count: how many, at most.
            most: words in all, at most: what does not fit is left out, and where nothing fits the
                most probable sentence is cut.
            length: counts words.
        """
        place, ends = 0, []
        found = sentences.split_sentences(self._text)
        for sentence in found:
            place = self._text.index(sentence, place) + len(sentence)
            ends.append(place)
        of = np.searchsorted(ends, self._words.begins, side="right")
        of_piece = of[self._owners]
        counts = np.bincount(of_piece, minlength=len(found))
        sums = np.bincount(of_piece, self._keep, len(found))
        means = np.where(counts > 0, sums / np.maximum(counts, 1), -1.0)
        chosen = np.zeros(len(self._read), bool)
        left = count
        for i in np.argsort(-means, kind="stable"):
            wider = chosen | ((of == i) & (means[i] >= 0))
            if left and (most is None or length(self._join(wider)) <= most):
                chosen, left = wider, left - 1
        if not chosen.any():
            chosen = self._beginning(of == np.argmax(means), most or 1, length)
        return self._extract(chosen)

    def selected(self, threshold: float) -> Any:
        """Return bool [S]: the pieces of words that are probable enough."""
        return (self.probability >= threshold)[self._owners]

    def _best(self, count: int) -> Any:
        """The most probable words and the marks that are as probable as the least of them."""
        spoken = np.asarray(self._words.spoken) & self._read
        spoken = spoken if spoken.any() else self._read
        ranked = np.flatnonzero(spoken)
        ranked = ranked[np.argsort(-self.probability[ranked], kind="stable")][:count]
        chosen = ~np.asarray(self._words.spoken) & self._read
        chosen &= self.probability >= self.probability[ranked].min()
        chosen[ranked] = True
        return chosen

    def _beginning(self, sentence: Any, most: int, length: Length) -> Any:
        """As much of a sentence as has so few words."""
        chosen = np.zeros(len(sentence), bool)
        for i in np.flatnonzero(sentence & self._read):
            chosen[i] = True
            if length(self._join(chosen)) > most:
                chosen[i] = False
                break
        return chosen

    def _extract(self, chosen: Any) -> Extract:
        score = float(self.probability[chosen & self._read].mean())
        return Extract(self._join(chosen), score, chosen[self._owners])

    def _join(self, chosen: Any) -> str:
        """The text of some words: as the document has it where they follow each other there."""
        words, out, last = self._words, "", 0
        for i in np.flatnonzero(chosen):
            begin, end = words.begins[i], words.ends[i]
            if i and chosen[i - 1]:
                out += self._text[words.ends[i - 1] : begin]
            elif out and " " in join_words([words.tokens[last], words.tokens[i]]):
                out += " "
            out, last = out + self._text[begin:end], int(i)
        return out
