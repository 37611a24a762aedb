"""Tokens that a summary may use without a number or name that its document lacks.

Generation excludes each token with a digit, and each token that alone is a name unknown to the
document (`text.numbers_and_names` defines names), except stems of other words. Copying stays free,
so tokens may still combine to a new number or name; therefore each summary is checked again. If
bans of unsupported words do not help, digits are no longer copied, and in the end only whole words
of the document or of the training data are written: they cannot combine to anything new.
"""

import bisect
import functools
import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

import numpy as np

from summarizer.datasets import lowercase_words
from summarizer.errors import ModelError
from summarizer.text import numbers_and_names
from summarizer.text.numbers_and_names import Mention
from summarizer.types import Tensor
from summarizer.vocabulary import END, UNKNOWN, Vocabulary

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


class TokenClasses(NamedTuple):
    """Classes of the tokens of a vocabulary.

    Attributes:
        digits: bool [N], whether a token contains a digit.
        whole: bool [N], whether a token cannot be part of a word in a script with capitals.
        names: token that begins a word → its words, as `normalize_word` returns them, that the
            training data does not contain in lower case.
        stems: tokens of `names` that other words begin with, as *requir* of *require*.
    """

    digits: Tensor
    whole: Tensor
    names: dict[int, frozenset[str]]
    stems: set[int]


class FaithfulnessFilter:
    """Decides which tokens of a vocabulary cannot make an unsupported number or name."""

    def __init__(self, vocabulary: Vocabulary, folder: Path):
        """Open the list of words that the training data contains in lower case.

        Args:
            vocabulary: vocabulary of the model.
            folder: folder of the model.

        Raises:
            ModelError: the folder has no such list, or the file is truncated.
        """
        known_words = lowercase_words.load_lowercase_words(folder)
        if known_words is None:
            raise ModelError(
                f"{folder / lowercase_words.FILE}: no such file; --faithful strict needs it to "
                "recognize names; use --faithful warn, or make the file (docs/howto/explain.md)"
            )
        self._vocabulary, self._known_words = vocabulary, known_words

    @functools.cached_property
    def _classes(self) -> TokenClasses:
        size = self._vocabulary.size
        classes = TokenClasses(np.zeros(size, bool), np.ones(size, bool), {}, set())
        names, known = dict[int, str](), list[str]()
        for i, token in enumerate(self._vocabulary.tokens(range(size))):
            if i <= UNKNOWN:
                continue
            if byte := _BYTE.fullmatch(token):
                classes.digits[i] = numbers_and_names.is_number(chr(int(byte[1], 16)))
                classes.whole[i] = False
                continue
            text = unicodedata.normalize("NFKC", token.replace("▁", " "))
            classes.digits[i] = numbers_and_names.is_number(text)
            classes.whole[i] = token[0] == "▁" or not numbers_and_names.has_case(text)
            words = {
                numbers_and_names.normalize_word(word)
                for word in numbers_and_names.mention_words(text)
                if numbers_and_names.has_case(word)
            }
            unknown = frozenset(word for word in words if word not in self._known_words)
            if unknown and classes.whole[i]:
                classes.names[i] = unknown
                names[i] = text
            elif words and classes.whole[i]:
                known.append(text)
        classes.stems.update(_stems(names, known))
        return classes

    def unsupported(self, text: str, document: str) -> list[Mention]:
        """Return the numbers and names of a summary that its document does not contain."""
        return numbers_and_names.unsupported(text, document, self._known_words)

    def generatable_tokens(self, document: str, whole_words_only: bool = False) -> Tensor:
        """Return which tokens may be generated, bool [N].

        Args:
            document: text that supports numbers and names.
            whole_words_only: allow only tokens that are whole words or punctuation.
        """
        digits, whole, names, stems = self._classes
        supported = numbers_and_names.normalized_words(document)
        generatable = ~digits & whole if whole_words_only else ~digits
        exempt = set() if whole_words_only else stems
        banned = [i for i, words in names.items() if i not in exempt and not words <= supported]
        generatable[banned] = False
        generatable[END] = True
        return generatable

    def uncopyable_tokens(self, document: str, whole_words_only: bool = False) -> set[int]:
        """Return the tokens of a document that must not be copied: those with a digit.

        Args:
            document: the input text.
            whole_words_only: also ban tokens that are neither whole words nor punctuation.
        """
        ids = set(self._vocabulary.encode(document))
        generatable = (
            self.generatable_tokens(document, True) if whole_words_only else ~self._classes.digits
        )
        # Ids beyond the vocabulary are words of this document alone.
        document_words = [i for i in ids if i >= self._vocabulary.size]
        texts = self._vocabulary.tokens(document_words, document)
        numbers = {
            i
            for i, text in zip(document_words, texts, strict=True)
            if numbers_and_names.is_number(text)
        }
        return numbers | {i for i in ids.difference(document_words) if not generatable[i]}


def _stems(names: dict[int, str], known: list[str]) -> set[int]:
    """Return the tokens of `names` whose text is the beginning of a known one."""
    known = sorted(known)
    stems = set[int]()
    for i, text in names.items():
        following = known[(place := bisect.bisect(known, text)) : place + 1]
        if following and following[0].startswith(text):
            stems.add(i)
    return stems
