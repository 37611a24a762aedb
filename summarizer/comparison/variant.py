"""Trains one variant on what all share, and measures it."""

import dataclasses
import gc
import json
import logging
import os
import shutil
from pathlib import Path

from summarizer import config as configuration
from summarizer import delivery, experiment, validating
from summarizer.comparison import measures, results
from summarizer.comparison.results import Result
from summarizer.config import Config
from summarizer.errors import TrainingError
from summarizer.types import Example

LOG = logging.getLogger("summarizer")
TRAINED = "trained.json"


def finish(
    config: Config, folder: Path, base: Path, begun: Result, tests: list[Example], skip_bad: bool
) -> Result:
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
        lend(base, folder)
        experiment.write_aside(folder / "config.json", configuration.to_json(config).encode())
        told = {"steps": 0, "failed": ""}
        try:
            told["steps"] = experiment.train(config, folder, False, skip_bad, prepared=True).steps
        except TrainingError as error:
            LOG.info("%s: %s", folder, error)
            told["failed"] = str(error)
        experiment.write_aside(done, json.dumps(told).encode())
    told = json.loads(done.read_text(encoding="utf-8"))
    try:
        if told["failed"]:
            return dataclasses.replace(begun, failed=str(told["failed"]))
        return _measured(config, folder, int(told["steps"]), begun, tests)
    finally:
        _forget()


def lend(base: Path, folder: Path) -> None:
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
    config: Config, folder: Path, steps: int, begun: Result, tests: list[Example]
) -> Result:
    from summarizer.evaluation import baselines, report, rouge

    _, words, model = delivery.network(folder)
    validation = experiment.held_out(config, config.train.validate_examples)
    written = measures.summaries(model, words, config, tests)
    references = [example.summary or "" for example in tests]
    every = [example.references or (example.summary or "",) for example in tests]
    documents = [example.document for example in tests]
    found = report.evaluate(
        [example.id for example in tests], documents, every, written.texts,
        stem=rouge.default_stem(references), config_hash=configuration.fingerprint(config),
    )  # fmt: skip
    found = dataclasses.replace(found, test=begun.test, model=config.name)
    report.write(found, folder / "evaluation")
    again, copied = measures.habits(written.texts, tests)
    log = measures.read_log(folder, config.train.batch)
    return dataclasses.replace(
        begun, parameters=measures.parameters(model), steps=steps,
        examples=steps * config.train.batch, minutes=log.minutes, speed=log.speed, curve=log.curve,
        loss=validating.validation_loss(model, words, config, validation),
        scores={m: [record[m] for record in found.per_example] for m in results.METRICS},
        first={m: found.baselines[report.BASELINE][m] for m in results.METRICS},
        lengths=[baselines.length(text) for text in documents],
        repeated=again, copied=copied, written=measures.habits(references, tests),
        generated=written.generated,
        reach=measures.reach(model, measures.longest(words, config, tests)),
    )  # fmt: skip


def _forget() -> None:
    """Let go of a variant's graphs before the next one is built."""
    import keras

    keras.backend.clear_session()
    gc.collect()
