"""Phrases as tokens, and whether a text contains a phrase."""

import functools
import unicodedata
from collections.abc import Sequence

import numpy as np

from summarizer.decoding.graph_inputs import BOUNDARY
from summarizer.text.scripts import is_unspaced
from summarizer.types import Tensor
from summarizer.vocabulary import Vocabulary


def continues_word(char: str) -> bool:
    """Tell whether a character belongs to a word that may continue beside it."""
    if not char or is_unspaced(char):
        return False
    return char.isalnum() or unicodedata.category(char)[0] == "M"


def normalized(text: str) -> str:
    """Return a text for comparison: NFKC, without case, with single spaces."""
    return unicodedata.normalize("NFKC", " ".join(text.split()).casefold())


def contains_phrase(text: str, phrase: str) -> bool:
    """Tell whether a text contains a phrase as whole words, regardless of case."""
    text, phrase = normalized(text), normalized(phrase)
    begin = text.find(phrase)
    while begin >= 0:
        end = begin + len(phrase)
        joined_before = continues_word(text[begin - 1 : begin]) and continues_word(phrase[:1])
        joined_after = continues_word(text[end : end + 1]) and continues_word(phrase[-1:])
        if not joined_before and not joined_after:
            return True
        begin = text.find(phrase, begin + 1)
    return False


class Phrases:
    """Turns phrases into tokens, with `BOUNDARY` behind a phrase that ends in a word.

    Tables over the whole vocabulary are made on first use: most summaries need none.
    """

    def __init__(self, vocabulary: Vocabulary):
        self._vocabulary = vocabulary

    @functools.cached_property
    def _tokens(self) -> list[str]:
        return self._vocabulary.tokens(range(self._vocabulary.size))

    @functools.cached_property
    def _ids(self) -> dict[str, int]:
        return {token: i for i, token in enumerate(self._tokens)}

    @functools.cached_property
    def begins(self) -> Tensor:
        """Whether each token does not continue the word before it, bool [N]."""
        return np.array([not continues_word(_first_character(token)) for token in self._tokens])

    @functools.cached_property
    def words(self) -> Tensor:
        """Number of words that each token adds to a text, int32 [N]; -1 for a space."""
        return np.array([_count_words(token) for token in self._tokens], np.int32)

    @functools.cached_property
    def characters(self) -> Tensor:
        """Number of characters that each token adds to a text, int32 [N]; -1 for a space."""
        return np.array([_count_characters(token) for token in self._tokens], np.int32)

    def encode(self, phrase: str, document: str) -> tuple[int, ...]:
        """Return the tokens of a phrase in a summary of a document; UNKNOWN where it has none.

        In scripts without spaces the first token has no space before it either.
        """
        ids = self._vocabulary.encode_summary(phrase, document)
        if is_unspaced(phrase):
            first = self._vocabulary.tokens(ids[:1], document)[0]
            if first == "▁":
                ids = ids[1:]
            elif bare := self._ids.get(first.removeprefix("▁")):
                ids = [bare, *ids[1:]]
        return (*ids, BOUNDARY) if continues_word(phrase[-1]) else tuple(ids)

    def spellings(self, phrase: str, document: str) -> set[tuple[int, ...]]:
        """Return the tokens of the usual spellings of a banned phrase."""
        cases = {phrase}
        if not self._vocabulary.lowercase:
            cases |= {phrase.lower(), phrase.upper(), phrase.capitalize(), phrase.title()}
        spellings = {self.encode(case, document) for case in cases}
        if not is_unspaced(phrase):
            return spellings
        for ids in list(spellings):
            with_space = self._ids.get("▁" + self._vocabulary.tokens(ids[:1], document)[0])
            if with_space:
                spellings.add((with_space, *ids[1:]))
        return spellings

    def written(self, ids: Sequence[int], phrase: str, document: str) -> tuple[int, ...]:
        """Return the tokens of a summary that contain a phrase, and the token before them."""

        def inside(begin: int, end: int) -> bool:
            return contains_phrase(self._vocabulary.decode(ids[begin:end], document), phrase)

        for end in range(1, len(ids) + 1):
            if not inside(0, end) or (end < len(ids) and not inside(0, end + 1)):
                continue
            begin = max(b for b in range(end) if inside(b, end) and inside(max(b - 1, 0), end))
            tokens = tuple(ids[max(begin - 1, 0) : end])
            return (*tokens, BOUNDARY) if continues_word(phrase[-1]) else tokens
        return tuple(ids)


def _is_byte(token: str) -> bool:
    return token.startswith("<0x") and len(token) == 6


def _first_character(token: str) -> str:
    """Return the character that decides whether a token continues a word."""
    if _is_byte(token):  # a byte beyond ASCII is part of a letter
        byte = int(token[3:5], 16)
        return chr(byte) if byte < 128 else "a"
    return token[:1]


def _count_words(token: str) -> int:
    if not token.strip("▁"):
        return -1
    return len(token.replace("▁", " ").split()) - (token[0] != "▁")


def _count_characters(token: str) -> int:
    if not token.strip("▁"):
        return -1
    if _is_byte(token):
        return int(int(token[3:5], 16) & 0xC0 != 0x80)  # the first byte of each character
    return len(token.replace("▁", ""))
