"""Says what the summaries of several systems are like, on average and by the documents' lengths.

Words are those that ROUGE compares, without stems. Where a number has no meaning (novel pairs of
words in a summary of one word, the length beside an empty reference) the example has none and does
not count for the mean.
"""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from summarizer.metrics import bootstrap, rouge_tokenizer
from summarizer.metrics.summary_statistics import Numbers, index_document, summary_statistics
from summarizer.text import numbers_and_names

SHARES = {
    "novel1": "words that are not in the document",
    "novel2": "pairs of words that are not in the document",
    "novel3": "runs of three words that are not in the document",
    "novel4": "runs of four words that are not in the document",
    "repeated": "words that stood in the summary before",
    "repeated3": "runs of three words that stood in the summary before",
    "coverage": "copied words: in the document, wherever",
    "gate": "probability of generating rather than copying",
    "truncated": "documents that were not read to their end",
}
"""Measures between 0 and 1."""

AMOUNTS = {
    "density": "words of the run that a word was copied in",
    "length": "words",
    "length_ratio": "length over the reference's",
    "numbers": "numbers that are not in the document",
    "names": "capitalised names that are not in the document",
}
"""Measures from 0 on."""

LABELS = {**SHARES, **AMOUNTS}
MODEL, REFERENCES = "model", "references"  # names of systems
FIFTHS = 5


class StatisticsTable(NamedTuple):
    """What the summaries of several systems are like.

    Attributes:
        systems: name → measure → its mean, see `means`.
        lengths: the same of the model in each fifth of the documents, see `by_length`.
        rows: of the model's summary of each document.
    """

    systems: dict[str, dict[str, Any]]
    lengths: list[dict[str, Any]]
    rows: list[Numbers]


def describe_systems(
    documents: Sequence[str],
    systems: Mapping[str, Sequence[str]],
    scores: Mapping[str, Mapping[str, npt.NDArray[np.float64]]],
    told: Mapping[str, Sequence[float | None]],
    *,
    units: str,
    samples: int,
    seed: int,
) -> StatisticsTable:
    """Say what the summaries of several systems are like, side by side and by length.

    Args:
        documents: the texts that are summarized.
        systems: name → a text of each document; "model" and "references" among them.
        scores: name → metric → the score of each document, for the fifths.
        told: measure → what the model itself says of each document; None: nothing.
        units: of scripts without spaces between words, see `tokens.words`.
        samples: of the bootstrap.
        seed: of the bootstrap.
    """
    rows: dict[str, list[Numbers]] = {name: [] for name in systems}
    lengths = []
    for i, document in enumerate(documents):
        words = {name: rouge_tokenizer.words(texts[i], units) for name, texts in systems.items()}
        there = index_document(rouge_tokenizer.words(document, units))
        lengths.append(len(there.words))
        for name, own in words.items():
            wanted = () if name == REFERENCES else words[REFERENCES]
            rows[name].append(
                {**summary_statistics(own, there, wanted), **_claims(systems[name][i], document)}
            )
        said = {name: values[i] for name, values in told.items()}
        rows[MODEL][i] |= {name: value for name, value in said.items() if value is not None}
    return StatisticsTable(
        {name: means(found, samples, seed) for name, found in rows.items()},
        by_length(lengths, scores, rows[MODEL], samples, seed),
        rows[MODEL],
    )


def _claims(summary: str, document: str) -> Numbers:
    """How many numbers and names of a summary its document does not hold."""
    numbers = [claim.number for claim in numbers_and_names.unsupported(summary, document)]
    return {"numbers": numbers.count(True), "names": numbers.count(False)}


def means(rows: Sequence[Mapping[str, float]], samples: int, seed: int) -> dict[str, Any]:
    """Return measure → {"mean", "low", "high", "of"}: bootstrap interval, examples that have it.

    Args:
        rows: what `measure` says, an example each.
        samples: of the bootstrap.
        seed: of the bootstrap.
    """
    found: dict[str, Any] = {}
    for name in LABELS:
        values = [row[name] for row in rows if name in row]
        if values:
            found[name] = {**bootstrap.bootstrap_interval(values, samples, seed), "of": len(values)}
    return found


def rows_of(
    columns: Sequence[Mapping[str, Mapping[str, float]]], intervals: bool = False
) -> list[list[str]]:
    """Return a row for each measure that any column has: what it is, and a cell a column.

    Args:
        columns: measure → its mean, see `means`.
        intervals: also write the intervals.
    """
    names = [name for name in LABELS if any(name in column for column in columns)]
    return [
        [LABELS[name], *(_cell(name, column.get(name), intervals) for column in columns)]
        for name in names
    ]


def _cell(name: str, found: Mapping[str, float] | None, interval: bool) -> str:
    if found is None:
        return "–"
    form = "{:.1%}" if name in SHARES else "{:.2f}"
    mean, low, high = (form.format(found[key]) for key in ("mean", "low", "high"))
    return f"{mean} [{low}, {high}]" if interval else mean


def by_length(
    lengths: Sequence[int],
    systems: Mapping[str, Mapping[str, npt.NDArray[np.float64]]],
    rows: Sequence[Mapping[str, float]],
    samples: int,
    seed: int,
) -> list[dict[str, Any]]:
    """Return what was measured in each fifth of the documents by length, the shortest first.

    Args:
        lengths: words of each document.
        systems: name → metric → the score of each example.
        rows: what `measure` says of the model's summaries.
        samples: of the bootstrap.
        seed: of the bootstrap.
    """
    found = []
    for part in fifths(lengths):
        sizes = sorted(lengths[i] for i in part)
        found.append({
            "documents": len(part),
            "shortest": sizes[0],
            "median": statistics.median_low(sizes),
            "longest": sizes[-1],
            "scores": {
                name: {m: bootstrap.bootstrap_interval(v[part], samples, seed) for m, v in scores.items()}
                for name, scores in systems.items()
            },
            "diagnostics": means([rows[i] for i in part], samples, seed),
        })  # fmt: skip
    return found


def fifths(lengths: Sequence[int]) -> list[npt.NDArray[np.int64]]:
    """Return which examples are in each fifth by length, the shortest first; no empty ones."""
    parts = np.array_split(np.argsort(lengths, kind="stable"), FIFTHS)
    return [part for part in parts if len(part)]
