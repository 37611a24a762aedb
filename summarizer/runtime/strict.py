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

from summarizer.documents import claims, lowercase
from summarizer.documents.claims import Claim
from summarizer.errors import ModelError
from summarizer.vocabulary import END, UNKNOWN, Vocabulary

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


class _Kinds(NamedTuple):
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


class Strict:
    """Knows the pieces of a vocabulary by what can be claimed with them."""

    def __init__(self, vocabulary: Vocabulary, folder: Path):
        """Open what the folder of the model tells of training's words.

        Raises:
            ModelError: it tells nothing, or its file is cut.
        """
        known = lowercase.load(folder)
        if known is None:
            raise ModelError(
                f"{folder / lowercase.FILE}: no such file, which tells what is a name: faithful "
                "strict cannot be kept; use warn, or make it as docs/explain.md says"
            )
        self._vocabulary, self._known = vocabulary, known

    @functools.cached_property
    def _kinds(self) -> _Kinds:
        size = self._vocabulary.size
        kinds = _Kinds(np.zeros(size, bool), np.ones(size, bool), {}, set())
        stems, familiar = dict[int, str](), list[str]()
        for i, piece in enumerate(self._vocabulary.pieces(range(size))):
            if i <= UNKNOWN:
                continue
            if byte := _BYTE.fullmatch(piece):
                kinds.digits[i] = claims.is_number(chr(int(byte[1], 16)))
                kinds.whole[i] = False
                continue
            bare = unicodedata.normalize("NFKC", piece.replace("▁", " "))
            kinds.digits[i] = claims.is_number(bare)
            kinds.whole[i] = piece[0] == "▁" or not claims.has_case(bare)
            keys = {claims.key(w) for w in claims.words(bare) if claims.has_case(w)}
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

    def unsupported(self, text: str, document: str) -> list[Claim]:
        """Return what a summary claims and its document does not hold."""
        return claims.unsupported(text, document, self._known)

    def allowed(self, document: str, whole: bool = False) -> Any:
        """Return what the generator may write, bool [N].

        Args:
            document: what it may name.
            whole: only pieces that are whole words, or marks.
        """
        digits, words, strange, stems = self._kinds
        held = claims.keys(document)
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
        texts = self._vocabulary.pieces(own, document)
        found = {i for i, text in zip(own, texts, strict=True) if claims.is_number(text)}
        return found | {i for i in ids.difference(own) if not free[i]}
