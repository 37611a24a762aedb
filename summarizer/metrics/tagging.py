"""F1 of the words of a document that two texts keep."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from summarizer.text.alignment import aligned_text, kept_words


def kept_word_f1(documents: Sequence[str], texts: Sequence[str], references: Sequence[str]) -> Any:
    """Return how far two texts keep the same words of a document, in points, float64 [n].

    F1 of the words that both keep, marks not counted; 100 where both keep none.
    """
    found = np.zeros(len(documents))
    for i, (text, *pair) in enumerate(zip(documents, texts, references, strict=True)):
        document = aligned_text(text)
        ours, theirs = (np.asarray(kept_words(document, aligned_text(t)), bool) for t in pair)
        spoken = np.asarray(document.spoken, bool)
        both, sizes = (
            (ours & theirs & spoken).sum(),
            (ours & spoken).sum() + (theirs & spoken).sum(),
        )
        found[i] = 200 * both / sizes if sizes else 100
    return found
