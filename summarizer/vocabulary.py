"""The one owner of SentencePiece: pieces, the special ids, and text in both directions.

Source: Kudo and Richardson (2018), arXiv:1808.06226; unigram pieces, Kudo (2018), arXiv:1804.10959.
Every character has an id, through its bytes if need be, so the unknown id is never produced.
"""

import hashlib
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import sentencepiece

from summarizer.errors import InputError, ModelError

PAD, START, END, UNKNOWN = 0, 1, 2, 3

_WORD = re.compile(r"[^\W_]+(?:['’.\-/+][^\W_]+)*\+*")


class Vocabulary:
    """Turns text into ids of pieces and back.

    Attributes:
        proto: the serialized SentencePiece model; what is saved and what the graph embeds.
        size: the number of ids, N.
        fold: whether pieces were made without case; `decode` then restores spelling.
        extended: whether a document's words outside the vocabulary have ids from N on.
    """

    extended = False

    def __init__(self, proto: bytes):
        self.proto = proto
        self._processor = sentencepiece.SentencePieceProcessor()
        try:
            self._processor.LoadFromSerializedProto(proto)
            self.size: int = self._processor.GetPieceSize()
            ids = [self._processor.pad_id(), self._processor.bos_id(), self._processor.eos_id()]
        except (RuntimeError, OSError):
            raise ModelError("the vocabulary is not a SentencePiece model") from None
        if ids != [PAD, START, END]:
            raise ModelError(f"the vocabulary has pad, start, end = {ids}, not [0, 1, 2]")
        self.fold = self._processor.Encode("A") == self._processor.Encode("a")

    @classmethod
    def load(cls, path: str | Path) -> "Vocabulary":
        """Read a vocabulary from its file.

        Raises:
            ModelError: the file is missing, cut or not a SentencePiece model.
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

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text, without start and end."""
        ids: list[int] = self._processor.Encode(text)
        return ids

    def encode_all(self, texts: Sequence[str], threads: int = -1) -> list[list[int]]:
        """Return the ids of many texts, on several threads."""
        ids: list[list[int]] = self._processor.Encode(list(texts), num_threads=threads)
        return ids

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """Return the pieces as SentencePiece writes them, `▁` before a word."""
        return [self._processor.IdToPiece(int(i)) for i in ids]

    def spelled(self, ids: Sequence[int]) -> float:
        """Return the share of ids that are bytes, of characters that the vocabulary never saw."""
        return sum(map(self._processor.IsByte, ids)) / max(len(ids), 1)

    def decode(self, ids: Iterable[int], document: str | None = None) -> str:
        """Return the text of ids, cut at the first end; padding and start are dropped.

        Bytes that are no character in UTF-8 are dropped too.

        Args:
            ids: ids of pieces.
            document: what the text is a summary of. A vocabulary without case then gives each
                word the spelling that it has there.
        """
        kept = []
        for i in ids:
            if i == END:
                break
            if i not in (PAD, START):
                kept.append(int(i))
        text: str = self._processor.Decode(kept).replace("\ufffd", "")
        return restore_case(text, document) if self.fold and document else text


def restore_case(text: str, document: str) -> str:
    """Spell each word of a text without case as the document does, and begin with a capital.

    A word at the start of a sentence tells nothing of its spelling, so it counts only where the
    word stands nowhere else.
    """
    inside: dict[str, dict[str, int]] = {}
    first: dict[str, str] = {}
    for match in _WORD.finditer(document):
        word = match.group()
        at = match.start()
        while at and document[at - 1] in " \"'“‘([":
            at -= 1
        if (not at or document[at - 1] in ".!?:\n") and word[1:] == word[1:].lower():
            first.setdefault(word.lower(), word)
        else:
            seen = inside.setdefault(word.lower(), {})
            seen[word] = seen.get(word, 0) + 1

    def spell(match: re.Match[str]) -> str:
        word = match.group()
        if word != word.lower():  # has its spelling already
            return word
        if word in inside:
            return max(inside[word], key=lambda form: (inside[word][form], form == word))
        if "-" in word and word not in first:
            return "-".join(_WORD.sub(spell, part) for part in word.split("-"))
        return word

    text = _WORD.sub(spell, text)
    return text[:1].upper() + text[1:]


def train(
    texts: Iterable[str], size: int, fold: bool = True, seed_pieces: int = 300_000
) -> Vocabulary:
    """Learn a unigram vocabulary with byte fallback.

    Args:
        texts: documents and summaries; one pass is made.
        size: ids in all. Small texts give fewer pieces; the vocabulary is then smaller.
        fold: make pieces without case.
        seed_pieces: candidates that the unigram training starts from.

    Raises:
        InputError: there is no text at all.
    """
    out = io.BytesIO()
    iterator = (line for text in texts for line in text.splitlines() if line.strip())
    head = next(iterator, None)
    if head is None:
        raise InputError("no text to learn a vocabulary from")

    def lines() -> Iterable[str]:
        yield head
        yield from iterator

    sentencepiece.SentencePieceTrainer.Train(
        sentence_iterator=iter(lines()),
        model_writer=out,
        model_type="unigram",
        vocab_size=size,
        hard_vocab_limit=False,
        byte_fallback=True,
        character_coverage=0.9995,
        normalization_rule_name="nmt_nfkc_cf" if fold else "nmt_nfkc",
        pad_id=PAD,
        bos_id=START,
        eos_id=END,
        unk_id=UNKNOWN,
        split_digits=True,
        max_sentence_length=65536,
        seed_sentencepiece_size=seed_pieces,
        num_threads=2,
        minloglevel=2,
    )
    return Vocabulary(out.getvalue())
