"""What a summary is written with, so that it holds no number or name that its document lacks.

The generator loses every piece with a digit, and every piece that alone is a name of which the
document knows nothing (`documents.claims` says what is one), but for stems of other words. Copying
stays free; so pieces may still be put together to something new, and each summary is read again.
Where bans of what was found there do not help, no digit is copied either, and at last only whole
words are written, each one of the document or known from training: there is nothing left to put
together.
"""

import bisect
import functools
import re
import unicodedata
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from summarizer.datasets import lowercase_words
from summarizer.errors import ModelError
from summarizer.text import numbers_and_names
from summarizer.text.numbers_and_names import Mention
from summarizer.vocabulary import END, UNKNOWN, Vocabulary

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


class TokenClasses(NamedTuple):
    """What the pieces of a vocabulary are.

    Attributes:
        digits: bool [N], whether a piece has one.
        whole: bool [N], whether it cannot be a part of a word of a script with capitals.
        strange: the words, as `claims.key` gives them, that training did not see in lower case, of
            each piece that begins a word and has some.
        stems: those of the strange pieces that other words begin with, as *requir* does *require*.
    """

    digits: Any
    whole: Any
    strange: dict[int, frozenset[str]]
    stems: set[int]


class FaithfulnessFilter:
    """Knows the pieces of a vocabulary by what can be claimed with them."""

    def __init__(self, vocabulary: Vocabulary, folder: Path):
        """Open what the folder of the model tells of training's words.

        Raises:
            ModelError: it tells nothing, or its file is cut.
        """
        known = lowercase_words.load_lowercase_words(folder)
        if known is None:
            raise ModelError(
                f"{folder / lowercase_words.FILE}: no such file, which tells what is a name: faithful "
                "strict cannot be kept; use warn, or make it as docs/howto/explain.md says"
            )
        self._vocabulary, self._known = vocabulary, known

    @functools.cached_property
    def _kinds(self) -> TokenClasses:
        size = self._vocabulary.size
        kinds = TokenClasses(np.zeros(size, bool), np.ones(size, bool), {}, set())
        stems, familiar = dict[int, str](), list[str]()
        for i, piece in enumerate(self._vocabulary.tokens(range(size))):
            if i <= UNKNOWN:
                continue
            if byte := _BYTE.fullmatch(piece):
                kinds.digits[i] = numbers_and_names.is_number(chr(int(byte[1], 16)))
                kinds.whole[i] = False
                continue
            bare = unicodedata.normalize("NFKC", piece.replace("▁", " "))
            kinds.digits[i] = numbers_and_names.is_number(bare)
            kinds.whole[i] = piece[0] == "▁" or not numbers_and_names.has_case(bare)
            keys = {
                numbers_and_names.normalize_word(w)
                for w in numbers_and_names.mention_words(bare)
                if numbers_and_names.has_case(w)
            }
            unknown = frozenset(key for key in keys if key not in self._known)
            if unknown and kinds.whole[i]:
                kinds.strange[i] = unknown
                stems[i] = bare
            elif keys and kinds.whole[i]:
                familiar.append(bare)
        familiar.sort()
        for i, bare in stems.items():
            after = bisect.bisect(familiar, bare)
            if familiar[after : after + 1] and familiar[after].startswith(bare):
                kinds.stems.add(i)
        return kinds

    def unsupported(self, text: str, document: str) -> list[Mention]:
        """Return what a summary claims and its document does not hold."""
        return numbers_and_names.unsupported(text, document, self._known)

    def allowed(self, document: str, whole: bool = False) -> Any:
        """Return what the generator may write, bool [N].

        Args:
            document: what it may name.
            whole: only pieces that are whole words, or marks.
        """
        digits, words, strange, stems = self._kinds
        held = numbers_and_names.normalized_words(document)
        out = ~digits & words if whole else ~digits
        free = set() if whole else stems
        out[[i for i, keys in strange.items() if i not in free and not keys <= held]] = False
        out[END] = True
        return out

    def barred(self, document: str, whole: bool = False) -> set[int]:
        """Return the pieces of a document that must not be copied: those with a digit.

        Args:
            document: what is read.
            whole: also those that are neither whole words nor marks.
        """
        ids = set(self._vocabulary.encode(document))
        free = self.allowed(document, True) if whole else ~self._kinds.digits
        own = [i for i in ids if i >= self._vocabulary.size]  # words that only the document has
        texts = self._vocabulary.tokens(own, document)
        found = {i for i, text in zip(own, texts, strict=True) if numbers_and_names.is_number(text)}
        return found | {i for i in ids.difference(own) if not free[i]}
