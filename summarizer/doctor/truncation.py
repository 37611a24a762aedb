"""Check what the limits on document and summary tokens cut off."""

import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from summarizer import vocabulary
from summarizer.config import Config
from summarizer.datasets.batching import DOCUMENT_STEP, SUMMARY_STEP
from summarizer.doctor.dataset_scan import DatasetScan
from summarizer.doctor.finding import Finding, excerpt, percent
from summarizer.errors import ConfigError
from summarizer.types import Example
from summarizer.vocabulary import Vocabulary

# If one summary token in fifty cannot be copied any more, the pointer learns to invent. The
# recommended length loses one in a hundred.
LOST, RECOMMENDED_LOST = 0.02, 0.01
# Truncated summaries teach a model to stop in the middle; one in a hundred does not.
TRUNCATED_SUMMARIES = 0.01
LONG = 1024  # tokens of a document; longer recommendations mention time and memory
VOCABULARY_TEXT = 2_000_000  # characters that the vocabulary for counting tokens is trained on

_LONG_WARNING = (
    "; such long documents take time and memory: or put the part of the documents that the "
    "summaries are about first"
)
_ENCODE_AT_ONCE = 64  # pairs

TokenIds = Sequence[int] | np.ndarray[tuple[int], np.dtype[np.integer]]
TokenPair = tuple[TokenIds, TokenIds]  # document and summary


class Truncation(NamedTuple):
    """What a limit cuts off from some documents.

    Attributes:
        documents: number of documents above the limit.
        first: index of the first of them, -1 if there is none.
        cut: share of all document tokens that is cut off.
        lost: share of all summary tokens that occur only in what is cut off.
        enough: limit in tokens that loses no more than RECOMMENDED_LOST.
    """

    documents: int
    first: int
    cut: float
    lost: float
    enough: int


def truncated_pairs(scan: DatasetScan) -> Iterator[Finding]:
    """Report what is cut off, or a vocabulary that is too small for the characters of the texts.

    Tokens are those of a vocabulary like the configuration's, trained on the sample.
    """
    config, examples = scan.config, scan.sample_with_summaries()
    if not examples:
        return
    try:
        trained = _train_vocabulary(config, examples)
    except ConfigError as error:
        if not (needed := re.search(r"at least (\d+)$", str(error))):
            raise
        size, least = config.vocabulary.size, int(needed[1])
        name, count = "vocabulary too small", least - size
        yield Finding.build(name, count, least, size=size, enough=2 * least)
        return
    pairs = list(_encode(trained, examples))
    labels = [f"{example.id} {excerpt(example.document)}" for example in examples]
    yield from truncated_documents(config, pairs, labels)
    if config.data.task == "summarize":
        yield from truncated_summaries(config, pairs, labels)


def truncated_documents(
    config: Config, pairs: Sequence[TokenPair], labels: Sequence[str]
) -> Iterator[Finding]:
    """Report documents whose summaries need what is cut off.

    Args:
        config: sets the limit.
        pairs: token ids of documents and summaries, at least one pair.
        labels: how an example names each pair.
    """
    limit = config.data.max_document_tokens
    truncation = measure_truncation(pairs, limit)
    if truncation.lost >= LOST:
        tokens = len(pairs[truncation.first][0])
        example = f"{labels[truncation.first]}: {tokens:,} tokens"
        yield Finding.build(
            "truncated documents", truncation.documents, len(pairs), example, limit=limit,
            cut=percent(truncation.cut, 1), lost=percent(truncation.lost, 1),
            enough=truncation.enough, recommended=RECOMMENDED_LOST,
            warning=_LONG_WARNING if truncation.enough > LONG else "",
        )  # fmt: skip


def truncated_summaries(
    config: Config, pairs: Sequence[TokenPair], labels: Sequence[str]
) -> Iterator[Finding]:
    """Report summaries above the limit; arguments as for `truncated_documents`."""
    limit = config.data.max_summary_tokens
    lengths = [len(summary) + 1 for _, summary in pairs]  # with the end token
    longer = [i for i, length in enumerate(lengths) if length > limit]
    if len(longer) >= max(TRUNCATED_SUMMARIES * len(pairs), 1):
        needed = np.percentile(lengths, 100 * (1 - TRUNCATED_SUMMARIES), method="higher")
        example = f"{labels[longer[0]]}: {lengths[longer[0]]:,} tokens"
        enough = math.ceil(needed / SUMMARY_STEP) * SUMMARY_STEP
        yield Finding.build(
            "truncated summaries", len(longer), len(pairs), example, limit=limit, enough=enough
        )


def measure_truncation(pairs: Sequence[TokenPair], limit: int) -> Truncation:
    """Measure what is lost if documents are read up to a limit.

    Args:
        pairs: token ids of documents and summaries, at least one pair.
        limit: tokens.
    """
    lengths = np.array([len(document) for document, _ in pairs])
    summary_tokens = max(sum(len(summary) for _, summary in pairs), 1)
    places = sorted((place for pair in pairs for place in _source_places(*pair)), reverse=True)
    may_lose = int(RECOMMENDED_LOST * summary_tokens)
    last_needed = places[may_lose] if len(places) > may_lose else 0
    longer = np.flatnonzero(lengths > limit)
    return Truncation(
        documents=len(longer),
        first=int(longer[0]) if len(longer) else -1,
        cut=float(np.maximum(lengths - limit, 0).sum() / max(lengths.sum(), 1)),
        lost=sum(place >= limit for place in places) / summary_tokens,
        enough=(last_needed // DOCUMENT_STEP + 1) * DOCUMENT_STEP,
    )


def _source_places(document: TokenIds, summary: TokenIds) -> list[int]:
    """Return the first place in the document of each summary token that occurs there."""
    first_places: dict[int, int] = {}
    for place, token in enumerate(np.asarray(document).tolist()):
        first_places.setdefault(token, place)
    return [first_places[token] for token in np.asarray(summary).tolist() if token in first_places]


def _train_vocabulary(config: Config, examples: Sequence[Example]) -> Vocabulary:
    """Train a vocabulary as training would, on less text."""
    texts, taken = list[str](), 0
    for example in examples:
        if taken < VOCABULARY_TEXT:
            texts += [example.document[: VOCABULARY_TEXT - taken], example.summary or ""]
            taken += len(example.document)
    settings = config.vocabulary
    return vocabulary.train_vocabulary(texts, settings.size, settings.lowercase, kind=settings.kind)


def _encode(trained: Vocabulary, examples: Sequence[Example]) -> Iterator[TokenPair]:
    """Yield token ids as arrays; lists of Python integers would take gigabytes for long texts."""
    for begin in range(0, len(examples), _ENCODE_AT_ONCE):
        part = examples[begin : begin + _ENCODE_AT_ONCE]
        documents, summaries = [e.document for e in part], [e.summary or "" for e in part]
        for document, summary in trained.encode_pairs(documents, summaries):
            yield np.array(document, np.int32), np.array(summary, np.int32)
