"""SentencePiece vocabularies: subwords, characters or bytes, all with byte fallback.

This is the only module that imports SentencePiece, which calls its tokens pieces. Sources: Kudo and
Richardson (2018), arXiv:1808.06226; unigram: Kudo (2018), arXiv:1804.10959; byte-pair encoding:
Sennrich, Haddow, Birch (2016), arXiv:1508.07909. Each character has an id, if necessary through its
bytes, so the unknown id is never produced.
"""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sentencepiece

from summarizer.errors import ConfigError, ModelError
from summarizer.vocabulary.special_tokens import END, PAD, SPECIAL, START, UNKNOWN

TYPES = {"unigram": "unigram", "bpe": "bpe", "characters": "char", "bytes": "char"}
_LONGEST = 65536  # bytes of a text that SentencePiece learns from
BYTES = 4 + 256 + 1  # size of a byte vocabulary: special ids, bytes, and the space


class SubwordVocabulary:
    """The implementation of `Vocabulary` with a SentencePiece model.

    Attributes:
        size: number of ids, N.
        lowercase: whether the tokens are lower-cased.
        has_document_words: False: all ids are below N.
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
        self.controls = self._read_controls()
        self.lowercase: bool = self._processor.Encode("A") == self._processor.Encode("a")

    def _read_controls(self) -> dict[str, int]:
        """Return type of summary → id, of the control tokens that follow the special ids."""
        controls: dict[str, int] = {}
        for i in range(len(SPECIAL), self.size):
            if not self._processor.IsControl(i):
                break
            controls[self._processor.IdToPiece(i).strip("<>")] = i
        return controls

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text."""
        ids: list[int] = self._processor.Encode(text)
        return ids

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, computed on all cores."""
        ids: list[list[int]] = self._processor.Encode(list(texts), num_threads=-1)
        return ids

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the (begin, end) in characters of each token of a text."""
        offsets: list[tuple[int, int]]
        offsets = self._processor.Encode(text, return_type="offset_mapping")["offsets"]
        return offsets

    def encode_pair(self, document: str, summary: str) -> tuple[list[int], list[int]]:
        """Return the ids of a document and of its summary, which are independent."""
        return self.encode(document), self.encode(summary)

    def encode_pairs(
        self, documents: Sequence[str], summaries: Sequence[str]
    ) -> Iterator[tuple[list[int], list[int]]]:
        """Yield the result of `encode_pair` for each pair, computed on all cores."""
        yield from zip(self.encode_all(documents), self.encode_all(summaries), strict=True)

    def tokens(self, ids: Iterable[int], document: str | None = None) -> list[str]:
        """Return the spelling of each token, with `▁` for the space before a word."""
        return [self._processor.IdToPiece(int(i)) for i in ids]

    def unknown_ratio(self, ids: Sequence[int]) -> float:
        """Return the share of ids that are bytes of characters outside the vocabulary."""
        if self.size - len(self.controls) == BYTES:  # of bytes alone
            return 0.0
        return sum(map(self._processor.IsByte, ids)) / max(len(ids), 1)

    def text(self, ids: Sequence[int], document: str | None = None) -> str:
        """Return the text of ids without bytes that are invalid UTF-8."""
        text: str = self._processor.Decode(list(ids))
        return text.replace("\ufffd", "")


def learn_subwords(
    lines: Iterator[str],
    kind: str,
    size: int,
    lowercase: bool,
    seed_size: int,
    controls: Sequence[str] = (),
) -> bytes:
    """Train a SentencePiece model and return it serialized; see `train_vocabulary`.

    Raises:
        ConfigError: the size is too small for the bytes and the characters of the texts.
    """
    minimum = BYTES + len(controls)
    if size < minimum:
        raise ConfigError(f"vocabulary.size={size}: too small for {kind}; at least {minimum}")
    settings = _training_settings(kind, size, lowercase)
    if kind == "bytes":
        # A character vocabulary with room for the space alone: all other text becomes bytes.
        lines, settings["vocab_size"] = iter(["a" + " " * 9]), minimum
    out = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.Train(
            sentence_iterator=_cut_long(lines),
            model_writer=out,
            control_symbols=[f"<{name}>" for name in controls],
            seed_sentencepiece_size=seed_size,
            **settings,
        )
    except RuntimeError as error:
        if counts := re.search(r"smaller than required_chars\. \d+ vs (\d+)", str(error)):
            raise ConfigError(
                f"vocabulary.size={size}: too small for {kind}; the characters of these texts "
                f"require at least {counts[1]}"
            ) from None
        raise
    return out.getvalue()


def _cut_long(lines: Iterable[str]) -> Iterator[str]:
    """Yield texts, cut at spaces where SentencePiece would skip them for their length."""
    for line in lines:
        if 4 * len(line) <= _LONGEST or len(line.encode()) <= _LONGEST:
            yield line
            continue
        begin = 0
        while begin < len(line):
            end = begin + _LONGEST // 4  # a character has at most 4 bytes
            space = line.rfind(" ", begin + 1, end) if end < len(line) else -1
            end = space if space > 0 else end
            yield line[begin:end].strip(" ") or " "
            begin = end


def _training_settings(kind: str, size: int, lowercase: bool) -> dict[str, Any]:
    """Return the settings of SentencePiece's trainer for a kind of vocabulary."""
    settings: dict[str, Any] = {
        "vocab_size": size,
        "hard_vocab_limit": False,
        "model_type": TYPES[kind],
        "byte_fallback": True,
        "pad_id": PAD,
        "bos_id": START,
        "eos_id": END,
        "unk_id": UNKNOWN,
        "split_digits": True,
        "max_sentence_length": _LONGEST,
        "num_threads": 2,
        "minloglevel": 2,
    }
    if kind == "bytes":
        normalization = "nmt_nfkc_cf" if lowercase else "identity"
        settings |= {"add_dummy_prefix": False, "remove_extra_whitespaces": False}
    else:
        normalization = "nmt_nfkc_cf" if lowercase else "nmt_nfkc"
        settings["character_coverage"] = 0.9995
    return settings | {"normalization_rule_name": normalization}
