"""F1 of the words of a document that two texts keep."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from summarizer.text.alignment import aligned_text, kept_words


def kept_word_f1(
    documents: Sequence[str], texts: Sequence[str], references: Sequence[str]
) -> npt.NDArray[np.float64]:
    """Return the F1 of the document words that a text and its reference both keep.

    Args:
        documents: n documents.
        texts: a text made of the words of each document.
        references: a reference made of the words of each document.

    Returns:
        float64 [n], in points; punctuation does not count; 100 if both texts keep no word.
    """
    scores = np.zeros(len(documents))
    for i, triple in enumerate(zip(documents, texts, references, strict=True)):
        document, text, reference = map(aligned_text, triple)
        spoken = np.asarray(document.spoken, bool)
        ours = np.asarray(kept_words(document, text), bool) & spoken
        theirs = np.asarray(kept_words(document, reference), bool) & spoken
        total = ours.sum() + theirs.sum()
        scores[i] = 200 * (ours & theirs).sum() / total if total else 100
    return scores
