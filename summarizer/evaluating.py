"""Measures a model, or the predictions of any system, on a data set: `summarizer evaluate`."""

import dataclasses
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from summarizer import config as configuration
from summarizer.datasets import cleaning, fingerprints
from summarizer.datasets import spec as specs
from summarizer.errors import InputError
from summarizer.summarizing import Summarizer, model_folder
from summarizer.types import Example, Report

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
        output: gets `predictions.jsonl` and `report.json`; None: a folder in the model's.
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
    from tqdm import tqdm

    from summarizer.evaluation import report

    folder = model_folder(model)
    output = output or folder / "evaluation"
    summarizer = Summarizer.load(folder, select=select)
    examples = _examples(spec, skip_bad)
    rules = _rules(examples, stem, tokens, references)
    overlap = _overlap([folder, *([Path(select)] if select else [])], spec, examples, allow_overlap)
    report.reserve(output)
    predictions: list[str] = []
    for begin in tqdm(range(0, len(examples), 64), unit="batch", desc="summarizing"):
        texts = [e.document for e in examples[begin : begin + 64]]
        predictions.extend(s.text for s in summarizer.summarize(texts, beam, **wishes))
    config = summarizer.config
    rules["kept"] = config.data.task == "select"
    found = dataclasses.replace(
        _reported(examples, predictions, rules), test=spec, model=config.name,
        config_hash=configuration.fingerprint(config), command=command, overlap=overlap,
    )  # fmt: skip
    report.write(found, output)
    return found


def score(
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
    from summarizer.evaluation import report

    given = report.read_predictions(predictions)
    examples = _examples(spec, skip_bad)
    rules = _rules(examples, stem, tokens, references)
    report.reserve(output)
    found = _reported(examples, given, rules)
    found = dataclasses.replace(found, test=spec, command=command)
    report.write(found, output)
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
    from summarizer.evaluation import rouge

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
        path = folder / fingerprints.FILE
        if not path.exists():
            LOG.warning("%s: missing: it cannot be checked what the model was trained on", path)
            known = False
            continue
        found = fingerprints.seen(path, examples, specs.identity(spec))
        if found:
            row, way = next(iter(found.items()))
            line = f"{spec}: {folder} was trained on {len(found)} of its {len(examples)} documents"
            line += f", the first {examples[row].id!r}, known by its {way}"
            if not allowed:
                raise InputError(f"{line}; {_INSTEAD}")
            LOG.warning("%s", line)
        seen |= found
    return len(seen) if known else None


def _reported(examples: Sequence[Example], predictions: Any, rules: dict[str, Any]) -> Report:
    from summarizer.evaluation import report

    found = report.evaluate(
        [e.id for e in examples],
        [e.document for e in examples],
        [e.references or (e.summary or "",) for e in examples],
        predictions,
        **rules,
    )
    if found.empty:
        blank = (r["id"] for r in found.per_example if cleaning.blank(r["prediction"]))
        text = "%d of %d predictions are empty and score 0, the first that of %r"
        LOG.warning(text, found.empty, found.examples, next(blank))
    return found
