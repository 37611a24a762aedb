"""Words and phrases as pieces, and which of them a text holds."""

import functools
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

from summarizer.decoding.graph_inputs import BOUNDARY
from summarizer.text.scripts import is_unspaced
from summarizer.vocabulary import Vocabulary


def continues_word(char: str) -> bool:
    """Tell whether a character is of a word that may go on beside it."""
    return bool(char) and (char.isalnum() or unicodedata.category(char)[0] == "M") and (
        not is_unspaced(char)
    )  # fmt: skip


def plain(text: str) -> str:
    """Return the text as it is compared: composed, without case, one space between words."""
    return unicodedata.normalize("NFKC", " ".join(text.split()).casefold())


def contains_phrase(text: str, phrase: str) -> bool:
    """Tell whether a text holds a phrase as whole words, without regard to case."""
    text, phrase = plain(text), plain(phrase)
    at = text.find(phrase)
    while at >= 0:
        end = at + len(phrase)
        before = continues_word(text[at - 1 : at]) and continues_word(phrase[:1])
        if not before and not (continues_word(text[end : end + 1]) and continues_word(phrase[-1:])):
            return True
        at = text.find(phrase, at + 1)
    return False


class Phrases:
    """Turns phrases into pieces, `BOUNDARY` behind one that ends in a word.

    What is known of all pieces is found out when it is first asked for: most summaries are made
    without any of it.
    """

    def __init__(self, vocabulary: Vocabulary):
        self._vocabulary = vocabulary

    @functools.cached_property
    def _pieces(self) -> list[str]:
        return self._vocabulary.tokens(range(self._vocabulary.size))

    @functools.cached_property
    def _ids(self) -> dict[str, int]:
        return {piece: i for i, piece in enumerate(self._pieces)}

    @functools.cached_property
    def begins(self) -> Any:
        """Pieces that do not go on with a word, bool [N]."""
        return np.array([not continues_word(_first(piece)) for piece in self._pieces])

    @functools.cached_property
    def words(self) -> Any:
        """How many words each piece adds to a text, int32 [N]; -1 for a space."""
        return np.array([_words(piece) for piece in self._pieces], np.int32)

    @functools.cached_property
    def characters(self) -> Any:
        """How many characters each piece adds to a text, int32 [N]; -1 for a space."""
        return np.array([_characters(piece) for piece in self._pieces], np.int32)

    def encode(self, phrase: str, document: str) -> tuple[int, ...]:
        """Return the pieces of a phrase in a summary of a document; UNKNOWN where it has none.

        Between characters that no space parts it has none before it either.
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
        """Return the ways to write a phrase that are known beforehand; for what is banned."""
        cases = {phrase}
        if not self._vocabulary.lowercase:
            cases |= {phrase.lower(), phrase.upper(), phrase.capitalize(), phrase.title()}
        found = {self.encode(case, document) for case in cases}
        for ids in [ids for ids in found if is_unspaced(phrase)]:
            before = self._ids.get("▁" + self._vocabulary.tokens(ids[:1], document)[0])
            found |= {(before, *ids[1:])} if before else set()
        return found

    def written(self, ids: Sequence[int], phrase: str, document: str) -> tuple[int, ...]:
        """Return the pieces of a summary that hold a phrase, the piece before them included."""

        def inside(begin: int, end: int) -> bool:
            return contains_phrase(self._vocabulary.decode(ids[begin:end], document), phrase)

        for end in range(1, len(ids) + 1):
            if not inside(0, end) or (end < len(ids) and not inside(0, end + 1)):
                continue
            begin = max(b for b in range(end) if inside(b, end) and inside(max(b - 1, 0), end))
            rest = tuple(ids[max(begin - 1, 0) : end])
            return (*rest, BOUNDARY) if continues_word(phrase[-1]) else rest
        return tuple(ids)


def _first(piece: str) -> str:
    """What tells whether a piece goes on with a word: its first character."""
    if piece.startswith("<0x") and len(piece) == 6:  # a byte: of a letter, if beyond ASCII
        byte = int(piece[3:5], 16)
        return chr(byte) if byte < 128 else "a"
    return piece[:1]


def _words(piece: str) -> int:
    if not piece.strip("▁"):
        return -1
    return len(piece.replace("▁", " ").split()) - (piece[0] != "▁")


def _characters(piece: str) -> int:
    if not piece.strip("▁"):
        return -1
    if piece.startswith("<0x") and len(piece) == 6:
        return int(int(piece[3:5], 16) & 0xC0 != 0x80)  # the first byte of each character
    return len(piece.replace("▁", ""))
