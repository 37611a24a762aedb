"""Evaluate a model, or the predictions of any system, on a dataset."""

import dataclasses
import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from summarizer.api import summarize_examples
from summarizer.api.shipped_model import find_model
from summarizer.api.summarizer import Summarizer
from summarizer.config import TAGGING_TASKS, config_hash
from summarizer.datasets import contamination
from summarizer.datasets import spec as specs
from summarizer.errors import InputError, renamed_arguments
from summarizer.evaluation import report_files
from summarizer.evaluation.options import EvaluationOptions, options_for
from summarizer.metrics.rouge_tokenizer import has_words
from summarizer.reports.highlights import MarkedSummary
from summarizer.types import Example, Report

LOG = logging.getLogger("summarizer")

_OVERLAP_ADVICE = (
    "leave them out (of a file that was trained on: FILE,split=test), or add --allow-overlap"
)
_RENAMED = {
    "spec": "data",
    "select": "content_selector",
    "tokens": "tokenization",
    "references": "reference_mode",
}


@renamed_arguments(_RENAMED)
def evaluate(
    model: str | Path | None,
    data: str,
    output: str | Path | None = None,
    *,
    options: EvaluationOptions | None = None,
    content_selector: str | Path | None = None,
    **overrides: Any,
) -> Report:
    """Summarize a dataset with a model, and score the summaries beside baselines.

    Args:
        model: folder of an exported model; None: as `Summarizer.load`.
        data: SPEC of the documents; of a source with splits its test split, unless the SPEC names
            another.
        output: folder of `report.json`, `predictions.jsonl` and `report.html`; None: the folder
            `evaluation` in the model's.
        options: what is evaluated, and how it is scored; None: the defaults.
        content_selector: folder of a tagger; only words that it selects are copied, see
            `Summarizer.load`.
        overrides: fields of `EvaluationOptions`, such as `reference_mode="mean"`, and arguments of
            `Summarizer.summarize`, such as `beam=8`.

    Returns:
        The report; for a tagger it has the F1 of kept words beside ROUGE.

    Raises:
        SummarizerError: the model, the data, the output or an option cannot be used, or the model
            was trained on documents that it is evaluated on.
    """
    options, decoding = _split_overrides(options or EvaluationOptions(), overrides)
    folder = find_model(model)
    output = output or folder / "evaluation"
    summarizer = Summarizer.load(folder, False, content_selector)
    examples = _load_examples(data, options)
    options = options_for(options, examples)
    models = [folder, *([Path(content_selector)] if content_selector else [])]
    overlap = _count_overlap(models, data, examples, options.allow_overlap)
    report_files.reserve_folder(output)
    summaries, statistics = summarize_examples.summarize_examples(summarizer, examples, decoding)
    config = summarizer.config
    options = dataclasses.replace(
        options, with_tagging=config.data.task in TAGGING_TASKS, model_statistics=statistics
    )
    report = dataclasses.replace(
        _score(examples, summaries, options),
        test=data,
        model=config.name,
        config_hash=config_hash(config),
        overlap=overlap,
    )
    marked = summarize_examples.mark_examples(summarizer, examples, report, decoding)
    _write(report, output, examples, marked)
    return report


@renamed_arguments(_RENAMED)
def evaluate_predictions(
    data: str,
    predictions: str | Path,
    output: str | Path = "evaluation",
    *,
    options: EvaluationOptions | None = None,
    **overrides: Any,
) -> Report:
    """Score the predictions of any system.

    Args:
        data: SPEC of the documents with their references, as for `evaluate`.
        predictions: JSON Lines file with `id` and `prediction`.
        output: folder of `report.json`, `predictions.jsonl` and `report.html`.
        options: what is evaluated, and how it is scored; None: the defaults.
        overrides: fields of `EvaluationOptions`.

    Raises:
        SummarizerError: the data, the predictions, the output or an option cannot be used, or data
            and predictions do not belong together.
    """
    from summarizer.evaluation.predictions import read_predictions

    options = dataclasses.replace(options or EvaluationOptions(), **overrides)
    summaries = read_predictions(predictions)
    examples = _load_examples(data, options)
    options = options_for(options, examples)
    report_files.reserve_folder(output)
    report = dataclasses.replace(_score(examples, summaries, options), test=data)
    _write(report, output, examples, {})
    return report


def _split_overrides(
    options: EvaluationOptions, overrides: dict[str, Any]
) -> tuple[EvaluationOptions, dict[str, Any]]:
    """Return the evaluation options with their overrides, and the other overrides."""
    names = {field.name for field in dataclasses.fields(EvaluationOptions)} & overrides.keys()
    options = dataclasses.replace(options, **{name: overrides[name] for name in names})
    return options, {name: value for name, value in overrides.items() if name not in names}


def _load_examples(data: str, options: EvaluationOptions) -> list[Example]:
    split = "test" if specs.has_splits(data) else "all"
    examples = list(specs.examples(data, split, skip_bad=options.skip_bad))
    if any(example.summary is None for example in examples):
        raise InputError(f"{data}: has documents without a reference summary")
    return examples


def _count_overlap(
    models: Iterable[Path], data: str, examples: Sequence[Example], allowed: bool
) -> int | None:
    """Return the number of documents that one of the models was trained on; None: unknown.

    Raises:
        InputError: there are such documents, and they are not allowed.
    """
    rows: set[int] = set()
    known = True
    for folder in models:
        path = folder / contamination.FILE
        if not path.exists():
            LOG.warning("%s: missing: cannot check what the model was trained on", path)
            known = False
            continue
        overlap = contamination.find_overlap(path, examples, specs.identity(data))
        if overlap:
            row, key = next(iter(overlap.items()))
            line = (
                f"{data}: {folder} was trained on {len(overlap)} of its {len(examples)} documents, "
                f"the first {examples[row].id!r}, known by its {key}"
            )
            if not allowed:
                raise InputError(f"{line}; {_OVERLAP_ADVICE}")
            LOG.warning("%s", line)
        rows |= overlap.keys()
    return len(rows) if known else None


def _score(
    examples: Sequence[Example],
    predictions: Sequence[str] | Mapping[str, str],
    options: EvaluationOptions,
) -> Report:
    from summarizer.evaluation.evaluate import evaluate_summaries

    report = evaluate_summaries(examples, predictions, dataclasses.replace(options, full=True))
    if report.empty:
        records = report.per_example
        first = next(r["id"] for r in records if not has_words(r["prediction"]))
        message = "%d of %d predictions are empty and score 0, the first that of %r"
        LOG.warning(message, report.empty, report.examples, first)
    return report


def _write(
    report: Report,
    output: str | Path,
    examples: Sequence[Example],
    marked: Mapping[int, MarkedSummary],
) -> None:
    from summarizer.reports import evaluation_page

    page = evaluation_page.render(report, [example.document for example in examples], marked)
    report_files.write_report(report, output, page)
