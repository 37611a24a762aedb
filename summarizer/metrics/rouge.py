"""ROUGE-1, -2, -L and -Lsum for every script; on ASCII text equal to the rouge_score library.

Source: Lin (2004), "ROUGE: A Package for Automatic Evaluation of Summaries", sections 2 and 3.
The rouge_score library counts. Only this module imports it, and only when texts are scored.
"""

import functools
from collections.abc import Iterable, Sequence
from importlib import metadata
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from summarizer.errors import ConfigError, did_you_mean
from summarizer.metrics import rouge_tokenizer

if TYPE_CHECKING:
    from rouge_score.rouge_scorer import RougeScorer
    from rouge_score.tokenizers import DefaultTokenizer

METRICS = ("rouge1", "rouge2", "rougeL", "rougeLsum")
METRIC_LABELS = {
    "rouge1": "ROUGE-1",
    "rouge2": "ROUGE-2",
    "rougeL": "ROUGE-L",
    "rougeLsum": "ROUGE-Lsum",
    "exact": "exact matches",
    "kept": "kept words",
}
"""Names of metrics in tables and plots, also of those that are not ROUGE."""

REFERENCE_MODES = ("best", "mean", "first")  # how several references of one document count
VERSION = "v2"  # changes whenever the same texts would get other scores

Array = npt.NDArray[np.float64]
References = Sequence[str | Sequence[str]]


class UnicodeTokenizer:
    """Keeps the words of every script; takes the place of rouge_score's DefaultTokenizer.

    On ASCII text the tokens are those of DefaultTokenizer. Only ASCII words are stemmed (Porter).
    """

    def __init__(self, stem: bool = False, tokenization: str = "characters") -> None:
        self._stem, self._tokenization = stem, tokenization
        # ROUGE-Lsum tokenizes each line of a text that was just tokenized as a whole.
        self._cached_line = functools.lru_cache(maxsize=1024)(self._tokenize_line)

    def tokenize(self, text: str) -> list[str]:
        """Return the tokens of a text; a newline always ends a token."""
        return [token for line in text.split("\n") for token in self._cached_line(line)]

    def _tokenize_line(self, line: str) -> list[str]:
        words = rouge_tokenizer.words(line, self._tokenization)
        if not self._stem:
            return words
        return [_stem(word) if word.isascii() else word for word in words]


@functools.lru_cache(maxsize=1 << 16)
def _stem(word: str) -> str:
    # rouge_score's stemmer leaves words of up to 3 letters as they are.
    return "".join(_porter().tokenize(word))


@functools.cache
def _porter() -> "DefaultTokenizer":
    from rouge_score import tokenizers

    return tokenizers.DefaultTokenizer(use_stemmer=True)


def _scorer(stem: bool, tokenization: str) -> "RougeScorer":
    from rouge_score import rouge_scorer, tokenizers

    # Registered, not inherited from, so that defining the class does not import rouge_score.
    tokenizers.Tokenizer.register(UnicodeTokenizer)
    return rouge_scorer.RougeScorer(METRICS, tokenizer=UnicodeTokenizer(stem, tokenization))


def score_details(
    predictions: Sequence[str],
    references: References,
    stem: bool = True,
    reference_mode: str = "best",
    tokenization: str = "characters",
) -> dict[str, Array]:
    """Return precision, recall and F of each prediction against its reference or references.

    Args:
        predictions: one summary an example; an empty summary scores 0.
        references: one reference an example, or a sequence of at least one.
        stem: reduce ASCII words of more than 3 letters to their Porter stems.
        reference_mode: how several references count: for each metric the "best" F, the "mean" over
            all references, or the "first" reference alone.
        tokenization: tokens of scripts written without spaces, see `rouge_tokenizer.words`.

    Returns:
        metric → float64 [n, 3]: precision, recall and F in points, 0 to 100.

    Raises:
        ConfigError: `reference_mode` or `tokenization` is unknown, or needs a package that is not
            installed.
    """
    if len(predictions) != len(references):
        raise ValueError(f"{len(predictions)} predictions for {len(references)} references")
    _check_reference_mode(reference_mode)
    rouge_tokenizer.check_tokenization(tokenization)
    scorer = _scorer(stem, tokenization)
    table = np.zeros((len(METRICS), len(references), 3))
    for row, (prediction, texts) in enumerate(zip(predictions, references, strict=True)):
        summary = rouge_tokenizer.sentence_lines(prediction)
        scores_by_reference = [
            scorer.score(rouge_tokenizer.sentence_lines(text), summary)
            for text in counted_references(texts, reference_mode)
        ]
        for column, metric in enumerate(METRICS):
            scores = [by_metric[metric] for by_metric in scores_by_reference]
            if reference_mode == "mean":
                table[column, row] = np.mean(scores, axis=0)
            else:
                table[column, row] = max(scores, key=lambda score: score.fmeasure)
    return dict(zip(METRICS, 100 * table, strict=True))


def counted_references(references: str | Sequence[str], reference_mode: str) -> Sequence[str]:
    """Return the references of a document that count in a reference mode."""
    texts = (references,) if isinstance(references, str) else references
    return texts[:1] if reference_mode == "first" else texts


def score(
    predictions: Sequence[str],
    references: References,
    stem: bool = True,
    reference_mode: str = "best",
    tokenization: str = "characters",
) -> dict[str, Array]:
    """Return the F of each prediction; the arguments are those of `score_details`.

    Returns:
        metric → float64 [n]: F in points, 0 to 100.
    """
    details = score_details(predictions, references, stem, reference_mode, tokenization)
    return {metric: scores[:, 2] for metric, scores in details.items()}


def default_stem(texts: Iterable[str]) -> bool:
    """Return whether to stem: True if at least half of the letters are ASCII, as in English."""
    letter_count = ascii_count = 0
    for text in texts:
        letters = [char for char in text if char.isalpha()]
        letter_count += len(letters)
        ascii_count += sum(char.isascii() for char in letters)
    return 2 * ascii_count >= letter_count


def signature(
    stem: bool,
    samples: int,
    seed: int,
    reference_mode: str = "best",
    tokenization: str = "characters",
) -> str:
    """Return one line that names everything that decides the numbers, to be quoted with them.

    Raises:
        ConfigError: as `score_details`.
    """
    _check_reference_mode(reference_mode)
    tokenizer = rouge_tokenizer.check_tokenization(tokenization)
    stemming = "yes" if stem else "no"
    return (
        f"rouge|tok:{tokenizer}|stem:{stemming}|lsum:split|refs:{reference_mode}"
        f"|boot:{samples}|seed:{seed}|{_version(tokenization)}"
    )


def _version(tokenization: str) -> str:
    """Return the versions of this module and of the libraries that split sentences and words."""
    libraries = ["sentencex"] + ["icu4py"] * (tokenization == "words")
    return "+".join([VERSION, *(f"{name}-{metadata.version(name)}" for name in libraries)])


def _check_reference_mode(reference_mode: str) -> None:
    if reference_mode not in REFERENCE_MODES:
        hint = did_you_mean(reference_mode, REFERENCE_MODES)
        raise ConfigError(f"references {reference_mode!r}: {hint}")
