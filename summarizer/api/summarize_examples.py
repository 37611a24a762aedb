"""Summarize the examples of an evaluation, and explain those that its page shows."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from summarizer.api.summarizer import Summarizer
from summarizer.errors import InputError, ModelError
from summarizer.reports.highlights import MarkedSummary, mark_by_provenance
from summarizer.types import Example, Report, Summary

LOG = logging.getLogger("summarizer")
BATCH_SIZE = 64  # documents summarized at once


def summarize_examples(
    summarizer: Summarizer, examples: Sequence[Example], decoding: Mapping[str, Any]
) -> tuple[list[str], dict[str, list[float | None]]]:
    """Return the summaries, and what the model reports about each of them.

    Args:
        summarizer: the model.
        examples: the documents.
        decoding: arguments of `Summarizer.summarize`.

    Returns:
        One summary a document, "" if none satisfies the options; and statistic → one number a
        document, None without a summary: "gate", the mean probability of generating, and
        "truncated", 1 if the model did not read the whole document.

    Raises:
        InputError: no document of the first batch can be summarized, so it is not the documents.
    """
    from tqdm import tqdm

    texts = list[str]()
    statistics: dict[str, list[float | None]] = {"gate": [], "truncated": []}
    for start in tqdm(range(0, len(examples), BATCH_SIZE), unit="batch", desc="summarizing"):
        batch = examples[start : start + BATCH_SIZE]
        results = _summarize_or_errors(summarizer, batch, decoding)
        errors = [result for result in results if isinstance(result, InputError)]
        if start == 0 and len(errors) == len(batch):
            raise errors[0]
        for example, result in zip(batch, results, strict=True):
            if isinstance(result, InputError):
                LOG.warning("%s: %s; its prediction is empty", example.id, result)
                texts.append("")
                statistics["gate"].append(None)
                statistics["truncated"].append(None)
                continue
            texts.append(result.text)
            statistics["gate"].append(_mean_gate(result, summarizer.config.model.pointer))
            statistics["truncated"].append(float(result.tokens_truncated > 0))
    return texts, statistics


def _mean_gate(summary: Summary, pointer: bool) -> float | None:
    """Return the mean probability of generating; None without a pointer or without tokens."""
    gate = summary.hypothesis.gate if summary.hypothesis and pointer else None
    return float(np.mean(gate)) if gate is not None and len(gate) else None


def _summarize_or_errors(
    summarizer: Summarizer, examples: Sequence[Example], decoding: Mapping[str, Any]
) -> list[Summary | InputError]:
    """Return the summary of each example, or the error if no summary satisfies the options."""
    try:
        return [*summarize_by_type(summarizer, examples, decoding)]
    except InputError as error:
        if len(examples) == 1:
            return [error]
        return [
            result
            for example in examples
            for result in _summarize_or_errors(summarizer, [example], decoding)
        ]


def summarize_by_type(
    summarizer: Summarizer, examples: Sequence[Example], decoding: Mapping[str, Any]
) -> list[Summary]:
    """Return the summaries of examples, each of the type that its data names.

    A type in `decoding` takes precedence. A model without control tokens knows no types.
    """
    types = dict.fromkeys(example.type for example in examples)
    if "type" in decoding or not any(types) or not summarizer.types:
        return summarizer.summarize([example.document for example in examples], **decoding)
    summaries: dict[int, Summary] = {}
    for summary_type in types:
        rows = [i for i, example in enumerate(examples) if example.type == summary_type]
        documents = [examples[i].document for i in rows]
        results = summarizer.summarize(documents, **decoding, type=summary_type or None)
        summaries |= dict(zip(rows, results, strict=True))
    return [summaries[i] for i in range(len(examples))]


def mark_examples(
    summarizer: Summarizer,
    examples: Sequence[Example],
    report: Report,
    decoding: Mapping[str, Any],
) -> dict[int, MarkedSummary]:
    """Return the provenance of the summaries that the page shows, by row of the example."""
    from summarizer.reports.evaluation_page import select_examples

    rows = [row for selected in select_examples(report).values() for row in selected]
    try:
        summaries = summarize_by_type(
            summarizer, [examples[row] for row in rows], {**decoding, "explain": True}
        )
    except (InputError, ModelError) as error:  # chunks, or an old graph, give no provenance
        LOG.warning("%s; the page marks copied words by their text alone", error)
        return {}
    return {
        row: mark_by_provenance(summary, examples[row].document)
        for row, summary in zip(rows, summaries, strict=True)
        # In another batch another summary can have the best score by a rounding error.
        if summary.provenance and summary.text == report.per_example[row]["prediction"]
    }
