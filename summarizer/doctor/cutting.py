"""What cutting texts at so many pieces takes from them, by the ids of their pieces."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from summarizer.config import Config
from summarizer.datasets.batching import DOCUMENT_STEP, SUMMARY_STEP
from summarizer.doctor.finding import Finding, share

# One piece in fifty of the summaries can no longer be copied: the pointer then has to invent it.
# The advice is a length at which it is one in a hundred.
LOST, ADVISED = 0.02, 0.01
# Summaries that are cut teach a model to end in the middle; one in a hundred is not yet learned.
CUT = 0.01
LONG = 1024  # pieces from which on the advice warns of time and memory

Ids = Sequence[int]


class Cut(NamedTuple):
    """What is cut from some pairs.

    Attributes:
        documents: that are longer than is read.
        first: number of the first of them, -1 for none.
        away: share of all documents' pieces that is cut.
        lost: share of all summaries' pieces that stand only in what is cut.
        enough: pieces of a document at which no more than ADVISED is lost.
    """

    documents: int
    first: int
    away: float
    lost: float
    enough: int


def cut(pairs: Sequence[tuple[Ids, Ids]], limit: int) -> Cut:
    """Measure what is lost where documents are read to a limit.

    Args:
        pairs: ids of documents and summaries, at least one pair.
        limit: pieces.
    """
    lengths = np.array([len(document) for document, _ in pairs])
    written = sum(len(summary) for _, summary in pairs)
    places = sorted((place for pair in pairs for place in _places(*pair)), reverse=True)
    last = places[int(ADVISED * written)] if len(places) > ADVISED * written else 0
    longer = np.flatnonzero(lengths > limit)
    return Cut(
        len(longer),
        int(longer[0]) if len(longer) else -1,
        float(np.maximum(lengths - limit, 0).sum() / max(lengths.sum(), 1)),
        sum(place >= limit for place in places) / max(written, 1),
        (last // DOCUMENT_STEP + 1) * DOCUMENT_STEP,
    )


def _places(document: Ids, summary: Ids) -> list[int]:
    """Where a document first has each piece of its summary, of those that it has."""
    first: dict[int, int] = {}
    for place, piece in enumerate(np.asarray(document).tolist()):
        first.setdefault(piece, place)
    return [first[piece] for piece in np.asarray(summary).tolist() if piece in first]


def documents(
    config: Config, pairs: Sequence[tuple[Ids, Ids]], examples: Sequence[str]
) -> Iterator[Finding]:
    """Name what documents lose.

    Args:
        config: says where they are cut.
        pairs: ids of documents and summaries, at least one pair.
        examples: what to show of each.
    """
    limit = config.data.max_document_tokens
    found = cut(pairs, limit)
    if found.lost < LOST:
        return
    change = f"--set data.max_document_tokens={found.enough}, at which it is {ADVISED:.0%}"
    if found.enough > LONG:
        change += (
            "; that takes time and memory for each piece: or put the part of the documents that "
            "the summaries are about first"
        )
    yield Finding(
        "truncated documents",
        found.documents,
        len(pairs),
        f"documents are longer than the {limit} pieces that are read; {share(found.away, 1)} of "
        f"all text is cut, and {share(found.lost, 1)} of the summaries' pieces stand only there, "
        "where nothing can copy them",
        change,
        f"{examples[found.first]}: {len(pairs[found.first][0]):,} pieces",
    )


def summaries(
    config: Config, pairs: Sequence[tuple[Ids, Ids]], examples: Sequence[str]
) -> Iterator[Finding]:
    """Name summaries that are cut; arguments as of `documents`."""
    limit = config.data.max_summary_tokens
    lengths = [len(summary) + 1 for _, summary in pairs]  # with the end
    longer = [i for i, length in enumerate(lengths) if length > limit]
    if len(longer) >= max(CUT * len(pairs), 1):
        most = np.percentile(lengths, 100 * (1 - CUT), method="higher")
        enough = math.ceil(most / SUMMARY_STEP) * SUMMARY_STEP
        yield Finding(
            "truncated summaries",
            len(longer),
            len(pairs),
            f"summaries are longer than the {limit} pieces that are learned",
            f"--set data.max_summary_tokens={enough} --set decode.max_tokens={enough}",
            f"{examples[longer[0]]}: {lengths[longer[0]]:,} pieces",
        )
