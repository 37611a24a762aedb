"""Vocabularies of whole words, with additional ids for the unknown words of each document.

Source: See, Liu, Manning (2017), arXiv:1704.04368, section 2.2, the extended vocabulary: the
pointer may copy a word that has no id below N. The unknown words of a document have the ids N,
N + 1, … in order of first occurrence, so that cutting the document leaves the other ids unchanged.

The file is a line `#words 1 fold=1 size=N`, then the words of the ids from 4 on, one per line.
`fold=1` means lower-cased.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from summarizer.errors import ConfigError, ModelError
from summarizer.text.scripts import is_unspaced
from summarizer.text.words import JOIN, SPACE, join_words, normalize, split_words, word_offsets
from summarizer.vocabulary.special_tokens import SPECIAL, UNKNOWN

MAGIC = b"#words "
_HEADER = re.compile(r"#words 1 fold=([01]) size=(\d+)")
_MISSING = "⁇"  # stands in texts for an unknown word, as in SentencePiece


class WordVocabulary:
    """The implementation of `Vocabulary` with whole words.

    Attributes:
        size: number of ids, N, without the words of documents.
        lowercase: whether the words are lower-cased.
        has_document_words: True: ids from N on are words of the document.
        controls: {}: there are no control tokens.
    """

    has_document_words = True
    controls: Mapping[str, int] = MappingProxyType({})

    def __init__(self, proto: bytes):
        try:
            header, *words = proto.decode("utf-8").removesuffix("\n").split("\n")
        except UnicodeDecodeError:
            raise ModelError("the vocabulary is cut or not of words") from None
        match = _HEADER.fullmatch(header)
        self._words = [*SPECIAL, *words]
        self._ids = {word: i for i, word in enumerate(self._words) if i > UNKNOWN}
        self.size = len(self._words)
        if not match or int(match[2]) != self.size or len(self._ids) != len(words):
            raise ModelError("the vocabulary is cut or not of words")
        self.lowercase = match[1] == "1"

    def encode(self, text: str) -> list[int]:
        """Return the ids of a document."""
        return self._encode(text, {})

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each document."""
        return [self.encode(text) for text in texts]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the (begin, end) in characters of each word of a text.

        If normalization changes the length of a run without spaces, each word in the run has the
        span of the whole run.
        """
        runs = re.findall(r"\s+|\S+", text)
        normal = [normalize(run, self.lowercase) for run in runs]
        if "".join(normal) != normalize(text, self.lowercase):
            runs, normal = [text], [normalize(text, self.lowercase)]
        begins: list[int] = []  # of each character of the normalized text
        ends: list[int] = []
        position = 0
        for run, form in zip(runs, normal, strict=True):
            same_length, end = len(run) == len(form), position + len(run)
            begins += range(position, end) if same_length else [position] * len(form)
            ends += range(position + 1, end + 1) if same_length else [end] * len(form)
            position = end
        offsets = word_offsets("".join(normal))
        return [(begins[begin], ends[end - 1]) for _, begin, end in offsets]

    def encode_pair(self, document: str, summary: str) -> tuple[list[int], list[int]]:
        """Return the ids of a document and of its summary.

        A summary word that neither the vocabulary nor the document has is UNKNOWN.
        """
        document_words: dict[str, int] = {}
        ids = self._encode(document, document_words)
        known, unknown = self._ids, UNKNOWN
        words = self._split(summary)
        return ids, [known.get(w) or document_words.get(w, unknown) for w in words]

    def encode_pairs(
        self, documents: Sequence[str], summaries: Sequence[str]
    ) -> Iterator[tuple[list[int], list[int]]]:
        """Yield the result of `encode_pair` for each pair."""
        yield from map(self.encode_pair, documents, summaries)

    def tokens(self, ids: Iterable[int], document: str | None = None) -> list[str]:
        """Return the words, with `▁` before one that may follow a space; `<unk>` for UNKNOWN."""
        return [_spelling(word) for word in self._words_of(ids, document, SPECIAL[UNKNOWN])]

    def unknown_ratio(self, ids: Sequence[int]) -> float:
        """Return the share of ids of words outside the vocabulary."""
        return sum(i == UNKNOWN or i >= self.size for i in ids) / max(len(ids), 1)

    def text(self, ids: Sequence[int], document: str | None = None) -> str:
        """Return the text of ids; words of ids from N on are looked up in the document."""
        return join_words(self._words_of(ids, document, _MISSING))

    def _split(self, text: str) -> Iterator[str]:
        return split_words(normalize(text, self.lowercase))

    def _encode(self, text: str, document_words: dict[str, int]) -> list[int]:
        """Return the ids of a text; add its new unknown words to `document_words`."""
        known, size = self._ids, self.size
        return [
            known.get(w) or document_words.setdefault(w, size + len(document_words))
            for w in self._split(text)
        ]

    def _words_of(self, ids: Iterable[int], document: str | None, missing: str) -> Iterator[str]:
        """Yield the word of each id, or `missing`."""
        ids = [int(i) for i in ids]
        document_words: dict[str, int] = {}
        if document and max(ids, default=0) >= self.size:
            self._encode(document, document_words)
        words = [*self._words, *document_words]
        for i in ids:
            yield words[i] if i != UNKNOWN and i < len(words) else missing


def _spelling(word: str) -> str:
    """Return a word as SentencePiece would write it."""
    if word in (*SPECIAL, SPACE):
        return word
    space = "▁" if not word.startswith(JOIN) and not is_unspaced(word) else ""
    return space + word.strip(JOIN)


def learn_words(lines: Iterable[str], size: int, lowercase: bool) -> bytes:
    """Return the file of a vocabulary of the most frequent words.

    Words that occur once are left out: they would not be learned, and as unknown words they train
    the model to handle unknown words.

    Raises:
        ConfigError: the size is too small for one word.
    """
    minimum = len(SPECIAL) + 2  # the token for a space, and a word
    if size < minimum:
        raise ConfigError(f"vocabulary.size={size}: too small for words; at least {minimum}")
    counts: Counter[str] = Counter()
    for line in lines:
        counts.update(split_words(normalize(line, lowercase)))
    del counts[SPACE]
    ranked = sorted((-count, word) for word, count in counts.items() if count > 1)
    words = [SPACE, *(word for _, word in ranked[: size - len(SPECIAL) - 1])]
    size = len(SPECIAL) + len(words)
    return "\n".join([f"#words 1 fold={lowercase:d} size={size}", *words, ""]).encode()
