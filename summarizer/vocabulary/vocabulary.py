"""The one owner of text and ids: pieces of every kind, the special ids, and both directions.

A vocabulary is one file. Subwords, characters and bytes are SentencePiece's (`subwords`), words
are ours (`words`); whoever holds a `Vocabulary` need not know which, but for `extended`.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from summarizer.errors import ConfigError, InputError, ModelError, did_you_mean
from summarizer.text.truecase import restore_case
from summarizer.vocabulary import subword_vocabulary, word_vocabulary
from summarizer.vocabulary.special_tokens import END, PAD, START, UNKNOWN

__all__ = ["END", "PAD", "START", "UNKNOWN", "Vocabulary", "restore_case", "train_vocabulary"]


class Vocabulary:
    """Turns text into ids of pieces and back.

    Attributes:
        proto: what is saved; for all kinds but words the serialized SentencePiece model, which
            the graph embeds.
        size: the number of ids, N.
        lowercase: whether pieces were made without case; `decode` then restores spelling.
        extended: whether a document may have ids from N on, which mean words of that document
            alone. Else every id is below N, and UNKNOWN never comes.
        controls: type of summary → id of its control token, which no text is encoded to; {}: the
            vocabulary has none, and every summary begins with START.
    """

    def __init__(self, proto: bytes):
        self.proto = proto
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
    def load(cls, path: str | Path) -> "Vocabulary":
        """Read a vocabulary from its file.

        Raises:
            ModelError: the file is missing, cut or not a vocabulary.
        """
        try:
            return cls(Path(path).read_bytes())
        except OSError as error:
            raise ModelError(f"{path}: {error.strerror}") from None
        except ModelError as error:
            raise ModelError(f"{path}: {error}") from None

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that differ where the vocabularies differ."""
        return hashlib.sha256(self.proto).hexdigest()[:16]

    def start(self, type: str | None = None) -> int:
        """Return the id that a summary of a type begins with, START without control tokens.

        Args:
            type: a name of `summary_types`; empty: the first type that there is a token for.

        Raises:
            InputError: there is a token for other types, not for this one.
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
        """Return the ids of a document, without start and end."""
        return self._kind.encode(text)

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of many documents, each for itself."""
        return self._kind.encode_all(texts)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where in a text each piece of `encode(text)` begins and ends, in characters.

        Of several bytes that spell one character the first ones are empty, where it begins.
        """
        return self._kind.spans(text)

    def encode_summary(self, text: str, document: str) -> list[int]:
        """Return the ids of a text that is about a document.

        They are `encode(text)` but for an `extended` vocabulary: there a word that it lacks has
        the id that it has in the document, and is UNKNOWN where that lacks it too.
        """
        return self._kind.encode_pair(document, text)[1]

    def encode_pairs(
        self, documents: Sequence[str], summaries: Sequence[str]
    ) -> Iterator[tuple[list[int], list[int]]]:
        """Yield the ids of each document and of its summary."""
        return self._kind.encode_pairs(documents, summaries)

    def tokens(self, ids: Iterable[int], document: str | None = None) -> list[str]:
        """Return the pieces as SentencePiece writes them, `▁` before a word."""
        return self._kind.tokens(ids, document)

    def unknown_ratio(self, ids: Sequence[int]) -> float:
        """Return the share of ids of what the vocabulary never saw: bytes, or unknown words."""
        return self._kind.unknown_ratio(ids)

    def decode(self, ids: Iterable[int], document: str | None = None) -> str:
        """Return the text of ids, cut at the first end; padding and start are dropped.

        Bytes that are no character in UTF-8 are dropped too.

        Args:
            ids: ids of pieces.
            document: what the text is a summary of, or the text itself. A vocabulary without case
                gives each word the spelling that it has there; an extended one finds there the
                words that it lacks.
        """
        text = self.decode_raw(ids, document)
        return restore_case(text, document) if self.lowercase and document else text

    def decode_raw(self, ids: Iterable[int], document: str | None = None) -> str:
        """Return the text of ids as the pieces have it, in no other spelling; see `decode`."""
        kept = []
        for i in ids:
            if i == END:
                break
            if i not in (PAD, START):
                kept.append(int(i))
        return self._kind.text(kept, document)


def train_vocabulary(
    texts: Iterable[str],
    size: int,
    lowercase: bool = True,
    seed_pieces: int = 300_000,
    kind: str = "unigram",
    controls: Sequence[str] = (),
) -> Vocabulary:
    """Learn a vocabulary.

    Args:
        texts: documents and summaries; one pass is made.
        size: ids in all. Small texts give fewer pieces; the vocabulary is then smaller.
        lowercase: make pieces without case.
        seed_pieces: candidates that the unigram training starts from.
        kind: `unigram`, `bpe`, `characters`, `bytes` or `words`.
        controls: types of summaries that get a control token each, ids 4, 5, …

    Raises:
        ConfigError: the kind is unknown, or the size too small for it.
        InputError: there is no text at all.
    """
    kinds = (*subword_vocabulary.TYPES, "words")
    if kind not in kinds:
        raise ConfigError(f"vocabulary.kind={kind}: {did_you_mean(kind, kinds)}")
    iterator = (line for text in texts for line in text.splitlines() if line.strip())
    head = next(iterator, None)
    if head is None:
        raise InputError("no text to learn a vocabulary from")

    def lines() -> Iterator[str]:
        yield head
        yield from iterator

    if kind == "words" and controls:
        raise ConfigError(
            "vocabulary.kind=words: has no control tokens for the types of summaries; leave the "
            "types out of the data, or set vocabulary.kind=unigram"
        )
    if kind == "words":
        return Vocabulary(word_vocabulary.learn_words(lines(), size, lowercase))
    return Vocabulary(
        subword_vocabulary.learn_subwords(lines(), kind, size, lowercase, seed_pieces, controls)
    )
