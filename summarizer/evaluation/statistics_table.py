"""Statistics of the summaries of several systems, as means and by document length.

Words are those of ROUGE, without stemming. A statistic that is undefined for a summary (novel pairs
of words in a summary of one word, the length ratio to an empty reference) is left out of the mean.
"""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from summarizer.evaluation.options import EvaluationOptions
from summarizer.metrics import bootstrap, rouge_tokenizer
from summarizer.metrics.name_case import name_case_accuracy
from summarizer.metrics.summary_statistics import Statistics, index_document, summary_statistics
from summarizer.text import numbers_and_names

SHARES = {
    "novel1": "words that are not in the document",
    "novel2": "pairs of words that are not in the document",
    "novel3": "runs of three words that are not in the document",
    "novel4": "runs of four words that are not in the document",
    "repeated": "words that occurred in the summary before",
    "repeated3": "runs of three words that occurred in the summary before",
    "coverage": "copied words, which occur in the document",
    "gate": "probability of generating instead of copying",
    "name_case": "names of the reference whose case is right in the summary",
    "truncated": "documents that were not read to their end",
}
"""Labels of the statistics between 0 and 1."""

AMOUNTS = {
    "density": "length of the run that a word was copied in, in words",
    "length": "length in words",
    "length_ratio": "length divided by the length of the reference",
    "numbers": "numbers that are not in the document",
    "names": "capitalised names that are not in the document",
}
"""Labels of the statistics that are 0 or more."""

LABELS = {**SHARES, **AMOUNTS}
MODEL, REFERENCES = "model", "references"  # names of systems
FIFTHS = 5


class StatisticsTable(NamedTuple):
    """The statistics of the summaries of several systems.

    Attributes:
        systems: name → statistic → its mean, see `mean_statistics`.
        lengths: the same for the model in each fifth of the documents, see `by_length`.
        rows: the statistics of the model's summary of each document.
    """

    systems: dict[str, dict[str, Any]]
    lengths: list[dict[str, Any]]
    rows: list[Statistics]


def describe_systems(
    documents: Sequence[str],
    systems: Mapping[str, Sequence[str]],
    scores: Mapping[str, Mapping[str, npt.NDArray[np.float64]]],
    options: EvaluationOptions,
) -> StatisticsTable:
    """Return the statistics of the summaries of several systems.

    Args:
        documents: documents that are summarized.
        systems: name → one summary a document; "model" and "references" among the names.
        scores: name → metric → float64 [n], for the means by document length.
        options: tokenization, bootstrap, and what the model reports about its summaries.
    """
    rows: dict[str, list[Statistics]] = {name: [] for name in systems}
    lengths = []
    for i, document in enumerate(documents):
        words = {
            name: rouge_tokenizer.words(summaries[i], options.tokenization)
            for name, summaries in systems.items()
        }
        index = index_document(rouge_tokenizer.words(document, options.tokenization))
        lengths.append(len(index.words))
        for name, summary_words in words.items():
            reference = () if name == REFERENCES else words[REFERENCES]
            row = summary_statistics(summary_words, index, reference)
            row |= _unsupported_counts(systems[name][i], document)
            accuracy = name_case_accuracy([systems[name][i]], [systems[REFERENCES][i]])
            if name != REFERENCES and accuracy is not None:
                row["name_case"] = accuracy
            rows[name].append(row)
        for name, values in options.model_statistics.items():
            if (value := values[i]) is not None:
                rows[MODEL][i][name] = value
    samples, seed = options.bootstrap_samples, options.bootstrap_seed
    return StatisticsTable(
        {name: mean_statistics(system_rows, samples, seed) for name, system_rows in rows.items()},
        by_length(lengths, scores, rows[MODEL], samples, seed),
        rows[MODEL],
    )


def _unsupported_counts(summary: str, document: str) -> Statistics:
    """Count the numbers and the names of a summary that its document does not contain."""
    is_number = [mention.number for mention in numbers_and_names.unsupported(summary, document)]
    return {"numbers": is_number.count(True), "names": is_number.count(False)}


def mean_statistics(rows: Sequence[Mapping[str, float]], samples: int, seed: int) -> dict[str, Any]:
    """Return statistic → {"mean", "low", "high", "of"}; "of" counts the examples that have it.

    Args:
        rows: statistics of each example, from `summary_statistics`.
        samples: number of bootstrap samples.
        seed: seed of the bootstrap.
    """
    means: dict[str, Any] = {}
    for name in LABELS:
        values = [row[name] for row in rows if name in row]
        if values:
            means[name] = {**bootstrap.bootstrap_interval(values, samples, seed), "of": len(values)}
    return means


def table_rows(
    columns: Sequence[Mapping[str, Mapping[str, float]]], intervals: bool = False
) -> list[list[str]]:
    """Return a row for each statistic that any column has: its label, then a cell a column.

    Args:
        columns: statistic → its mean, from `mean_statistics`.
        intervals: whether to write the intervals, too.
    """
    names = [name for name in LABELS if any(name in column for column in columns)]
    return [
        [LABELS[name], *(_cell(name, column.get(name), intervals) for column in columns)]
        for name in names
    ]


def _cell(name: str, score: Mapping[str, float] | None, interval: bool) -> str:
    if score is None:
        return "–"
    template = "{:.1%}" if name in SHARES else "{:.2f}"
    mean, low, high = (template.format(score[key]) for key in ("mean", "low", "high"))
    return f"{mean} [{low}, {high}]" if interval else mean


def by_length(
    lengths: Sequence[int],
    systems: Mapping[str, Mapping[str, npt.NDArray[np.float64]]],
    rows: Sequence[Mapping[str, float]],
    samples: int,
    seed: int,
) -> list[dict[str, Any]]:
    """Return scores and statistics in each fifth of the documents by length, the shortest first.

    Args:
        lengths: number of words of each document.
        systems: name → metric → float64 [n].
        rows: statistics of the model's summaries, from `summary_statistics`.
        samples: number of bootstrap samples.
        seed: seed of the bootstrap.
    """
    parts = []
    for examples in fifths(lengths):
        sizes = sorted(lengths[i] for i in examples)
        scores = {
            name: {
                metric: bootstrap.bootstrap_interval(values[examples], samples, seed)
                for metric, values in by_metric.items()
            }
            for name, by_metric in systems.items()
        }
        part = {
            "documents": len(examples),
            "shortest": sizes[0],
            "median": statistics.median_low(sizes),
            "longest": sizes[-1],
            "scores": scores,
            "diagnostics": mean_statistics([rows[i] for i in examples], samples, seed),
        }
        parts.append(part)
    return parts


def fifths(lengths: Sequence[int]) -> list[npt.NDArray[np.int64]]:
    """Return the examples of each fifth by length, the shortest first, without empty fifths."""
    parts = np.array_split(np.argsort(lengths, kind="stable"), FIFTHS)
    return [part for part in parts if len(part)]
