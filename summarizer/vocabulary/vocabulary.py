"""Text to token ids and back, for all kinds of tokens.

A vocabulary is one file: a SentencePiece model of subwords, characters or bytes
(`subword_vocabulary`), or a list of words (`word_vocabulary`). `Vocabulary` hides the difference,
except for `has_document_words`.
"""

import hashlib
import itertools
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path

from summarizer.errors import ConfigError, InputError, ModelError, did_you_mean
from summarizer.text.amounts import join_amounts
from summarizer.text.truecase import restore_case
from summarizer.vocabulary import subword_vocabulary, word_vocabulary
from summarizer.vocabulary.special_tokens import END, PAD, START, UNKNOWN

__all__ = ["END", "PAD", "START", "UNKNOWN", "Vocabulary", "restore_case", "train_vocabulary"]


class Vocabulary:
    """Encodes text as token ids and decodes ids to text.

    Attributes:
        proto: the content of the file. Except for words it is a serialized SentencePiece model,
            which is embedded in exported graphs.
        size: number of ids, N.
        lowercase: whether tokens are lower-cased. `decode` then restores the case.
        has_document_words: whether a document may have ids from N on, which stand for words of
            that document alone. If False, all ids are below N and UNKNOWN is never produced.
        controls: type of summary → id of its control token. No text contains control tokens. {}:
            the vocabulary has none, and every summary begins with START.
        known_words: normalized words that the training data has in lower case; `decode` writes
            others as names. None: unknown.
    """

    def __init__(self, proto: bytes, known_words: Container[str] | None = None):
        self.proto, self.known_words = proto, known_words
        kind = (
            word_vocabulary.WordVocabulary
            if proto.startswith(word_vocabulary.MAGIC)
            else subword_vocabulary.SubwordVocabulary
        )
        self._kind: word_vocabulary.WordVocabulary | subword_vocabulary.SubwordVocabulary = kind(
            proto
        )
        self.size, self.lowercase = self._kind.size, self._kind.lowercase
        self.has_document_words = self._kind.has_document_words
        self.controls: dict[str, int] = dict(self._kind.controls)

    @classmethod
    def load(cls, path: str | Path, known_words: Container[str] | None = None) -> "Vocabulary":
        """Read a vocabulary from its file.

        Args:
            path: of the file.
            known_words: see the class.

        Raises:
            ModelError: the file is missing, cut or not a vocabulary.
        """
        try:
            return cls(Path(path).read_bytes(), known_words)
        except OSError as error:
            raise ModelError(f"{path}: {error.strerror}") from None
        except ModelError as error:
            raise ModelError(f"{path}: {error}") from None

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits of the SHA-256 of the file."""
        return hashlib.sha256(self.proto).hexdigest()[:16]

    def start(self, type: str | None = None) -> int:
        """Return the token that a summary of a type begins with; START without control tokens.

        Args:
            type: a name of `summary_types`; "" or None: the first type with a control token.

        Raises:
            InputError: the vocabulary has control tokens, but none for this type.
        """
        if not self.controls:
            return START
        name = type or next(iter(self.controls))
        if name not in self.controls:
            raise InputError(
                f"type {name!r}: the model was not trained for it: "
                f"{did_you_mean(name, self.controls)}"
            )
        return self.controls[name]

    def encode(self, text: str) -> list[int]:
        """Return the ids of a document, without START and END."""
        return self._kind.encode(text)

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each document."""
        return self._kind.encode_all(texts)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the (begin, end) in characters of each token of `encode(text)`.

        If several byte tokens spell one character, all but the last have an empty span at its
        begin.
        """
        return self._kind.spans(text)

    def encode_summary(self, text: str, document: str) -> list[int]:
        """Return the ids of a summary of a document.

        The result is `encode(text)`, except with `has_document_words`: a word outside the
        vocabulary then has its id in the document, or UNKNOWN if the document lacks it too.
        """
        return self._kind.encode_pair(document, text)[1]

    def encode_pairs(
        self, documents: Sequence[str], summaries: Sequence[str]
    ) -> Iterator[tuple[list[int], list[int]]]:
        """Yield the ids of each document and of its summary."""
        return self._kind.encode_pairs(documents, summaries)

    def tokens(self, ids: Iterable[int], document: str | None = None) -> list[str]:
        """Return the spelling of each token, with `▁` for the space before a word."""
        return self._kind.tokens(ids, document)

    def unknown_ratio(self, ids: Sequence[int]) -> float:
        """Return the share of ids of unknown words or of bytes of unknown characters, 0 to 1."""
        return self._kind.unknown_ratio(ids)

    def decode(self, ids: Iterable[int], document: str | None = None) -> str:
        """Return the text of ids up to the first END; PAD, START and invalid UTF-8 are dropped.

        Args:
            ids: token ids.
            document: the document that the text summarizes, or the text itself. It restores the
                case of words from a lower-cased vocabulary and the spaces in amounts, and supplies
                the words of ids from N on.
        """
        text = self.decode_raw(ids, document)
        if not document:
            return text
        text = join_amounts(text, document)
        return restore_case(text, document, self.known_words) if self.lowercase else text

    def decode_raw(self, ids: Iterable[int], document: str | None = None) -> str:
        """Return the text of ids without restoring case and spaces; see `decode`."""
        until_end = itertools.takewhile(lambda i: i != END, ids)
        return self._kind.text([int(i) for i in until_end if i not in (PAD, START)], document)


def train_vocabulary(
    texts: Iterable[str],
    size: int,
    lowercase: bool = True,
    seed_size: int = 300_000,
    kind: str = "unigram",
    controls: Sequence[str] = (),
) -> Vocabulary:
    """Train a vocabulary.

    Args:
        texts: documents and summaries, read once.
        size: number of ids. The vocabulary is smaller if the texts have too few distinct tokens.
        lowercase: lower-case the tokens.
        seed_size: number of candidates that unigram training starts with.
        kind: `unigram`, `bpe`, `characters`, `bytes` or `words`.
        controls: types of summaries, each of which gets a control token; ids from 4 on.

    Raises:
        ConfigError: the kind is unknown or has no control tokens, or the size is too small.
        InputError: all texts are empty.
    """
    kinds = (*subword_vocabulary.TYPES, "words")
    if kind not in kinds:
        raise ConfigError(f"vocabulary.kind={kind}: {did_you_mean(kind, kinds)}")
    if kind == "words" and controls:
        raise ConfigError(
            "vocabulary.kind=words: has no control tokens for types of summaries; remove the types "
            "from the data, or set vocabulary.kind=unigram"
        )
    lines = (line for text in texts for line in text.splitlines() if line.strip())
    first = next(lines, None)
    if first is None:
        raise InputError("no text to learn a vocabulary from")
    lines_again = itertools.chain([first], lines)
    if kind == "words":
        return Vocabulary(word_vocabulary.learn_words(lines_again, size, lowercase))
    return Vocabulary(
        subword_vocabulary.learn_subwords(lines_again, kind, size, lowercase, seed_size, controls)
    )
