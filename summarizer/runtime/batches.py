"""Token ids of documents, and batches of documents of similar length."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from summarizer.errors import InputError

Item = TypeVar("Item")
BATCH_SIZE = 16  # documents searched at once


def encode_documents(
    encode: Callable[[Sequence[str]], list[list[int]]], texts: Sequence[str]
) -> list[list[int]]:
    """Return the token ids of each document.

    Raises:
        InputError: a document has no text.
    """
    ids = encode(texts)
    for i, tokens in enumerate(ids):
        if not tokens:
            raise InputError(f"document {i + 1}: has no text")
    return ids


def batches_by_length(items: Sequence[Item], lengths: Sequence[int]) -> Iterator[list[Item]]:
    """Yield batches of items of similar length, so that batches contain little padding."""
    order = sorted(range(len(items)), key=lambda i: lengths[i])
    for begin in range(0, len(order), BATCH_SIZE):
        yield [items[i] for i in order[begin : begin + BATCH_SIZE]]
