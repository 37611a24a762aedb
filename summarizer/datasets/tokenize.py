"""Turn examples into token ids, a chunk on all cores while the next one is read."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from summarizer.errors import InputError
from summarizer.types import Example
from summarizer.vocabulary import Vocabulary

IdPair = tuple[Sequence[int], Sequence[int]]  # ids of a document and of its summary
CHUNK = 512  # examples tokenized at once


def tokenize_pairs(examples: Iterable[Example], vocabulary: Vocabulary) -> Iterator[IdPair]:
    """Yield (document ids, summary ids) of each example, in order.

    At most two chunks of examples are held in memory: one is tokenized on all cores while the next
    one is read.

    Raises:
        InputError: an example has no summary.
    """

    def encode(texts: list[str]) -> list[IdPair]:
        return list(vocabulary.encode_pairs(texts[::2], texts[1::2]))

    pending: Future[list[IdPair]] | None = None
    with ThreadPoolExecutor(1) as executor:  # SentencePiece releases the interpreter lock
        for texts in _chunks(examples):
            submitted = executor.submit(encode, texts)
            if pending:
                yield from pending.result()
            pending = submitted
        if pending:
            yield from pending.result()


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
