"""The one door of SentencePiece: pieces of words, characters or bytes, with bytes to fall back on.

Sources: Kudo and Richardson (2018), arXiv:1808.06226; unigram pieces, Kudo (2018),
arXiv:1804.10959; byte-pair encoding, Sennrich, Haddow, Birch (2016), arXiv:1508.07909.
Every character has an id, through its bytes if need be, so the unknown id is never produced.
"""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sentencepiece

from summarizer.errors import ConfigError, ModelError
from summarizer.vocabulary.special_tokens import END, PAD, SPECIAL, START, UNKNOWN

TYPES = {"unigram": "unigram", "bpe": "bpe", "characters": "char", "bytes": "char"}
BYTES = 4 + 256 + 1  # the special ids, the bytes, and the space


class SubwordVocabulary:
    """Turns text into ids of pieces and back; what a `Vocabulary` does with them.

    Attributes:
        size: the number of ids, N.
        fold: whether pieces were made without case.
        extended: no id is N or above.
        controls: type of summary → id of its control token.
    """

    has_document_words = False

    def __init__(self, proto: bytes):
        self._processor = sentencepiece.SentencePieceProcessor()
        try:
            self._processor.LoadFromSerializedProto(proto)
            self.size: int = self._processor.GetPieceSize()
            ids = [self._processor.pad_id(), self._processor.bos_id(), self._processor.eos_id()]
        except (RuntimeError, OSError):
            raise ModelError("the vocabulary is not a SentencePiece model") from None
        if ids != [PAD, START, END]:
            raise ModelError(f"the vocabulary has pad, start, end = {ids}, not [0, 1, 2]")
        self.controls = self._controls()
        self.lowercase: bool = self._processor.Encode("A") == self._processor.Encode("a")

    def _controls(self) -> dict[str, int]:
        """Return the control tokens behind the special ids, by the type that each stands for."""
        found: dict[str, int] = {}
        for i in range(len(SPECIAL), self.size):
            if not self._processor.IsControl(i):
                break
            found[self._processor.IdToPiece(i).strip("<>")] = i
        return found

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text."""
        ids: list[int] = self._processor.Encode(text)
        return ids

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of many texts, on several threads."""
        ids: list[list[int]] = self._processor.Encode(list(texts), num_threads=-1)
        return ids

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where in a text each of its pieces begins and ends."""
        found: list[tuple[int, int]]
        found = self._processor.Encode(text, return_type="offset_mapping")["offsets"]
        return found

    def encode_pair(self, document: str, summary: str) -> tuple[list[int], list[int]]:
        """Return the ids of a document and its summary, which do not depend on each other."""
        return self.encode(document), self.encode(summary)

    def encode_pairs(
        self, documents: Sequence[str], summaries: Sequence[str]
    ) -> Iterator[tuple[list[int], list[int]]]:
        """Yield what `encode_pair` gives, for many at once."""
        yield from zip(self.encode_all(documents), self.encode_all(summaries), strict=True)

    def tokens(self, ids: Iterable[int], document: str | None = None) -> list[str]:
        """Return the pieces, `▁` for the space before a word."""
        return [self._processor.IdToPiece(int(i)) for i in ids]

    def unknown_ratio(self, ids: Sequence[int]) -> float:
        """Return the share of ids that are bytes, of characters that the vocabulary never saw."""
        if self.size - len(self.controls) == BYTES:  # it never saw any
            return 0.0
        return sum(map(self._processor.IsByte, ids)) / max(len(ids), 1)

    def text(self, ids: Sequence[int], document: str | None = None) -> str:
        """Return the text of ids; bytes that are no character in UTF-8 are dropped."""
        text: str = self._processor.Decode(list(ids))
        return text.replace("\ufffd", "")


def learn_subwords(
    lines: Iterator[str], kind: str, size: int, fold: bool, seed_pieces: int,
    controls: Sequence[str] = (),
) -> bytes:  # fmt: skip
    """Learn pieces and return the serialized SentencePiece model.

    Raises:
        ConfigError: the size has no room for the bytes and the characters of the texts.
    """
    least = BYTES + len(controls)
    if size < least:
        raise ConfigError(f"vocabulary.size={size}: too small for {kind}; at least {least}")
    settings: dict[str, Any] = {
        "vocab_size": size,
        "character_coverage": 0.9995,
        "normalization_rule_name": "nmt_nfkc_cf" if fold else "nmt_nfkc",
    }
    if kind == "bytes":
        # A vocabulary of characters with room for the space alone: the rest is bytes.
        lines = iter(["a" + " " * 9])
        settings = {
            "vocab_size": least,
            "add_dummy_prefix": False,
            "remove_extra_whitespaces": False,
            "normalization_rule_name": "nmt_nfkc_cf" if fold else "identity",
        }
    out = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.Train(
            sentence_iterator=lines,
            model_writer=out,
            model_type=TYPES[kind],
            hard_vocab_limit=False,
            byte_fallback=True,
            pad_id=PAD,
            bos_id=START,
            eos_id=END,
            unk_id=UNKNOWN,
            control_symbols=[f"<{name}>" for name in controls],
            split_digits=True,
            max_sentence_length=65536,
            seed_sentencepiece_size=seed_pieces,
            num_threads=2,
            minloglevel=2,
            **settings,
        )
    except RuntimeError as error:
        if short := re.search(r"smaller than required_chars\. \d+ vs (\d+)", str(error)):
            raise ConfigError(
                f"vocabulary.size={size}: too small for {kind}; these texts have so many "
                f"characters that it must be at least {short[1]}"
            ) from None
        raise
    return out.getvalue()
