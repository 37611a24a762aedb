"""From a source to batches with tf.data: tokenize once into a store, then gather, pad, prefetch.

The tokenizer runs in the graph (tensorflow-text) and gives the ids that sentencepiece gives; words
are cut without TensorFlow.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from summarizer.datasets import batches
from summarizer.datasets.batches import Shape
from summarizer.datasets.store import Store
from summarizer.errors import InputError, SummarizerError
from summarizer.types import Example
from summarizer.vocabulary import Vocabulary

Ids = tuple[Any, Any]
CHUNK = 512  # examples tokenized at once


def tokenize(examples: Iterable[Example], vocabulary: Vocabulary) -> Iterator[Ids]:
    """Yield (document ids, summary ids), each int32 [length], as the examples come."""
    if vocabulary.extended:  # a summary's ids depend on its document, which no graph knows of
        yield from tokenize_plain(examples, vocabulary)
        return
    import tensorflow as tf
    import tensorflow_text

    tokenizer = tensorflow_text.SentencepieceTokenizer(model=vocabulary.proto)

    failed: list[SummarizerError] = []

    def chunks() -> Iterator[list[str]]:
        try:
            yield from _chunks(examples)
        except SummarizerError as error:  # tf.data would wrap it in an error of its own
            failed.append(error)

    texts = tf.data.Dataset.from_generator(
        chunks, output_signature=tf.TensorSpec([None], tf.string)
    )
    for ragged in texts.map(tokenizer.tokenize, num_parallel_calls=2).prefetch(2):
        flat, ends = ragged.values.numpy(), ragged.row_splits.numpy()
        for i in range(0, len(ends) - 1, 2):
            yield flat[ends[i] : ends[i + 1]], flat[ends[i + 1] : ends[i + 2]]
    if failed:
        raise failed[0]


def tokenize_plain(examples: Iterable[Example], vocabulary: Vocabulary) -> Iterator[Ids]:
    """Yield the same ids without TensorFlow."""
    for chunk in _chunks(examples):
        yield from vocabulary.encode_pairs(chunk[::2], chunk[1::2])


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


def prefetched(
    store: Store, lengths: Any, seed: int, epoch: int, index: int, shape: Shape
) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Yield what `batches.stream` yields, made ahead of time by tf.data; leaves are tensors."""
    import tensorflow as tf

    def positions() -> Iterator[Any]:
        yield from batches.stream(store, lengths, seed, epoch, index, shape)

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


def tokenizer(backend: str) -> Callable[[Iterable[Example], Vocabulary], Iterator[Ids]]:
    """Return the tokenizer of a backend."""
    return tokenize if backend == "tensorflow" else tokenize_plain
