"""Score summaries and baselines, and make the report."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from summarizer.errors import InputError
from summarizer.evaluation.extractive_baselines import extractive_baselines
from summarizer.evaluation.lead import lead
from summarizer.evaluation.options import EvaluationOptions, options_for
from summarizer.evaluation.predictions import align_predictions, references_of
from summarizer.evaluation.statistics_table import MODEL, REFERENCES, describe_systems
from summarizer.metrics import bootstrap, rouge, significance, tagging
from summarizer.metrics.rouge_tokenizer import has_words
from summarizer.types import Example, Report

LEAD_BASELINE = "first-k-words"

Array = npt.NDArray[np.float64]


class SystemScores(NamedTuple):
    """The summaries of one system, and their scores.

    Attributes:
        summaries: one summary an example.
        scores: metric → float64 [n], in points.
        means: ROUGE metric → {"precision", "recall"}, the means, in points.
    """

    summaries: Sequence[str]
    scores: dict[str, Array]
    means: dict[str, dict[str, float]]

    def intervals(self, options: EvaluationOptions) -> dict[str, dict[str, float]]:
        """Return the mean of each metric with its interval, and precision and recall of ROUGE."""
        samples, seed = options.bootstrap_samples, options.bootstrap_seed
        return {
            metric: {
                **bootstrap.bootstrap_interval(scores, samples, seed),
                **self.means.get(metric, {}),
            }
            for metric, scores in self.scores.items()
        }


def evaluate_summaries(
    examples: Sequence[Example],
    predictions: Sequence[str] | Mapping[str, str],
    options: EvaluationOptions | None = None,
) -> Report:
    """Score summaries and the lead baseline, with intervals.

    Args:
        examples: documents with their references.
        predictions: one summary an example in the same order, or id → summary.
        options: how to score; None: the defaults.

    Returns:
        ROUGE F, exact matches (ignoring case and white space) and, with tagging, F1 of kept words,
        in points. `differences` are model minus baseline on the same examples.

    Raises:
        InputError: there is no example, or the predictions are not those of the examples.
        ConfigError: an option is unknown, or needs a package that is not installed.
    """
    if not examples:
        raise InputError("there are no examples to evaluate")
    options = options_for(options or EvaluationOptions(), examples)
    summaries = align_predictions([example.id for example in examples], predictions)
    model = score_system(examples, summaries, options)
    baselines = score_baselines(examples, options)
    report = _assemble(examples, model, baselines, options)
    return _with_statistics(report, examples, model, baselines, options) if options.full else report


def score_system(
    examples: Sequence[Example], summaries: Sequence[str], options: EvaluationOptions
) -> SystemScores:
    """Score one summary of each example."""
    references = [references_of(example) for example in examples]
    # A newline at the end would mark a text as split into lines, see rouge_tokenizer.
    stripped = [summary.strip() for summary in summaries]
    details = rouge.score_details(
        stripped, references, bool(options.stem), options.reference_mode, options.tokenization
    )
    scores = {metric: values[:, 2] for metric, values in details.items()}
    scores["exact"] = _exact_matches(summaries, references, options.reference_mode)
    if options.with_tagging:
        documents = [example.document for example in examples]
        scores["kept"] = tagging.kept_word_f1(documents, summaries, [r[0] for r in references])
    means = {
        metric: {"precision": float(values[:, 0].mean()), "recall": float(values[:, 1].mean())}
        for metric, values in details.items()
    }
    return SystemScores(summaries, scores, means)


def score_baselines(
    examples: Sequence[Example], options: EvaluationOptions
) -> dict[str, SystemScores]:
    """Score the lead baseline, first, and in a full evaluation all extractive baselines."""
    texts = {LEAD_BASELINE: lead(examples)}
    if options.full:
        counted = [
            dataclasses.replace(
                example,
                references=tuple(
                    rouge.counted_references(references_of(example), options.reference_mode)
                ),
            )
            for example in examples
        ]
        texts |= extractive_baselines(counted, bool(options.stem), options.tokenization)
    return {name: score_system(examples, summaries, options) for name, summaries in texts.items()}


def _assemble(
    examples: Sequence[Example],
    model: SystemScores,
    baselines: Mapping[str, SystemScores],
    options: EvaluationOptions,
) -> Report:
    samples, seed = options.bootstrap_samples, options.bootstrap_seed
    return Report(
        scores=model.intervals(options),
        baselines={name: baseline.intervals(options) for name, baseline in baselines.items()},
        differences={
            name: {
                metric: significance.paired_difference(
                    scores, baseline.scores[metric], samples, seed
                )
                for metric, scores in model.scores.items()
            }
            for name, baseline in baselines.items()
        },
        signature=options.signature(),
        examples=len(examples),
        fingerprint=fingerprint(examples),
        command=options.command,
        empty=sum(not has_words(summary) for summary in model.summaries),
        per_example=[_record(example, i, model) for i, example in enumerate(examples)],
    )


def _record(example: Example, row: int, model: SystemScores) -> dict[str, Any]:
    """Return what `predictions.jsonl` holds of an example."""
    references = references_of(example)
    record: dict[str, Any] = {
        "id": example.id,
        "prediction": model.summaries[row],
        "reference": references[0],
    }
    if len(references) > 1:
        record["references"] = list(references)
    return record | {metric: float(scores[row]) for metric, scores in model.scores.items()}


def _with_statistics(
    report: Report,
    examples: Sequence[Example],
    model: SystemScores,
    baselines: Mapping[str, SystemScores],
    options: EvaluationOptions,
) -> Report:
    """Return the report with the statistics of the summaries, and with those of each example."""
    lead_baseline = baselines[LEAD_BASELINE]
    table = describe_systems(
        [example.document for example in examples],
        {
            MODEL: model.summaries,
            REFERENCES: [references_of(example)[0] for example in examples],
            LEAD_BASELINE: lead_baseline.summaries,
        },
        {MODEL: model.scores, LEAD_BASELINE: lead_baseline.scores},
        options,
    )
    records = [
        {**record, "diagnostics": statistics}
        for record, statistics in zip(report.per_example, table.rows, strict=True)
    ]
    return dataclasses.replace(
        report, diagnostics=table.systems, lengths=table.lengths, per_example=records
    )


def _exact_matches(
    summaries: Sequence[str], references: Sequence[Sequence[str]], reference_mode: str
) -> Array:
    """Return 100 for summaries that equal a reference except case and white space, else 0, [n]."""
    scores = []
    for summary, texts in zip(summaries, references, strict=True):
        counted = rouge.counted_references(texts, reference_mode)
        equal = [_folded_words(summary) == _folded_words(text) for text in counted]
        scores.append(100.0 * (np.mean(equal) if reference_mode == "mean" else any(equal)))
    return np.array(scores)


def _folded_words(text: str) -> list[str]:
    return text.casefold().split()


def fingerprint(examples: Sequence[Example]) -> str:
    """Return the SHA-256 of ids, documents and references, in order, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for example in examples:
        texts = [example.id, example.document, *references_of(example)]
        digest.update(json.dumps(texts).encode() + b"\n")
    return digest.hexdigest()
