"""From a source to batches: tokenize once into a store, then gather, pad, prefetch."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from summarizer.datasets import batching
from summarizer.datasets.batching import BatchShape
from summarizer.datasets.token_store import TokenStore
from summarizer.errors import InputError
from summarizer.types import Example
from summarizer.vocabulary import Vocabulary

Ids = tuple[Any, Any]
CHUNK = 512  # examples tokenized at once


def tokenize_pairs(examples: Iterable[Example], vocabulary: Vocabulary) -> Iterator[Ids]:
    """Yield (document ids, summary ids) as the examples come.

    One chunk of examples is cut into pieces, on all cores, while the next one is read; no more
    than these two are held.
    """

    def encode(texts: list[str]) -> list[Ids]:
        return list(vocabulary.encode_pairs(texts[::2], texts[1::2]))

    coming: Future[list[Ids]] | None = None
    with ThreadPoolExecutor(1) as beside:  # SentencePiece leaves Python to the reading
        for texts in _chunks(examples):
            started = beside.submit(encode, texts)
            if coming:
                yield from coming.result()
            coming = started
        if coming:
            yield from coming.result()


def _chunks(examples: Iterable[Example]) -> Iterator[list[str]]:
    """Yield texts, document and summary in turn, of at most CHUNK examples at a time."""
    chunk: list[str] = []
    for example in examples:
        if example.summary is None:
            raise InputError(f"example {example.id}: has no summary to learn from")
        chunk += [example.document, example.summary]
        if len(chunk) >= 2 * CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def prefetched_batches(
    store: TokenStore, lengths: Any, seed: int, epoch: int, index: int, shape: BatchShape,
    weights: Sequence[float] = (),
) -> Iterator[tuple[int, int, dict[str, Any]]]:  # fmt: skip
    """Yield what `batches.stream` yields, made ahead of time by tf.data; leaves are tensors."""
    import tensorflow as tf

    def positions() -> Iterator[Any]:
        yield from batching.stream_batches(store, lengths, seed, epoch, index, shape, weights)

    number = tf.TensorSpec([], tf.int32)
    pieces = tf.TensorSpec([shape.batch, None], tf.int32)
    record = {
        "document": pieces,
        "summary_in": pieces,
        "summary_out": pieces,
        "weight": tf.TensorSpec([shape.batch, None], tf.float32),
        "row": tf.TensorSpec([shape.batch], tf.int32),
    }
    data = tf.data.Dataset.from_generator(positions, output_signature=(number, number, record))
    yield from data.prefetch(4)
