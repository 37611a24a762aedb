"""Labels of a tagger's training data: whether the summary keeps each token of a document."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from summarizer.errors import InputError
from summarizer.text.alignment import aligned_text, kept_words, owners
from summarizer.types import Example
from summarizer.vocabulary import Vocabulary

DROP, KEEP = 4, 5  # ids in a token store; smaller ids are special tokens


def tokenize_labels(
    examples: Iterable[Example], vocabulary: Vocabulary
) -> Iterator[tuple[Sequence[int], Sequence[int]]]:
    """Yield (token ids, labels) of documents; a token has the label of its word, KEEP or DROP.

    Raises:
        InputError: an example has no summary.
    """
    for example in examples:
        if example.summary is None:
            raise InputError(f"example {example.id}: has no summary to learn from")
        yield vocabulary.encode(example.document), labels(example, vocabulary).tolist()


def labels(example: Example, vocabulary: Vocabulary) -> npt.NDArray[np.int64]:
    """Return KEEP or DROP for each token of a document, int64 [S]."""
    document = aligned_text(example.document)
    if not document.tokens:
        return np.zeros(0, np.int64)
    is_kept = np.asarray(kept_words(document, aligned_text(example.summary or "")))
    return np.where(is_kept[owners(document, vocabulary.spans(example.document))], KEEP, DROP)
