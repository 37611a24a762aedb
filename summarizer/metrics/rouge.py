"""ROUGE-1, -2, -L and -Lsum, right in every script; on ASCII text equal to rouge_score's own.

Source: Lin (2004), "ROUGE: A Package for Automatic Evaluation of Summaries", sections 2 and 3.
The rouge_score library counts; it is imported here only, and only when something is scored.
"""

import functools
from collections.abc import Iterable, Sequence
from importlib import metadata
from typing import Any

import numpy as np
import numpy.typing as npt

from summarizer.errors import ConfigError, did_you_mean
from summarizer.metrics import rouge_tokenizer

METRICS = ("rouge1", "rouge2", "rougeL", "rougeLsum")
REFERENCE_MODES = ("best", "mean", "first")  # how several references of one document count
VERSION = "v2"  # changes whenever the same texts would get other scores

Array = npt.NDArray[np.float64]
References = Sequence[str | Sequence[str]]


class UnicodeTokenizer:
    """Keeps the words of every script; takes the place of rouge_score's DefaultTokenizer.

    Tokens of ASCII text are DefaultTokenizer's. Only ASCII words are stemmed (Porter).
    """

    def __init__(self, stem: bool = False, units: str = "characters") -> None:
        self._stem, self._units = stem, units
        # ROUGE-Lsum asks again for each line of a text that was just tokenized as a whole.
        self._line = functools.lru_cache(maxsize=1024)(self._tokenize_line)

    def tokenize(self, text: str) -> list[str]:
        """Return the tokens of a text; a newline always ends a token."""
        return [token for line in text.split("\n") for token in self._line(line)]

    def _tokenize_line(self, line: str) -> list[str]:
        found = rouge_tokenizer.words(line, self._units)
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


def _scorer(stem: bool, units: str) -> Any:
    from rouge_score import rouge_scorer, tokenizers

    tokenizers.Tokenizer.register(UnicodeTokenizer)  # a subclass without importing it above
    return rouge_scorer.RougeScorer(METRICS, tokenizer=UnicodeTokenizer(stem, units))


def score_details(
    predictions: Sequence[str],
    references: References,
    stem: bool = True,
    several: str = "best",
    units: str = "characters",
) -> dict[str, Array]:
    """Score each prediction against its reference, or references, with precision and recall.

    Args:
        predictions: one summary an example; an empty one scores 0.
        references: an example's reference, or a sequence of at least one.
        stem: reduce ASCII words of more than 3 letters to their Porter stems.
        several: of several references, the one that gives the "best" F of a metric counts, the
            "mean" of all, or the "first" alone.
        units: of scripts without spaces between words, see `tokens.words`.

    Returns:
        metric → float64 [n, 3]: precision, recall and F in points, 0 to 100.

    Raises:
        ConfigError: `several` or `units` is not known, or what it needs is not installed.
    """
    if len(predictions) != len(references):
        raise ValueError(f"{len(predictions)} predictions for {len(references)} references")
    _check(several)
    rouge_tokenizer.check(units)
    scorer = _scorer(stem, units)
    table = np.zeros((len(METRICS), len(references), 3))
    for row, (prediction, given) in enumerate(zip(predictions, references, strict=True)):
        summary = rouge_tokenizer.lines(prediction)
        found = [
            scorer.score(rouge_tokenizer.lines(text), summary)
            for text in count_words(given, several)
        ]
        for column, metric in enumerate(METRICS):
            each = [scores[metric] for scores in found]
            one = max(each, key=lambda score: score.fmeasure)
            table[column, row] = np.mean(each, axis=0) if several == "mean" else one
    return dict(zip(METRICS, 100 * table, strict=True))


def count_words(references: str | Sequence[str], several: str) -> Sequence[str]:
    """Return those references of a document that count."""
    every = (references,) if isinstance(references, str) else references
    return every[:1] if several == "first" else every


def score(
    predictions: Sequence[str],
    references: References,
    stem: bool = True,
    several: str = "best",
    units: str = "characters",
) -> dict[str, Array]:
    """Score each prediction against its reference, or references; see `details`.

    Returns:
        metric → float64 [n]: F in points, 0 to 100.
    """
    found = score_details(predictions, references, stem, several, units)
    return {metric: scores[:, 2] for metric, scores in found.items()}


def default_stem(texts: Iterable[str]) -> bool:
    """Tell whether to stem: True where most letters are ASCII, as in English, or none are met."""
    letters = ascii_letters = 0
    for text in texts:
        found = [c for c in text if c.isalpha()]
        letters += len(found)
        ascii_letters += sum(c.isascii() for c in found)
    return 2 * ascii_letters >= letters


def signature(
    stem: bool, samples: int, seed: int, several: str = "best", units: str = "characters"
) -> str:
    """Name in one line all that decides the numbers, to be quoted with them.

    Raises:
        ConfigError: as `details`.
    """
    _check(several)
    stemming = "yes" if stem else "no"
    return (
        f"rouge|tok:{rouge_tokenizer.check(units)}|stem:{stemming}|lsum:split|refs:{several}"
        f"|boot:{samples}|seed:{seed}|{_version(units)}"
    )


def _version(units: str) -> str:
    """Our version, and those of the libraries whose rules for sentences and words decide, too."""
    libraries = ["sentencex"] + ["icu4py"] * (units == "words")
    return "+".join([VERSION, *(f"{name}-{metadata.version(name)}" for name in libraries)])


def _check(several: str) -> None:
    if several not in REFERENCE_MODES:
        raise ConfigError(f"references {several!r}: {did_you_mean(several, REFERENCE_MODES)}")
