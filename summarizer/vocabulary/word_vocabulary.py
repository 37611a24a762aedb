"""Whole words, and more ids for the words of one document that the vocabulary lacks.

Source: See, Liu, Manning (2017), arXiv:1704.04368, section 2.2, the extended vocabulary: the
pointer may copy a word that no id below N stands for. A document's unknown words have the ids N,
N + 1, … in the order in which they first occur there, so a cut of its end changes none of the
others.

The file: a line `#words 1 fold=1 size=N`, then the words of the ids from 4 on, one a line.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from summarizer.errors import ConfigError, ModelError
from summarizer.text.scripts import is_unspaced
from summarizer.text.words import (
    JOIN,
    SPACE,
    join_words,
    normalize,
    split_words,
    word_offsets,
)
from summarizer.vocabulary.special_tokens import SPECIAL, UNKNOWN

MAGIC = b"#words "
_HEAD = re.compile(r"#words 1 fold=([01]) size=(\d+)")
_MISSING = "⁇"  # what stands in a text for a word that nothing tells, as SentencePiece writes it


class WordVocabulary:
    """Turns text into ids of words and back; what a `Vocabulary` does with them.

    Attributes:
        size: the number of ids, N, those of a document's unknown words not counted.
        fold: whether words were taken without case.
        extended: ids from N on are words of the document.
        controls: {}: there are no control tokens.
    """

    has_document_words = True
    controls: Mapping[str, int] = MappingProxyType({})

    def __init__(self, proto: bytes):
        try:
            head, *words = proto.decode("utf-8").removesuffix("\n").split("\n")
        except UnicodeDecodeError:
            raise ModelError("the vocabulary is cut or not of words") from None
        match = _HEAD.fullmatch(head)
        self._words = [*SPECIAL, *words]
        self._ids = {word: i for i, word in enumerate(self._words) if i > UNKNOWN}
        self.size = len(self._words)
        if not match or int(match[2]) != self.size or len(self._ids) != len(words):
            raise ModelError("the vocabulary is cut or not of words")
        self.lowercase = match[1] == "1"

    def encode(self, text: str) -> list[int]:
        """Return the ids of a document."""
        return self._numbered(text, {})

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of many documents."""
        return [self.encode(text) for text in texts]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where in a text each of its words begins and ends.

        Where the normal form of what stands between two spaces is longer or shorter than it, all
        words in it have its place.
        """
        parts = re.findall(r"\s+|\S+", text)
        normal = [normalize(part, self.lowercase) for part in parts]
        if "".join(normal) != normalize(text, self.lowercase):
            parts, normal = [text], [normalize(text, self.lowercase)]
        begins: list[int] = []  # of each character of the normal form
        ends: list[int] = []
        at = 0
        for part, form in zip(parts, normal, strict=True):
            same, whole = len(part) == len(form), at + len(part)
            begins += range(at, whole) if same else [at] * len(form)
            ends += range(at + 1, whole + 1) if same else [whole] * len(form)
            at = whole
        found = word_offsets("".join(normal))
        return [(begins[begin], ends[end - 1]) for _, begin, end in found]

    def encode_pair(self, document: str, summary: str) -> tuple[list[int], list[int]]:
        """Return the ids of a document and of a summary of it.

        A word that neither the vocabulary nor the document has is UNKNOWN in the summary.
        """
        unseen: dict[str, int] = {}
        ids = self._numbered(document, unseen)
        known, unknown = self._ids, UNKNOWN
        return ids, [known.get(w) or unseen.get(w, unknown) for w in self._split(summary)]

    def encode_pairs(
        self, documents: Sequence[str], summaries: Sequence[str]
    ) -> Iterator[tuple[list[int], list[int]]]:
        """Yield what `encode_pair` gives, for many."""
        yield from map(self.encode_pair, documents, summaries)

    def tokens(self, ids: Iterable[int], document: str | None = None) -> list[str]:
        """Return the words, `▁` before one that a space may precede, `<unk>` for an unknown one."""
        return [_shown(token) for token in self._tokens(ids, document, SPECIAL[UNKNOWN])]

    def unknown_ratio(self, ids: Sequence[int]) -> float:
        """Return the share of ids that are of words that the vocabulary lacks."""
        return sum(i == UNKNOWN or i >= self.size for i in ids) / max(len(ids), 1)

    def text(self, ids: Sequence[int], document: str | None = None) -> str:
        """Return the text of ids; those from N on are looked up in the document."""
        return join_words(self._tokens(ids, document, _MISSING))

    def _split(self, text: str) -> Iterator[str]:
        return split_words(normalize(text, self.lowercase))

    def _numbered(self, text: str, unseen: dict[str, int]) -> list[int]:
        """The ids of a text; its unknown words, new ones in their order, are put into `unseen`."""
        known, size = self._ids, self.size
        return [known.get(w) or unseen.setdefault(w, size + len(unseen)) for w in self._split(text)]

    def _tokens(self, ids: Iterable[int], document: str | None, missing: str) -> Iterator[str]:
        """The words of ids, as they are kept."""
        ids = [int(i) for i in ids]
        unseen: dict[str, int] = {}
        if document and max(ids, default=0) >= self.size:
            self._numbered(document, unseen)
        words = [*self._words, *unseen]
        for i in ids:
            yield words[i] if i != UNKNOWN and i < len(words) else missing


def _shown(token: str) -> str:
    """A word as SentencePiece would write it."""
    if token in (*SPECIAL, SPACE):
        return token
    left = "▁" if not token.startswith(JOIN) and not is_unspaced(token) else ""
    return left + token.strip(JOIN)


def learn_words(lines: Iterable[str], size: int, fold: bool) -> bytes:
    """Take the most frequent words and return the vocabulary's file.

    A word that occurs once is left out: it would never be learned, and as an unknown one it shows
    the model what to do with those.

    Raises:
        ConfigError: the size has no room for a word.
    """
    least = len(SPECIAL) + 2  # the space between words of scripts without, and a word
    if size < least:
        raise ConfigError(f"vocabulary.size={size}: too small for words; at least {least}")
    counts: Counter[str] = Counter()
    for line in lines:
        counts.update(split_words(normalize(line, fold)))
    del counts[SPACE]
    ranked = sorted((-count, word) for word, count in counts.items() if count > 1)
    words = [SPACE, *(word for _, word in ranked[: size - len(SPECIAL) - 1])]
    size = len(SPECIAL) + len(words)
    return "\n".join([f"#words 1 fold={fold:d} size={size}", *words, ""]).encode()
