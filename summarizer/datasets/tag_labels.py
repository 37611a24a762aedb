"""Labels of a tagger's training data: whether each token of a document is to be kept."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from summarizer.errors import InputError
from summarizer.metrics import rouge
from summarizer.metrics.greedy_extract import greedy_extract
from summarizer.text.alignment import aligned_text, kept_words, owners
from summarizer.text.sentences import sentence_spans
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
        _check_summary(example)
        yield vocabulary.encode(example.document), labels(example, vocabulary).tolist()


def tokenize_sentence_labels(
    examples: Iterable[Example], vocabulary: Vocabulary, window: int
) -> Iterator[tuple[Sequence[int], Sequence[int]]]:
    """Yield (token ids, labels) of windows of documents; see `sentence_labels`.

    Args:
        examples: documents with summaries.
        vocabulary: encodes them.
        window: maximum number of tokens. A window ends with the last sentence that fits; a longer
            sentence is cut.

    Raises:
        InputError: an example has no summary.
    """
    for example in examples:
        _check_summary(example)
        ids, kept, sentence = (
            vocabulary.encode(example.document),
            *sentence_labels(example, vocabulary),
        )
        for begin, end in _windows(sentence, window):
            yield (
                ids[begin : min(end, begin + window)],
                kept[begin : min(end, begin + window)].tolist(),
            )


def sentence_labels(
    example: Example, vocabulary: Vocabulary
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return KEEP or DROP for each token of a document, and the number of its sentence; int64 [S].

    Kept are the sentences that together match the summary best.
    """
    spans = sentence_spans(example.document)
    tokenize = rouge.UnicodeTokenizer(rouge.default_stem([example.summary or ""])).tokenize
    words = [tokenize(example.document[begin:end]) for begin, end in spans]
    _, chosen = greedy_extract(words, tokenize(example.summary or ""))
    tokens = np.fromiter((begin for begin, _ in vocabulary.spans(example.document)), np.int64)
    # A token may begin with the space before its sentence.
    ends = np.array([end for _, end in spans], np.int64)
    sentence = np.minimum(np.searchsorted(ends, tokens, side="right"), max(len(spans) - 1, 0))
    return np.where(np.isin(sentence, chosen), KEEP, DROP), sentence


def _windows(sentence: npt.NDArray[np.int64], size: int) -> Iterator[tuple[int, int]]:
    """Yield (begin, end) of groups of whole sentences that have at most `size` tokens, or of one.

    Args:
        sentence: number of the sentence of each token, int64 [S].
        size: maximum number of tokens.
    """
    bounds = [0, *(np.flatnonzero(np.diff(sentence)) + 1).tolist(), len(sentence)]
    begin = 0
    for end, next_end in zip(bounds[1:], [*bounds[2:], len(sentence) + size + 1], strict=True):
        if next_end - begin > size and end > begin:
            yield begin, end
            begin = end


def _check_summary(example: Example) -> None:
    if example.summary is None:
        raise InputError(f"example {example.id}: has no summary to learn from")


def labels(example: Example, vocabulary: Vocabulary) -> npt.NDArray[np.int64]:
    """Return KEEP or DROP for each token of a document, int64 [S]."""
    document = aligned_text(example.document)
    if not document.tokens:
        return np.zeros(0, np.int64)
    is_kept = np.asarray(kept_words(document, aligned_text(example.summary or "")))
    return np.where(is_kept[owners(document, vocabulary.spans(example.document))], KEEP, DROP)
