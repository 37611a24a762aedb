"""Trains one variant on what all share, and measures it."""

import dataclasses
import gc
import json
import logging
import os
import shutil
from pathlib import Path

from summarizer import config as configuration
from summarizer.api import prepare_data, train
from summarizer.api.load_model import load_keras_model
from summarizer.comparison import measurements, results
from summarizer.comparison.results import VariantResult
from summarizer.config import Config
from summarizer.errors import TrainingError
from summarizer.storage import atomic_write
from summarizer.training import validators
from summarizer.types import Example

LOG = logging.getLogger("summarizer")
TRAINED = "trained.json"


def finish_variant(
    config: Config,
    folder: Path,
    base: Path,
    begun: VariantResult,
    tests: list[Example],
    skip_bad: bool,
) -> VariantResult:
    """Train a variant, unless only its measurement was interrupted, and measure it.

    One that was interrupted in training starts anew: with a break its minutes would be others.

    Args:
        config: of the variant.
        folder: of its run; replaced unless it holds a finished training.
        base: holds vocabulary and tokens.
        begun: what is known of it.
        tests: the documents it is measured on.
        skip_bad: count lines that cannot be used and go on.

    Returns:
        What was found; where training could not go on, the line that says why.
    """
    done = folder / TRAINED
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        link_prepared_data(base, folder)
        atomic_write(folder / "config.json", configuration.to_json(config).encode())
        told = {"steps": 0, "failed": ""}
        try:
            told["steps"] = train.train(config, folder, False, skip_bad, training_only=True).steps
        except TrainingError as error:
            LOG.info("%s: %s", folder, error)
            told["failed"] = str(error)
        atomic_write(done, json.dumps(told).encode())
    told = json.loads(done.read_text(encoding="utf-8"))
    try:
        if told["failed"]:
            return dataclasses.replace(begun, failed=str(told["failed"]))
        return _measured(config, folder, int(told["steps"]), begun, tests)
    finally:
        _forget()


def link_prepared_data(base: Path, folder: Path) -> None:
    """Put vocabulary and tokens into a run's folder: the same files, under another name."""
    for path in base.rglob("*"):
        if path.is_file() and path.name != "config.json":
            to = folder / path.relative_to(base)
            to.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, to)
            except OSError:  # a file system without links
                shutil.copy2(path, to)


def _measured(
    config: Config, folder: Path, steps: int, begun: VariantResult, tests: list[Example]
) -> VariantResult:
    from summarizer.evaluation import evaluate, lead, report_files
    from summarizer.metrics import rouge

    _, words, model = load_keras_model(folder)
    validation = prepare_data.held_out_examples(config, config.train.validation_examples)
    written = measurements.summaries(model, words, config, tests)
    references = [example.summary or "" for example in tests]
    every = [example.references or (example.summary or "",) for example in tests]
    documents = [example.document for example in tests]
    found = evaluate.evaluate_summaries(
        [example.id for example in tests], documents, every, written.texts,
        stem=rouge.default_stem(references), config_hash=configuration.config_hash(config),
    )  # fmt: skip
    found = dataclasses.replace(found, test=begun.test, model=config.name)
    report_files.write_report(found, folder / "evaluation")
    again, copied = measurements.habit_statistics(written.texts, tests)
    log = measurements.read_log(folder, config.train.batch_size)
    return dataclasses.replace(
        begun, parameters=measurements.parameters(model), steps=steps,
        examples=steps * config.train.batch_size, minutes=log.minutes, speed=log.speed, curve=log.curve,
        loss=validators.validation_loss(model, words, config, validation),
        scores={m: [record[m] for record in found.per_example] for m in results.METRICS},
        first={m: found.baselines[evaluate.LEAD_BASELINE][m] for m in results.METRICS},
        lengths=[lead.length(text) for text in documents],
        repeated=again, copied=copied, written=measurements.habit_statistics(references, tests),
        generated=written.generated,
        reach=measurements.gradient_reach(model, measurements.longest(words, config, tests)),
    )  # fmt: skip


def _forget() -> None:
    """Let go of a variant's graphs before the next one is built."""
    import keras

    keras.backend.clear_session()
    gc.collect()
