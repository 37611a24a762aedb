"""Measures predictions beside baselines, and lays out what was found."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from summarizer.errors import InputError
from summarizer.evaluation import extractive_baselines, statistics_table
from summarizer.evaluation.lead import lead
from summarizer.evaluation.predictions import align_predictions, read_predictions
from summarizer.evaluation.report_files import SCHEMA, load_report, reserve_folder, write_report
from summarizer.evaluation.statistics_table import MODEL, REFERENCES
from summarizer.metrics import bootstrap, rouge, significance, tagging
from summarizer.metrics.rouge import References
from summarizer.text import cleaning
from summarizer.types import Example, Report

__all__ = [
    "LEAD_BASELINE",
    "SCHEMA",
    "evaluate_summaries",
    "fingerprint",
    "load_report",
    "read_predictions",
    "report_table",
    "reserve_folder",
    "write_report",
]  # fmt: skip

LEAD_BASELINE = "first-k-words"

Array = npt.NDArray[np.float64]


class SystemScores(NamedTuple):
    """What one system's texts score.

    Attributes:
        values: metric → float64 [n], in points.
        sides: metric → {"precision", "recall"}, the means, in points; of ROUGE alone.
    """

    values: dict[str, Array]
    sides: dict[str, dict[str, float]]

    def intervals(self, samples: int, seed: int) -> dict[str, dict[str, float]]:
        """Return the mean of each metric with its interval and its sides."""
        return {
            metric: {
                **bootstrap.bootstrap_interval(values, samples, seed),
                **self.sides.get(metric, {}),
            }
            for metric, values in self.values.items()
        }


def evaluate_summaries(
    ids: Sequence[str],
    documents: Sequence[str],
    references: References,
    predictions: Sequence[str] | Mapping[str, str],
    *,
    stem: bool = True,
    several: str = "best",
    units: str = "characters",
    config_hash: str = "",
    kept: bool = False,
    whole: bool = False,
    told: Mapping[str, Sequence[float | None]] | None = None,
    samples: int = 1000,
    seed: int = 1,
) -> Report:
    """Score predictions and the first words of the documents, with intervals.

    Args:
        ids: one name an example.
        documents: one document an example.
        references: an example's reference, or a sequence of at least one.
        predictions: one summary an example in the same order, or id → summary.
        stem: compare English words by their stems.
        several: how several references of an example count, see `rouge.details`.
        units: of scripts without spaces between words, see `tokens.words`.
        config_hash: of the model's configuration; "" for predictions from elsewhere.
        kept: also compare which words of the documents are kept, with the first reference.
        whole: also score all other baselines, and say what the predictions are like.
        told: what the model says of its own summaries, see `describing.describe`; with `whole`.
        samples: bootstrap samples.
        seed: of the bootstrap and the permutation test.

    Returns:
        ROUGE F, exact matches (but for case and white space) and, where asked for, F1 of kept
        words, in points; `differences` are model minus baseline on the same examples.

    Raises:
        InputError: there is no example, or the predictions are not those of the examples.
        ConfigError: `several` or `units` is not known, or what it needs is not installed.
    """
    if not ids:
        raise InputError("there are no examples to evaluate")
    if not len(ids) == len(documents) == len(references):
        counts = f"{len(ids)} ids, {len(documents)} documents, {len(references)} references"
        raise ValueError(f"every example needs one of each: {counts}")
    signature = rouge.signature(stem, samples, seed, several, units)
    found = align_predictions(ids, predictions)
    every = [(one,) if isinstance(one, str) else tuple(one) for one in references]
    first = [texts[0] for texts in every]

    def measured(texts: Sequence[str]) -> SystemScores:
        # A newline at the end would make a text one that is cut into lines already.
        detailed = rouge.score_details([t.strip() for t in texts], every, stem, several, units)
        values = {metric: scores[:, 2] for metric, scores in detailed.items()}
        values["exact"] = _exact(texts, every, several)
        if kept:
            values["kept"] = tagging.kept_word_f1(documents, texts, first)
        sides = {
            metric: {"precision": float(scores[:, 0].mean()), "recall": float(scores[:, 1].mean())}
            for metric, scores in detailed.items()
        }
        return SystemScores(values, sides)

    ours = measured(found)
    texts = {LEAD_BASELINE: lead(list(map(Example, ids, documents, first)))}
    if whole:
        counted = [tuple(rouge.count_words(given, several)) for given in every]
        texts |= extractive_baselines.extractive_baselines(
            list(map(Example, ids, documents, first, counted)), stem, units
        )
    others = {name: measured(theirs) for name, theirs in texts.items()}
    records: list[dict[str, Any]] = []
    for row, (name, prediction, given) in enumerate(zip(ids, found, every, strict=True)):
        record: dict[str, Any] = {"id": name, "prediction": prediction, "reference": given[0]}
        if len(given) > 1:
            record["references"] = list(given)
        records.append(record | {m: float(values[row]) for m, values in ours.values.items()})
    made = Report(
        scores=ours.intervals(samples, seed),
        baselines={name: other.intervals(samples, seed) for name, other in others.items()},
        differences={
            name: {
                metric: significance.paired_difference(values, other.values[metric], samples, seed)
                for metric, values in ours.values.items()
            }
            for name, other in others.items()
        },
        signature=signature,
        examples=len(ids),
        fingerprint=fingerprint(ids, documents, every),
        config_hash=config_hash,
        empty=sum(map(cleaning.is_blank, found)),
        per_example=records,
    )
    if not whole:
        return made
    described = statistics_table.describe_systems(
        documents, {MODEL: found, REFERENCES: first, LEAD_BASELINE: texts[LEAD_BASELINE]},
        {MODEL: ours.values, LEAD_BASELINE: others[LEAD_BASELINE].values}, told or {},
        units=units, samples=samples, seed=seed,
    )  # fmt: skip
    return dataclasses.replace(
        made,
        diagnostics=described.systems,
        lengths=described.lengths,
        per_example=[
            {**record, "diagnostics": row}
            for record, row in zip(records, described.rows, strict=True)
        ],
    )


def _exact(texts: Sequence[str], references: Sequence[Sequence[str]], several: str) -> Array:
    """100 where a text is the reference but for case and white space, else 0, [n]."""
    found = []
    for text, given in zip(texts, references, strict=True):
        same = [_plain(text) == _plain(one) for one in rouge.count_words(given, several)]
        found.append(100.0 * (np.mean(same) if several == "mean" else any(same)))
    return np.array(found)


def _plain(text: str) -> list[str]:
    return text.casefold().split()


def fingerprint(
    ids: Sequence[str], documents: Sequence[str], references: Sequence[Sequence[str]]
) -> str:
    """Return 64 hexadecimal digits that differ where a test set does, the order included."""
    digest = hashlib.sha256()
    for name, document, texts in zip(ids, documents, references, strict=True):
        digest.update(json.dumps([name, document, *texts]).encode() + b"\n")
    return digest.hexdigest()


def report_table(report: Report) -> str:
    """Lay out the scores for people, a row a metric, the signature last.

    "better" (or "worse") stands only where `bootstrap.verdict` says so. Of baselines but the
    first, and of what summaries are like, it has what matters most; the report has the rest.
    """
    first, *others = report.baselines
    rows = [["", "model", "precision", "recall", first, "difference"]]
    for metric, own in report.scores.items():
        sides = [f"{own[side]:.1f}" if side in own else "" for side in ("precision", "recall")]
        difference = format_difference(report.differences[first][metric])
        rows.append(
            [
                metric,
                format_interval(own),
                *sides,
                format_interval(report.baselines[first][metric]),
                difference,
            ]
        )
    parts = [rows]
    if others:
        parts.append([["rouge1 of", "", "model less it"]])
        for name in others:
            score, less = report.baselines[name]["rouge1"], report.differences[name]["rouge1"]
            parts[-1].append([name, format_interval(score), format_difference(less)])
    if report.diagnostics:
        parts.append([["mean of", *report.diagnostics]])
        parts[-1] += statistics_table.rows_of(list(report.diagnostics.values()))
    return "\n".join(map(aligned_rows, parts)) + report.signature + "\n"


def aligned_rows(rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows of as many cells each in columns, a line a row."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def format_interval(score: Mapping[str, float], sign: str = "") -> str:
    """Write a mean with its interval."""
    return f"{score['mean']:{sign}.1f} [{score['low']:{sign}.1f}, {score['high']:{sign}.1f}]"


def format_difference(difference: Mapping[str, float]) -> str:
    """Write a difference with its interval, its p-value and, where that is sure, a verdict."""
    p = "p<0.001" if difference["p"] < 0.001 else f"p={difference['p']:.3f}"
    return f"{format_interval(difference, '+')} {p} {bootstrap.verdict(difference)}".rstrip()
