"""What a model must beat: the first words of the document, as many as a reference has."""

import re
import statistics
from collections.abc import Sequence

from summarizer.metrics.rouge_tokenizer import is_unspaced_text
from summarizer.types import Example


def length(text: str) -> int:
    """Count the words of a text; the characters, where its script puts no space between words."""
    parts = text.split()
    return sum(map(len, parts)) if is_unspaced_text(text) else len(parts)


def first_k_words(document: str, k: int) -> str:
    """Return the first k words of a document, on one line.

    Args:
        document: any text.
        k: words; characters, white space not counted, where the script puts no space between
            words (Chinese, Japanese, Thai ...).
    """
    if not is_unspaced_text(document):
        return " ".join(document.split(maxsplit=k)[:k])
    head = re.match(rf"(?:\s*\S){{0,{k}}}", document)
    return " ".join(head.group().split()) if head else ""


def lead(examples: Sequence[Example]) -> list[str]:
    """Return the first k words of each document.

    k is the (lower) median length of the references. Documents written with and without spaces
    between words have a k each, as words and characters are no common unit.
    """
    modes = [is_unspaced_text(example.document) for example in examples]
    k = {
        mode: statistics.median_low(
            length(e.summary or "") for e, m in zip(examples, modes, strict=True) if m == mode
        )
        for mode in set(modes)
    }
    return [first_k_words(e.document, k[mode]) for e, mode in zip(examples, modes, strict=True)]
