"""Batches prepared ahead of time by tf.data."""

from collections.abc import Iterator, Sequence
from typing import Any

from summarizer.datasets.batching import BatchShape, stream_batches
from summarizer.datasets.token_store import TokenStore


def prefetched_batches(
    store: TokenStore,
    seed: int,
    epoch: int,
    index: int,
    shape: BatchShape,
    weights: Sequence[float] = (),
) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Yield what `batching.stream_batches` yields, as tensors that tf.data prepares in advance."""
    import tensorflow as tf

    def batches() -> Iterator[Any]:
        yield from stream_batches(store, seed, epoch, index, shape, weights)

    number = tf.TensorSpec([], tf.int32)
    ids = tf.TensorSpec([shape.batch_size, None], tf.int32)
    record = {
        "document": ids,
        "summary_in": ids,
        "summary_out": ids,
        "weight": tf.TensorSpec([shape.batch_size, None], tf.float32),
        "row": tf.TensorSpec([shape.batch_size], tf.int32),
    }
    data = tf.data.Dataset.from_generator(batches, output_signature=(number, number, record))
    yield from data.prefetch(4)
