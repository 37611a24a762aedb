"""Keep and drop labels of a document's tokens: what a tagger learns, made from the texts alone."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from summarizer.errors import InputError
from summarizer.text.alignment import aligned_text, kept_words, owners
from summarizer.types import Example
from summarizer.vocabulary import Vocabulary

DROP, KEEP = 4, 5  # ids in a token store; the ids below are special tokens


def tokenize_labels(
    examples: Iterable[Example], vocabulary: Vocabulary
) -> Iterator[tuple[Any, Any]]:
    """Yield (ids, labels) of documents: for each piece KEEP or DROP, as its word is.

    Raises:
        InputError: an example has no summary.
    """
    for example in examples:
        if example.summary is None:
            raise InputError(f"example {example.id}: has no summary to learn from")
        yield vocabulary.encode(example.document), labels(example, vocabulary)


def labels(example: Example, vocabulary: Vocabulary) -> Any:
    """Return KEEP or DROP for each piece of a document, int64 [S]."""
    document = aligned_text(example.document)
    if not document.tokens:
        return np.zeros(0, np.int64)
    chosen = np.asarray(kept_words(document, aligned_text(example.summary or "")))
    return np.where(chosen[owners(document, vocabulary.spans(example.document))], KEEP, DROP)
