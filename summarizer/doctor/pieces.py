"""What is told in pieces: what is cut, by a vocabulary that is learned from the pairs drawn."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from summarizer import vocabulary
from summarizer.config import Config
from summarizer.doctor import cutting
from summarizer.doctor.finding import Finding, excerpt
from summarizer.doctor.survey import Survey
from summarizer.errors import ConfigError
from summarizer.types import Example
from summarizer.vocabulary import Vocabulary

CHARACTERS = 2_000_000  # of text that a vocabulary for counting pieces is learned from
_AT_ONCE = 64  # pairs


def truncated(survey: Survey) -> Iterator[Finding]:
    """Name what is cut, or a vocabulary that has no room for the characters of the texts."""
    config, pairs = survey.config, survey.drawn()
    if not pairs:
        return
    try:
        known = _vocabulary(config, pairs)
    except ConfigError as error:
        if not (least := re.search(r"at least (\d+)$", str(error))):
            raise
        yield _too_small(config.vocabulary.size, int(least[1]))
        return
    ids = list(_encoded(known, pairs))
    shown = [f"{example.id} {excerpt(example.document)}" for example in pairs]
    yield from cutting.documents(config, ids, shown)
    if config.data.task == "summarize":
        yield from cutting.summaries(config, ids, shown)


def _vocabulary(config: Config, pairs: Sequence[Example]) -> Vocabulary:
    """Learn a vocabulary as training would, from less text."""
    texts, taken = list[str](), 0
    for example in pairs:
        if taken < CHARACTERS:
            texts += [example.document[: CHARACTERS - taken], example.summary or ""]
            taken += len(example.document)
    wanted = config.vocabulary
    return vocabulary.train_vocabulary(texts, wanted.size, wanted.lowercase, kind=wanted.kind)


def _too_small(size: int, least: int) -> Finding:
    return Finding(
        "vocabulary too small",
        least - size,
        least,
        "pieces that the characters of the pairs drawn need at least have no room in "
        f"vocabulary.size={size}: training stops",
        f"--set vocabulary.size={2 * least} or so, as whole words are pieces, too; or --set "
        "vocabulary.kind=bytes",
    )


def _encoded(known: Vocabulary, pairs: Sequence[Example]) -> Iterator[tuple[Any, Any]]:
    """Yield the ids of pairs as arrays: as numbers of Python those of long texts take gigabytes."""
    for begin in range(0, len(pairs), _AT_ONCE):
        part = pairs[begin : begin + _AT_ONCE]
        documents, summaries = [e.document for e in part], [e.summary or "" for e in part]
        for document, summary in known.encode_pairs(documents, summaries):
            yield np.array(document, np.int32), np.array(summary, np.int32)
