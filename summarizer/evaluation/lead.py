"""The lead baseline: the first words of the document, as many as a reference has."""

import re
import statistics
from collections.abc import Sequence

from summarizer.evaluation.predictions import references_of
from summarizer.metrics.rouge_tokenizer import is_unspaced_text
from summarizer.types import Example


def length(text: str) -> int:
    """Return the number of words of a text; of characters, if its script has no spaces."""
    words = text.split()
    return sum(map(len, words)) if is_unspaced_text(text) else len(words)


def first_k_words(document: str, k: int) -> str:
    """Return the first k words of a document, on one line.

    Args:
        document: any text.
        k: number of words; for scripts written without spaces (Chinese, Japanese, Thai, …) number
            of characters, white space not counted.
    """
    if not is_unspaced_text(document):
        return " ".join(document.split(maxsplit=k)[:k])
    head = re.match(rf"(?:\s*\S){{0,{k}}}", document)
    return " ".join(head.group().split()) if head else ""


def lead(examples: Sequence[Example]) -> list[str]:
    """Return the first k words of each document.

    k is the (lower) median length of the references; of a document's references, the first if there
    are several. Documents written with and without spaces have a k each, because their lengths are
    in words and in characters.
    """
    unspaced = [is_unspaced_text(example.document) for example in examples]
    lengths: dict[bool, list[int]] = {True: [], False: []}
    for example, is_unspaced in zip(examples, unspaced, strict=True):
        lengths[is_unspaced].append(length(references_of(example)[0]))
    k = {key: statistics.median_low(values) for key, values in lengths.items() if values}
    return [
        first_k_words(example.document, k[is_unspaced])
        for example, is_unspaced in zip(examples, unspaced, strict=True)
    ]
