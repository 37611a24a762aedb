"""Train one variant on the shared data, and measure it."""

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
    unmeasured: VariantResult,
    tests: list[Example],
    skip_bad: bool,
) -> VariantResult:
    """Train a variant, unless only its measurement was interrupted, and measure it.

    A training that was interrupted is repeated from scratch, so that its minutes compare with
    those of the other variants.

    Args:
        config: configuration of the variant.
        folder: folder of its run; replaced unless it holds a finished training.
        base: folder of the shared vocabulary and tokens.
        unmeasured: the fields that are known before the training.
        tests: test documents.
        skip_bad: skip and count unusable records, instead of stopping.

    Returns:
        The result; of a failed training, the error message.
    """
    path = folder / TRAINED
    if not path.exists():
        shutil.rmtree(folder, ignore_errors=True)
        link_prepared_data(base, folder)
        atomic_write(folder / "config.json", configuration.to_json(config).encode())
        outcome = {"steps": 0, "failed": ""}
        try:
            outcome["steps"] = train.train(
                config, folder, False, skip_bad, training_only=True
            ).steps
        except TrainingError as error:
            LOG.info("%s: %s", folder, error)
            outcome["failed"] = str(error)
        atomic_write(path, json.dumps(outcome).encode())
    outcome = json.loads(path.read_text(encoding="utf-8"))
    try:
        if outcome["failed"]:
            return dataclasses.replace(unmeasured, failed=str(outcome["failed"]))
        return _measure(config, folder, int(outcome["steps"]), unmeasured, tests)
    finally:
        _free_memory()


def link_prepared_data(base: Path, folder: Path) -> None:
    """Link the shared vocabulary and tokens into the folder of a run."""
    for path in base.rglob("*"):
        if path.is_file() and path.name != "config.json":
            target = folder / path.relative_to(base)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, target)
            except OSError:  # a file system without links
                shutil.copy2(path, target)


def _measure(
    config: Config, folder: Path, steps: int, unmeasured: VariantResult, tests: list[Example]
) -> VariantResult:
    from summarizer.evaluation import evaluate, lead, report_files

    _, words, model = load_keras_model(folder)
    summaries = measurements.greedy_summaries(model, words, config, tests)
    report = dataclasses.replace(
        evaluate.evaluate_summaries(tests, summaries.texts),
        test=unmeasured.test,
        model=config.name,
        config_hash=configuration.config_hash(config),
    )
    report_files.write_report(report, folder / "evaluation")
    validation = prepare_data.held_out_examples(config, config.train.validation_examples)
    log = measurements.read_log(folder, config.train.batch_size)
    shares = measurements.word_shares(summaries.texts, tests)
    references = [example.summary or "" for example in tests]
    documents = measurements.longest_documents(words, config, tests)
    return dataclasses.replace(
        unmeasured,
        parameters=measurements.count_parameters(model),
        steps=steps,
        examples=steps * config.train.batch_size,
        minutes=log.minutes,
        speed=log.speed,
        curve=log.curve,
        loss=validators.validation_loss(model, words, config, validation),
        scores={m: [record[m] for record in report.per_example] for m in results.METRICS},
        first={m: report.baselines[evaluate.LEAD_BASELINE][m] for m in results.METRICS},
        lengths=[lead.length(example.document) for example in tests],
        repeated=shares.repeated,
        copied=shares.copied,
        written=measurements.word_shares(references, tests),
        generated=summaries.generated,
        reach=measurements.gradient_reach(model, documents),
    )


def _free_memory() -> None:
    """Release the graphs of a variant before the next one is built."""
    import keras

    keras.backend.clear_session()
    gc.collect()
