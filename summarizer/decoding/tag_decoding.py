"""Extracts from the probabilities of a tagger: words, or whole sentences; imports no Keras.

A word is kept or dropped as a whole, by the mean probability of its tokens. Text that the tagger
did not read is dropped. The extract has the spelling of the document.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from summarizer.config import DecodeConfig
from summarizer.text import alignment
from summarizer.text.sentences import split_sentences
from summarizer.text.words import join_words
from summarizer.types import Tensor

Length = Callable[[str], int]
"""Counts the words of a text."""


class Extract(NamedTuple):
    """The part of a document that is kept.

    Attributes:
        text: of the kept words.
        score: mean probability of the kept words.
        tokens: bool [S], True at the kept tokens.
    """

    text: str
    score: float
    tokens: Tensor


class TaggedDocument:
    """A document with the probability that each of its words is kept.

    Attributes:
        probability: float64, one for each word; -1 for words that were not read.
    """

    def __init__(self, text: str, spans: Sequence[tuple[int, int]], keep: Tensor):
        """Compute the probability of each word.

        Args:
            text: the document, at least one word.
            spans: spans of the tokens that were read, from `Vocabulary.spans`.
            keep: float [S], the probability that the tagger keeps each token.
        """
        self._text, self._keep = text, np.asarray(keep, np.float64)
        self._words = alignment.aligned_text(text)
        self._owners = alignment.owners(self._words, spans)
        begins = np.asarray(self._words.begins)
        counts = np.bincount(self._owners, minlength=len(begins))
        sums = np.bincount(self._owners, self._keep, len(begins))
        # A token may contain several marks; all of them have its probability.
        containing = np.searchsorted([begin for begin, _ in spans], begins, side="right") - 1
        means = np.where(counts > 0, sums / np.maximum(counts, 1), self._keep[containing])
        self._is_read = begins < spans[-1][1]
        self.probability = np.where(self._is_read, means, -1.0)

    def extract(
        self,
        decode: DecodeConfig,
        length: Length,
        max_words: int | None = None,
        threshold: float | None = None,
    ) -> Extract:
        """Keep words or sentences, as a configuration sets.

        Args:
            decode: the settings.
            length: counts words.
            max_words: maximum number of words; None: no maximum.
            threshold: replaces `decode.tagger_threshold`.
        """
        if decode.tagger_unit == "sentences":
            return self.sentences(decode.tagger_sentences, max_words, length)
        threshold = decode.tagger_threshold if threshold is None else threshold
        return self.words(threshold, max_words, length)

    def words(self, threshold: float, max_words: int | None, length: Length) -> Extract:
        """Keep the words whose probability reaches a threshold, at least one.

        Args:
            threshold: minimum probability.
            max_words: keep this number of the most probable words instead; None: use the threshold.
            length: counts words.
        """
        if max_words is None:
            chosen = self.probability >= threshold
            chosen = chosen if chosen.any() else self._most_probable(1)
            return self._extract(chosen)
        for count in range(max_words, 0, -1):  # a mark between two spaces counts as a word, too
            chosen = self._most_probable(count)
            if length(self._join(chosen)) <= max_words:
                break
        return self._extract(chosen)

    def sentences(self, count: int, max_words: int | None, length: Length) -> Extract:
        """Keep the most probable sentences, at least one, in the order of the document.

        Args:
            count: maximum number of sentences.
            max_words: maximum number of words; sentences that exceed it are left out, and if none
                fits, the most probable one is truncated. None: no maximum.
            length: counts words.
        """
        sentence_of = self._sentence_of_words()
        sentence_count = int(sentence_of.max()) + 1
        sentence_of_tokens = sentence_of[self._owners]
        counts = np.bincount(sentence_of_tokens, minlength=sentence_count)
        sums = np.bincount(sentence_of_tokens, self._keep, sentence_count)
        means = np.where(counts > 0, sums / np.maximum(counts, 1), -1.0)
        chosen = np.zeros(len(self._is_read), bool)
        remaining = count
        for i in np.argsort(-means, kind="stable"):
            extended = chosen | ((sentence_of == i) & (means[i] >= 0))
            fits = max_words is None or length(self._join(extended)) <= max_words
            if remaining and fits:
                chosen, remaining = extended, remaining - 1
        if not chosen.any():
            chosen = self._truncate(sentence_of == np.argmax(means), max_words or 1, length)
        return self._extract(chosen)

    def selected(self, threshold: float) -> Tensor:
        """Return the tokens of words whose probability reaches a threshold, bool [S]."""
        return (self.probability >= threshold)[self._owners]

    def _sentence_of_words(self) -> Tensor:
        """Return the index of the sentence of each word, int."""
        end, ends = 0, []
        for sentence in split_sentences(self._text):
            end = self._text.index(sentence, end) + len(sentence)
            ends.append(end)
        return np.searchsorted(ends, self._words.begins, side="right")

    def _most_probable(self, count: int) -> Tensor:
        """Return the most probable words, and the marks at least as probable as these, bool."""
        is_word = np.asarray(self._words.spoken)
        candidates = is_word & self._is_read
        candidates = candidates if candidates.any() else self._is_read
        ranked = np.flatnonzero(candidates)
        ranked = ranked[np.argsort(-self.probability[ranked], kind="stable")][:count]
        chosen = ~is_word & self._is_read & (self.probability >= self.probability[ranked].min())
        chosen[ranked] = True
        return chosen

    def _truncate(self, sentence: Tensor, max_words: int, length: Length) -> Tensor:
        """Return the beginning of a sentence that has at most this number of words.

        Args:
            sentence: bool, True at its words.
            max_words: maximum number of words.
            length: counts words.
        """
        chosen = np.zeros(len(sentence), bool)
        for i in np.flatnonzero(sentence & self._is_read):
            chosen[i] = True
            if length(self._join(chosen)) > max_words:
                chosen[i] = False
                break
        return chosen

    def _extract(self, chosen: Tensor) -> Extract:
        """Return the extract of words, bool."""
        score = float(self.probability[chosen & self._is_read].mean())
        return Extract(self._join(chosen), score, chosen[self._owners])

    def _join(self, chosen: Tensor) -> str:
        """Return the text of words, bool; neighbors keep the space that the document has there."""
        words, text, last = self._words, "", 0
        for i in np.flatnonzero(chosen):
            begin, end = words.begins[i], words.ends[i]
            if i and chosen[i - 1]:
                text += self._text[words.ends[i - 1] : begin]
            elif text and " " in join_words([words.tokens[last], words.tokens[i]]):
                text += " "
            text, last = text + self._text[begin:end], int(i)
        return text
