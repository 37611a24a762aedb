"""Constraints on the summary of one document, in tokens, and as inputs of the exported graph."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from summarizer.decoding.graph_inputs import UNLIMITED, pad_sequences
from summarizer.runtime.phrases import Phrases
from summarizer.types import Tensor

Phrase = tuple[int, ...]
# Summaries with unsupported numbers or names before `strict` bans more tokens.
FAILURES_PER_STAGE = 2


@dataclass(frozen=True)
class DocumentConstraints:
    """Constraints of one document, in tokens, as the graph gets them.

    Attributes:
        text: the document.
        prefix: the summary begins with it.
        required: phrases that the summary contains.
        banned: phrases that the summary does not contain.
        has_spaces: whether length is counted in words, not in characters.
        min_words: minimum length.
        max_words: maximum length.
        max_tokens: maximum number of tokens, including the end.
        block_ngrams: whether the model's setting `decode.no_repeat_ngram` applies.
        failed_attempts: number of summaries with a number or name that the document lacks.
    """

    text: str
    prefix: Phrase
    required: tuple[Phrase, ...]
    banned: frozenset[Phrase]
    has_spaces: bool
    min_words: int
    max_words: int
    max_tokens: int
    block_ngrams: bool = True
    failed_attempts: int = 0

    @property
    def active(self) -> bool:
        """Whether there is any constraint."""
        has_length = self.min_words > 0 or self.max_words < UNLIMITED
        return bool(self.prefix or self.required or self.banned or has_length)

    @property
    def whole_words_only(self) -> bool:
        """Whether only tokens that are whole words may be generated."""
        return self.failed_attempts > 2 * FAILURES_PER_STAGE


def merge(first: DocumentConstraints, second: DocumentConstraints) -> DocumentConstraints:
    """Return the constraints that satisfy both of two constraints of the same document."""
    return dataclasses.replace(
        first,
        banned=first.banned | second.banned,
        min_words=max(first.min_words, second.min_words),
        max_words=min(first.max_words, second.max_words),
        max_tokens=max(first.max_tokens, second.max_tokens),
        failed_attempts=max(first.failed_attempts, second.failed_attempts),
        block_ngrams=first.block_ngrams and second.block_ngrams,
    )


def constraint_inputs(
    constraints: Sequence[DocumentConstraints], phrases: Phrases
) -> dict[str, Any]:
    """Return the inputs of the graph for the constraints of a batch of documents, by name."""
    if not any(c.active for c in constraints):
        return {}
    counts = [phrases.words if c.has_spaces else phrases.characters for c in constraints]
    return {
        "constrained": True,
        "prefix": pad_sequences([c.prefix for c in constraints], 1),
        "forced": _pad_phrases([c.required for c in constraints]),
        "banned": _pad_phrases([sorted(c.banned) for c in constraints]),
        "begins": phrases.begins,
        "words": np.stack(counts),
        "shortest": max(c.min_words for c in constraints),
        "longest": min(c.max_words for c in constraints),
    }


def _pad_phrases(documents: Sequence[Sequence[Phrase]]) -> Tensor:
    """Return the phrases of each document as int32 [B, P, L] with P, L ≥ 1, padded with zeros."""
    count = max([1, *map(len, documents)])
    width = max([1, *(len(phrase) for phrases in documents for phrase in phrases)])
    return np.stack([pad_sequences([*p, *[()] * (count - len(p))], width) for p in documents])
