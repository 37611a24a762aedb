"""Batches as a pure function of seed, epoch and lengths.

Any position of any epoch can be restored without replaying the batches before it, with or without
TensorFlow.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from summarizer.datasets.groups import draw_epoch
from summarizer.datasets.token_store import Int32s, Int64s, TokenStore
from summarizer.vocabulary import END, PAD, START, UNKNOWN

DOCUMENT_STEP, SUMMARY_STEP = 32, 8  # padded lengths are multiples of these

Batch = dict[str, npt.NDArray[Any]]


class BatchShape(NamedTuple):
    """Sizes of batches.

    Attributes:
        batch_size: examples per batch, B.
        document_tokens: maximum length of a document.
        summary_tokens: maximum length of a summary.
        window: number of batches among which examples are sorted by length.
        curriculum_epochs: number of first epochs that go from short to long documents.
    """

    batch_size: int
    document_tokens: int
    summary_tokens: int
    window: int
    curriculum_epochs: int = 0


class BatchPlan(NamedTuple):
    """A planned batch.

    Attributes:
        rows: of the store, int32 [at most B].
        document_length: padded length of the documents, S.
        summary_length: padded length of the summaries, T.
    """

    rows: Int32s
    document_length: int
    summary_length: int


def plan_batches(
    lengths: Int32s,
    seed: int,
    epoch: int,
    shape: BatchShape,
    groups: tuple[npt.NDArray[np.uint16], Sequence[float]] | None = None,
) -> list[BatchPlan]:
    """Return the batches of an epoch, each of examples of similar lengths, in random order.

    The examples are shuffled, then sorted by padded lengths within windows of `shape.window`
    batches. Each example is in exactly one batch. The last batch of a window may be short. In the
    first `shape.curriculum_epochs` epochs the batches are ordered from short to long documents
    (Bengio et al. 2009, Curriculum learning; by length as in Platanios et al. 2019,
    arXiv:1903.09848).

    Args:
        lengths: int32 [n, 2], number of tokens of documents and summaries.
        seed: of the run.
        epoch: counted from 0.
        shape: sizes of the batches.
        groups: the group number of each example, uint16 [n], and the weight of each group: the
            epoch has the examples of `groups.draw_epoch`. None: it has each example once.
    """
    random = np.random.Generator(np.random.PCG64([seed, epoch]))
    order = np.arange(len(lengths), dtype=np.int32)
    if groups:
        order = draw_epoch(*groups, seed, epoch)
    random.shuffle(order)
    plans = []
    window = shape.batch_size * shape.window
    for begin in range(0, len(order), window):
        rows = order[begin : begin + window]
        document_lengths, summary_lengths = _padded_lengths(lengths[rows], shape)
        by_length = np.lexsort((rows, summary_lengths, document_lengths))
        rows[:] = rows[by_length]  # in place: the plans are views of one array
        for first in range(0, len(rows), shape.batch_size):
            members = by_length[first : first + shape.batch_size]
            plans.append(
                BatchPlan(
                    rows[first : first + shape.batch_size],
                    int(document_lengths[members].max()),
                    int(summary_lengths[members].max()),
                )
            )
    shuffled = [plans[i] for i in random.permutation(len(plans))]
    if epoch < shape.curriculum_epochs:
        shuffled.sort(key=lambda plan: plan.document_length)
    return shuffled


def _padded_lengths(lengths: Int32s, shape: BatchShape) -> tuple[Int32s, Int32s]:
    """Return the padded lengths of documents and of summaries, each [n]."""
    documents = np.minimum(np.maximum(lengths[:, 0], 1), shape.document_tokens)
    summaries = np.minimum(lengths[:, 1] + 1, shape.summary_tokens)
    documents = -(-documents // DOCUMENT_STEP) * DOCUMENT_STEP
    return documents, -(-summaries // SUMMARY_STEP) * SUMMARY_STEP


def gather(store: TokenStore, plan: BatchPlan, shape: BatchShape) -> Batch:
    """Return the arrays of a planned batch.

    Returns:
        document int32 [B, S], summary_in and summary_out int32 [B, T], weight float32 [B, T] (0 at
        padding and where the summary is UNKNOWN), row int32 [B] (-1 in the rows that fill a short
        batch, whose weight is 0). Each row has at least one document token. An id of a summary
        above the vocabulary is a word of the document; it is UNKNOWN if the document is cut
        before that word.
    """
    count = len(plan.rows)
    document = np.full((shape.batch_size, plan.document_length), PAD, np.int32)
    summary = np.full((shape.batch_size, plan.summary_length + 1), PAD, np.int32)
    weight = np.zeros((shape.batch_size, plan.summary_length), np.float32)
    row = np.full(shape.batch_size, -1, np.int32)
    document[:, 0], summary[:, 0] = END, START
    summary[:count, 0] = store.starts(plan.rows)
    row[:count] = plan.rows
    begins, middles, ends = store.offsets[2 * row[:count] + np.arange(3)[:, None]]
    _copy_runs(store.tokens, begins, np.minimum(middles - begins, shape.document_tokens), document)
    target = summary[:count, 1:]
    lengths = np.minimum(ends - middles, shape.summary_tokens)
    _copy_runs(store.tokens, middles, lengths, target)
    short = np.flatnonzero(lengths < shape.summary_tokens)
    target[short, lengths[short]] = END
    document_words = target >= store.size
    for i in np.flatnonzero(document_words.any(axis=1)):
        target[i, document_words[i] & ~np.isin(target[i], document[i])] = UNKNOWN
    last = np.minimum(lengths + 1, shape.summary_tokens)[:, None]
    weight[:count] = (np.arange(plan.summary_length) < last) & (target != UNKNOWN)
    return {
        "document": document,
        "summary_in": np.where(summary[:, :-1] == END, PAD, summary[:, :-1]),
        "summary_out": summary[:, 1:],
        "weight": weight,
        "row": row,
    }


def _copy_runs(tokens: npt.NDArray[Any], begins: Int64s, lengths: Int64s, rows: Int32s) -> None:
    """Copy n runs of tokens to the starts of the first n rows.

    Args:
        tokens: all tokens of a store.
        begins: position of the first token of each run, int64 [n].
        lengths: of each run, int64 [n].
        rows: changed in place, int32 [at least n, longest run].
    """
    positions = np.arange(rows.shape[1])
    filled = positions < lengths[:, None]
    rows[: len(lengths)][filled] = tokens[(begins[:, None] + positions)[filled]]


def sequential_batches(store: TokenStore, shape: BatchShape) -> Iterator[Batch]:
    """Yield each example once, in the order of the store, in batches of one padded length."""
    maximum = np.array([[shape.document_tokens, shape.summary_tokens]], np.int32)
    document_length, summary_length = (int(n[0]) for n in _padded_lengths(maximum, shape))
    for begin in range(0, store.rows, shape.batch_size):
        rows = np.arange(begin, min(begin + shape.batch_size, store.rows), dtype=np.int32)
        yield gather(store, BatchPlan(rows, document_length, summary_length), shape)


def stream_batches(
    store: TokenStore,
    seed: int,
    epoch: int,
    index: int,
    shape: BatchShape,
    weights: Sequence[float] = (),
) -> Iterator[tuple[int, int, Batch]]:
    """Yield (epoch, index, batch) without end, from a position on; needs no TensorFlow.

    Args:
        store: the examples.
        seed: of the run.
        epoch: of the first batch, counted from 0.
        index: of the first batch in its epoch.
        shape: sizes of the batches.
        weights: of each group of the store, as in `groups.draw_epoch`; (): each example once an
            epoch.
    """
    lengths = store.lengths()
    groups = (np.array(store.groups), weights) if weights else None
    while True:
        plans = plan_batches(lengths, seed, epoch, shape, groups)
        for i in range(index, len(plans)):
            yield epoch, i, gather(store, plans[i], shape)
            store.release()
        del plans  # free the memory before the next epoch is planned
        epoch, index = epoch + 1, 0


def pad_fraction(batch: Batch) -> float:
    """Return the share of padding among all document and summary positions of a batch."""
    used = np.count_nonzero(batch["document"]) + np.count_nonzero(batch["summary_out"])
    return float(1 - used / (batch["document"].size + batch["weight"].size))
