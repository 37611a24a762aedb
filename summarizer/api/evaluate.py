"""Measures a model, or the predictions of any system, on a data set: `summarizer evaluate`."""

import dataclasses
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from summarizer import config as configuration
from summarizer.api.summarizer import Summarizer, find_model
from summarizer.datasets import contamination
from summarizer.datasets import spec as specs
from summarizer.errors import InputError, ModelError
from summarizer.text import cleaning
from summarizer.types import Example, Report, Summary

LOG = logging.getLogger("summarizer")
_INSTEAD = "leave them out (of a file that was trained on: FILE,split=test), or add --allow-overlap"


def evaluate(
    model: str | Path | None,
    spec: str,
    output: str | Path | None = None,
    beam: int | None = None,
    stem: bool | None = None,
    skip_bad: bool = False,
    select: str | Path | None = None,
    *,
    tokens: str = "characters",
    references: str = "best",
    allow_overlap: bool = False,
    command: str = "",
    **wishes: Any,
) -> Report:
    """Summarize a data set with a model and score it beside the first words.

    Args:
        model: folder of an exported model; None: as `Summarizer.load`.
        spec: what to summarize; of a source with splits, its test split unless the SPEC says.
        output: gets `predictions.jsonl`, `report.json` and `report.html`; None: a folder in the
            model's.
        beam: hypotheses kept while searching; None: what the model was made with.
        stem: compare English words by their stems; None: where the references are English.
        skip_bad: count lines that cannot be used and go on, instead of stopping.
        select: folder of a tagger that says what may be copied; see `Summarizer.load`.
        tokens: what is compared in scripts without spaces between words: single "characters", or
            "words" of a dictionary.
        references: of several references of a document, the "best" counts, the "mean" of all, or
            the "first" alone.
        allow_overlap: also measure on documents that the model was trained on.
        command: what the report says made it.
        wishes: further ones of `Summarizer.summarize`.

    Returns:
        The report; a tagger's has F1 of kept words beside ROUGE.

    Raises:
        SummarizerError: the model, the data or the output is at fault, or the model was trained
            on documents that it is measured on.
    """
    from summarizer.evaluation.report_files import reserve_folder

    folder = find_model(model)
    output = output or folder / "evaluation"
    summarizer = Summarizer.load(folder, content_selector=select)
    examples = _examples(spec, skip_bad)
    rules = _rules(examples, stem, tokens, references)
    overlap = _overlap([folder, *([Path(select)] if select else [])], spec, examples, allow_overlap)
    reserve_folder(output)
    predictions, rules["told"] = _summarized(summarizer, examples, beam, wishes)
    config = summarizer.config
    rules["kept"] = config.data.task == "tag"
    found = dataclasses.replace(
        _reported(examples, predictions, rules), test=spec, model=config.name,
        config_hash=configuration.config_hash(config), command=command, overlap=overlap,
    )  # fmt: skip
    _write(found, output, examples, _marks(summarizer, examples, found, beam, wishes))
    return found


def evaluate_predictions(
    spec: str,
    predictions: str | Path,
    output: str | Path = "evaluation",
    stem: bool | None = None,
    skip_bad: bool = False,
    *,
    tokens: str = "characters",
    references: str = "best",
    command: str = "",
) -> Report:
    """Score the predictions of any system, JSON lines with `id` and `prediction`; see `evaluate`.

    Raises:
        SummarizerError: the data, the predictions or the output cannot be used, or data and
            predictions do not belong together.
    """
    from summarizer.evaluation.predictions import read_predictions
    from summarizer.evaluation.report_files import reserve_folder

    given = read_predictions(predictions)
    examples = _examples(spec, skip_bad)
    rules = _rules(examples, stem, tokens, references)
    reserve_folder(output)
    found = _reported(examples, given, rules)
    found = dataclasses.replace(found, test=spec, command=command)
    _write(found, output, examples, {})
    return found


def _examples(spec: str, skip_bad: bool) -> list[Example]:
    split = "test" if specs.has_splits(spec) else "all"
    examples = list(specs.examples(spec, split, skip_bad=skip_bad))
    if any(e.summary is None for e in examples):
        raise InputError(f"{spec}: has documents without a reference summary")
    return examples


def _rules(
    examples: Sequence[Example], stem: bool | None, tokens: str, references: str
) -> dict[str, Any]:
    """How to score, once it is known that it can be done so."""
    from summarizer.metrics import rouge

    if stem is None:
        stem = rouge.default_stem(e.summary or "" for e in examples)
    rouge.signature(stem, 1, 1, references, tokens)  # refuses what cannot be, before any work
    return {"stem": stem, "several": references, "units": tokens}


def _overlap(
    folders: Iterable[Path], spec: str, examples: Sequence[Example], allowed: bool
) -> int | None:
    """Count the documents that one of the models was trained on; None where that is not known.

    Raises:
        InputError: there are some, and they are not allowed.
    """
    seen: dict[int, str] = {}
    known = True
    for folder in folders:
        path = folder / contamination.FILE
        if not path.exists():
            LOG.warning("%s: missing: it cannot be checked what the model was trained on", path)
            known = False
            continue
        found = contamination.find_overlap(path, examples, specs.identity(spec))
        if found:
            row, way = next(iter(found.items()))
            line = f"{spec}: {folder} was trained on {len(found)} of its {len(examples)} documents"
            line += f", the first {examples[row].id!r}, known by its {way}"
            if not allowed:
                raise InputError(f"{line}; {_INSTEAD}")
            LOG.warning("%s", line)
        seen |= found
    return len(seen) if known else None


def _summarized(
    summarizer: Summarizer, examples: Sequence[Example], beam: int | None, wishes: dict[str, Any]
) -> tuple[list[str], dict[str, list[float | None]]]:
    """The summaries, and what the model says of them: its gate, and whether it read all."""
    from tqdm import tqdm

    texts, pointed, good = list[str](), summarizer.config.model.pointer, False
    told: dict[str, list[float | None]] = {"gate": [], "truncated": []}
    for begin in tqdm(range(0, len(examples), 64), unit="batch", desc="summarizing"):
        part = examples[begin : begin + 64]
        found = _summarize_or_none(summarizer, part, beam, wishes)
        wrong = [one for one in found if isinstance(one, InputError)]
        if not good and len(wrong) == len(part):  # it is not the documents
            raise wrong[0]
        good = True
        for example, summary in zip(part, found, strict=True):
            if isinstance(summary, InputError):
                LOG.warning("%s: %s; its prediction is empty", example.id, summary)
                texts.append("")
                told["gate"].append(None)
                told["truncated"].append(None)
                continue
            texts.append(summary.text)
            gate = summary.hypothesis.gate if summary.hypothesis and pointed else None
            told["gate"].append(float(np.mean(gate)) if gate is not None and len(gate) else None)
            told["truncated"].append(float(summary.tokens_truncated > 0))
    return texts, told


def _summarize_or_none(
    summarizer: Summarizer, examples: Sequence[Example], beam: int | None, wishes: dict[str, Any]
) -> list[Summary | InputError]:
    """The summaries of examples; where one cannot be had as asked, why, and those of the others."""
    try:
        return [*summarizer.summarize([e.document for e in examples], beam=beam, **wishes)]
    except InputError as error:
        if len(examples) == 1:
            return [error]
        return [_summarize_or_none(summarizer, [example], beam, wishes)[0] for example in examples]


def _marks(
    summarizer: Summarizer,
    examples: Sequence[Example],
    found: Report,
    beam: int | None,
    wishes: dict[str, Any],
) -> dict[int, Any]:
    """Where the words of the summaries that are shown came from, by the row of the example."""
    from summarizer.evaluation import marking, page

    rows = [row for shown in page.chosen(found).values() for row in shown]
    texts = [examples[row].document for row in rows]
    try:
        again = summarizer.summarize(texts, beam=beam, **{**wishes, "explain": True})
    except (InputError, ModelError) as error:  # a way of reading, or a graph, that does not tell
        LOG.warning("%s; the page marks copied words by their text alone", error)
        return {}
    return {
        row: marking.explained(summary.provenance)
        for row, summary in zip(rows, again, strict=True)
        # In another batch another summary may be as good.
        if summary.provenance and summary.text == found.per_example[row]["prediction"]
    }


def _write(
    found: Report, output: str | Path, examples: Sequence[Example], marks: dict[int, Any]
) -> None:
    from summarizer.evaluation import page
    from summarizer.evaluation.report_files import write_report

    documents = [example.document for example in examples]
    write_report(found, output, page.render(found, documents, marks))


def _reported(examples: Sequence[Example], predictions: Any, rules: dict[str, Any]) -> Report:
    from summarizer.evaluation.evaluate import evaluate_summaries

    found = evaluate_summaries(
        [e.id for e in examples],
        [e.document for e in examples],
        [e.references or (e.summary or "",) for e in examples],
        predictions,
        whole=True,
        **rules,
    )
    if found.empty:
        blank = (r["id"] for r in found.per_example if cleaning.blank(r["prediction"]))
        text = "%d of %d predictions are empty and score 0, the first that of %r"
        LOG.warning(text, found.empty, found.examples, next(blank))
    return found
