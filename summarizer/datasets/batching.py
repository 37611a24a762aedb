"""Which examples make up which batch: a pure function of seed, epoch and lengths.

So any position of any epoch can be found again without replaying what came before, with or
without TensorFlow.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from summarizer.datasets import groups as grouping
from summarizer.datasets.token_store import TokenStore
from summarizer.vocabulary import END, PAD, START, UNKNOWN

DOCUMENT_STEP, SUMMARY_STEP = 32, 8  # bucket shapes are multiples of these


class BatchShape(NamedTuple):
    """Where examples are cut, and how many make a batch."""

    batch: int
    document_pieces: int
    summary_pieces: int
    window: int
    curriculum: int = 0  # epochs


class BatchPlan(NamedTuple):
    """One batch to be: its rows, int32 [at most B], and its bucket."""

    rows: Any
    documents: int  # S
    summaries: int  # T


def plan_batches(
    lengths: Any, seed: int, epoch: int, shape: BatchShape, groups: tuple[Any, Any] | None = None
) -> list[BatchPlan]:
    """Group all examples of an epoch into batches of similar lengths, in random order.

    Examples are shuffled, then sorted by bucket within windows of `window` batches. Every example
    is in exactly one batch; each window's last batch may be short. In the first `curriculum` epochs
    the batches go from short documents to long ones instead (Bengio et al. 2009, Curriculum
    learning; by length as in Platanios et al. 2019, arXiv:1903.09848).

    Args:
        lengths: int32 [n, 2], pieces of documents and summaries.
        seed: of the run.
        epoch: counted from 0.
        shape: sizes.
        groups: the number of each example's group, uint16 [n], and the weight of each group: an
            epoch draws as `groups.draw` does. None: it has each example once.
    """
    random = np.random.Generator(np.random.PCG64([seed, epoch]))
    order = np.arange(len(lengths), dtype=np.int32)
    if groups:
        order = grouping.draw(*groups, seed, epoch)
    random.shuffle(order)
    batches = []
    for begin in range(0, len(order), shape.batch * shape.window):
        rows = order[begin : begin + shape.batch * shape.window]
        documents, summaries = _buckets(lengths[rows], shape)
        by_bucket = np.lexsort((rows, summaries, documents))
        rows[:] = rows[by_bucket]  # in place: the batches are views of one array
        for first in range(0, len(rows), shape.batch):
            part = by_bucket[first : first + shape.batch]
            batches.append(
                BatchPlan(
                    rows[first : first + shape.batch],
                    int(documents[part].max()),
                    int(summaries[part].max()),
                )
            )
    shuffled = [batches[i] for i in random.permutation(len(batches))]
    if epoch < shape.curriculum:
        shuffled.sort(key=lambda planned: planned.documents)
    return shuffled


def _buckets(lengths: Any, shape: BatchShape) -> tuple[Any, Any]:
    documents = np.minimum(np.maximum(lengths[:, 0], 1), shape.document_pieces)
    summaries = np.minimum(lengths[:, 1] + 1, shape.summary_pieces)
    documents = -(-documents // DOCUMENT_STEP) * DOCUMENT_STEP
    return documents, -(-summaries // SUMMARY_STEP) * SUMMARY_STEP


def gather(store: TokenStore, planned: BatchPlan, shape: BatchShape) -> dict[str, Any]:
    """Make a batch of arrays.

    Returns:
        document int32 [B, S], summary_in and summary_out int32 [B, T], weight float32 [B, T]
        (0 at padding, and where the summary is UNKNOWN), row int32 [B] (-1 where a short batch is
        filled up; there the weight is 0). Every row has at least one piece of document. A
        summary's id above the vocabulary is one that the document has where it is read, or else
        UNKNOWN.
    """
    batch, count = shape.batch, len(planned.rows)
    document = np.full((batch, planned.documents), PAD, np.int32)
    summary = np.full((batch, planned.summaries + 1), PAD, np.int32)
    weight = np.zeros((batch, planned.summaries), np.float32)
    row = np.full(batch, -1, np.int32)
    document[:, 0], summary[:, 0] = END, START
    summary[:count, 0] = store.starts(planned.rows)
    row[:count] = planned.rows
    begins, middles, ends = store.offsets[2 * row[:count] + np.arange(3)[:, None]]
    _copy(store.tokens, begins, np.minimum(middles - begins, shape.document_pieces), document)
    target = summary[:count, 1:]
    lengths = np.minimum(ends - middles, shape.summary_pieces)
    _copy(store.tokens, middles, lengths, target)
    short = np.flatnonzero(lengths < shape.summary_pieces)
    target[short, lengths[short]] = END
    own = target >= store.size  # words of one document, perhaps of its part that is not read
    for i in np.flatnonzero(own.any(axis=1)):
        target[i, own[i] & ~np.isin(target[i], document[i])] = UNKNOWN
    real = np.arange(planned.summaries) < np.minimum(lengths + 1, shape.summary_pieces)[:, None]
    weight[:count] = real & (target != UNKNOWN)  # that one cannot be written
    return {
        "document": document,
        "summary_in": np.where(summary[:, :-1] == END, PAD, summary[:, :-1]),
        "summary_out": summary[:, 1:],
        "weight": weight,
        "row": row,
    }


def sequential_batches(store: TokenStore, shape: BatchShape) -> Iterator[dict[str, Any]]:
    """Yield every example once, in the order of the store, in batches of one size."""
    longest = np.array([[shape.document_pieces, shape.summary_pieces]])
    documents, summaries = _buckets(longest, shape)
    for begin in range(0, store.rows, shape.batch):
        rows = np.arange(begin, min(begin + shape.batch, store.rows), dtype=np.int32)
        yield gather(store, BatchPlan(rows, int(documents[0]), int(summaries[0])), shape)


def _copy(pieces: Any, begins: Any, lengths: Any, rows: Any) -> None:
    """Copy runs of pieces, [n] from where and how many, to the starts of the first n rows."""
    places = np.arange(rows.shape[1])
    held = places < lengths[:, None]
    rows[: len(lengths)][held] = pieces[(begins[:, None] + places)[held]]


def pad_fraction(batch: dict[str, Any]) -> float:
    """Return the share of a batch's positions, of documents and summaries, that hold nothing."""
    used = np.count_nonzero(batch["document"]) + np.count_nonzero(batch["summary_out"])
    return float(1 - used / (batch["document"].size + batch["weight"].size))


def stream_batches(
    store: TokenStore, lengths: Any, seed: int, epoch: int, index: int, shape: BatchShape,
    weights: Sequence[float] = (),
) -> Iterator[tuple[int, int, dict[str, Any]]]:  # fmt: skip
    """Yield (epoch, index, batch) from a position on, without end; needs no TensorFlow.

    With `weights`, one for each group of the store, an epoch draws as `groups.draw` does.
    """
    groups = (np.array(store.groups), weights) if weights else None
    while True:
        planned = plan_batches(lengths, seed, epoch, shape, groups)
        for i in range(index, len(planned)):
            yield epoch, i, gather(store, planned[i], shape)
            store.release()
        del planned  # before the next one is made
        epoch, index = epoch + 1, 0
