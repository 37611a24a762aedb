"""ROUGE-1, -2, -L and -Lsum, right in every script; on ASCII text equal to rouge_score's own.

Source: Lin (2004), "ROUGE: A Package for Automatic Evaluation of Summaries", sections 2 and 3.
The rouge_score library counts; it is imported here only, and only when something is scored.
"""

import functools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from summarizer.evaluation import tokens

METRICS = ("rouge1", "rouge2", "rougeL", "rougeLsum")
VERSION = "v1"  # changes whenever the same texts would get other scores

Array = npt.NDArray[np.float64]


class UnicodeTokenizer:
    """Keeps the words of every script; takes the place of rouge_score's DefaultTokenizer.

    Tokens of ASCII text are DefaultTokenizer's. Only ASCII words are stemmed (Porter).
    """

    def __init__(self, stem: bool = False) -> None:
        self._stem = stem
        # ROUGE-Lsum asks again for each line of a text that was just tokenized as a whole.
        self._line = functools.lru_cache(maxsize=1024)(self._tokenize_line)

    def tokenize(self, text: str) -> list[str]:
        """Return the tokens of a text; a newline always ends a token."""
        return [token for line in text.split("\n") for token in self._line(line)]

    def _tokenize_line(self, line: str) -> list[str]:
        found = tokens.words(line)
        if not self._stem:
            return found
        return [_stem(word) if word.isascii() else word for word in found]


@functools.lru_cache(maxsize=1 << 16)
def _stem(word: str) -> str:
    # Through rouge_score, which leaves words of up to 3 letters as they are.
    return "".join(_porter().tokenize(word))


@functools.cache
def _porter() -> Any:
    from rouge_score import tokenizers

    return tokenizers.DefaultTokenizer(use_stemmer=True)


def _scorer(stem: bool) -> Any:
    from rouge_score import rouge_scorer, tokenizers

    tokenizers.Tokenizer.register(UnicodeTokenizer)  # a subclass without importing it above
    return rouge_scorer.RougeScorer(METRICS, tokenizer=UnicodeTokenizer(stem))


def details(
    predictions: Sequence[str], references: Sequence[str], stem: bool = True
) -> dict[str, Array]:
    """Score each prediction against its reference, with precision and recall.

    Args:
        predictions: one summary an example; an empty one scores 0.
        references: one reference an example.
        stem: reduce ASCII words of more than 3 letters to their Porter stems.

    Returns:
        metric → float64 [n, 3]: precision, recall and F in points, 0 to 100.
    """
    if len(predictions) != len(references):
        raise ValueError(f"{len(predictions)} predictions for {len(references)} references")
    scorer = _scorer(stem)
    table = np.zeros((len(METRICS), len(references), 3))
    for row, (prediction, reference) in enumerate(zip(predictions, references, strict=True)):
        scores = scorer.score(tokens.lines(reference), tokens.lines(prediction))
        for column, metric in enumerate(METRICS):
            table[column, row] = scores[metric]
    return dict(zip(METRICS, 100 * table, strict=True))


def score(
    predictions: Sequence[str], references: Sequence[str], stem: bool = True
) -> dict[str, Array]:
    """Score each prediction against its reference.

    Args:
        predictions: one summary an example; an empty one scores 0.
        references: one reference an example.
        stem: reduce ASCII words of more than 3 letters to their Porter stems.

    Returns:
        metric → float64 [n]: F in points, 0 to 100.
    """
    return {m: a[:, 2] for m, a in details(predictions, references, stem).items()}


def default_stem(texts: Iterable[str]) -> bool:
    """Tell whether to stem: True where most letters are ASCII, as in English, or none are met."""
    letters = ascii_letters = 0
    for text in texts:
        found = [c for c in text if c.isalpha()]
        letters += len(found)
        ascii_letters += sum(c.isascii() for c in found)
    return 2 * ascii_letters >= letters


def signature(stem: bool, samples: int, seed: int) -> str:
    """Name in one line all that decides the numbers, to be quoted with them."""
    stemming = "yes" if stem else "no"
    return (
        f"rouge|tok:unicode|stem:{stemming}|lsum:split|refs:first"
        f"|boot:{samples}|seed:{seed}|{VERSION}"
    )
