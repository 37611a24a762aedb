"""One experiment from its data to a trained model: what `summarizer train` does."""

import dataclasses
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from summarizer import config as configuration
from summarizer.api import fine_tuning
from summarizer.api.export import export
from summarizer.api.prepare_data import held_out_examples, prepare_data
from summarizer.config import Config
from summarizer.datasets import groups, tasks
from summarizer.errors import ConfigError
from summarizer.training import validators
from summarizer.training.metric import ROUGE1, Metric
from summarizer.vocabulary import UNKNOWN, Vocabulary, sentence_boundaries

LOG = logging.getLogger("summarizer")


@dataclass(frozen=True)
class TrainingRun:
    """What training made.

    Attributes:
        folder: of the model.
        steps: done in all.
        score: the best on the validation examples.
        metric: what that is: ROUGE-1, in points, or the loss, in nats a piece.
        exported: whether `model.onnx` was made, so that the model summarizes.
        init: the model it started from; empty: none.
    """

    folder: Path
    steps: int
    score: float
    metric: Metric = ROUGE1
    exported: bool = False
    init: str = ""


def fit_model(
    config: Config,
    folder: str | Path | None = None,
    resume: bool = False,
    skip_bad: bool = False,
    began: float | None = None,
    prepared: bool = False,
) -> TrainingRun:
    """Train a model as its configuration says.

    Args:
        config: what to train on, how and how long.
        folder: of the model; None: `runs/NAME`.
        resume: go on with the run in the folder; its vocabulary and tokens are used again.
        skip_bad: count lines that cannot be used and go on, instead of stopping.
        began: when the command began, by `time.perf_counter`, for `train.budget`; None: now.
        prepared: the folder holds vocabulary and tokens, see `prepare`, and of the minutes those
            of training count alone.

    Raises:
        SummarizerError: a setting, the data, the folder or the run itself is at fault.
    """
    began = time.perf_counter() if began is None else began
    configuration.check(config)
    if config.train.init and not resume:
        fine_tuning.check_initial_model(config)
    folder = Path(folder or Path("runs") / config.name)
    started = (folder / "checkpoint.npz").exists()
    if started and not resume:
        raise ConfigError(f"{folder}: already holds a run; add --resume to go on, or remove it")
    if resume and not started:
        raise ConfigError(f"{folder}: holds no run to resume")
    import keras

    from summarizer.datasets import pretrained_embeddings
    from summarizer.model import build
    from summarizer.training import hardware, loop, progress, tensorboard, time_budget

    settings, metric = config.train, validators.selection_metric(config)
    if settings.tensorboard:
        tensorboard.check_tensorboard()
    if config.model.pretrained_embeddings and not resume:
        pretrained_embeddings.check_vectors(
            config.model.pretrained_embeddings, config.model.embedding_size
        )
    ending = 1 if settings.average_checkpoints == 1 else 2  # validations
    exports = keras.backend.backend() == "tensorflow"
    limit = time_budget.TimeBudget(settings.budget, began, ending, exports, alone=prepared)
    choice = hardware.choose_hardware(settings.precision, settings.compile)
    hardware.keep_memory()
    hardware.set_threads(choice)
    build.build_model(config, UNKNOWN + 1)  # what does not fit is refused before any data is read
    words, store = prepare_data(config, folder, resume or prepared, skip_bad)
    limit.check()
    validation = held_out_examples(config, settings.validation_examples, skip_bad)
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(choice.precision)
    try:
        model = build.build_model(config, words.size, words.has_document_words, len(words.controls))
        if config.model.pretrained_embeddings and not resume:
            _start_from_vectors(model, words, config.model.pretrained_embeddings)
        numbers = getattr(model, "sentences", None)  # not every network has them
        if numbers is not None and not (resume or settings.init):
            numbers.fill(*sentence_boundaries.boundary_tables(words))
        if settings.init and not resume:
            fine_tuning.load_initial_weights(model, config)
        validate = validators.make_validator(model, words, config, validation)
        batches = _batches(config, store)
        place = loop.fit(config, model, batches, validate, folder, choice, resume, limit, metric)
    finally:
        keras.config.set_dtype_policy(policy)
    progress.plot_metrics(folder)
    score = metric.sign * place.best
    return TrainingRun(folder, place.step, score, metric, init=settings.init)


def train(
    config: Config,
    folder: str | Path | None = None,
    resume: bool = False,
    skip_bad: bool = False,
    began: float | None = None,
) -> TrainingRun:
    """Train a model as `experiment.train` does, and export it where TensorFlow runs."""
    began = time.perf_counter() if began is None else began
    import keras

    run = fit_model(config, folder, resume, skip_bad, began)
    if keras.backend.backend() != "tensorflow":
        return run
    export(run.folder)
    return dataclasses.replace(run, exported=True)


def _batches(config: Config, store: Any) -> Any:
    import keras

    from summarizer.datasets import batching, tf_pipeline

    data = config.data
    weights = groups.store_weights(store, data.weights)
    shape = batching.BatchShape(
        config.train.batch_size,
        data.max_document_tokens,
        tasks.max_target_tokens(data),
        data.bucket_window,
        data.curriculum_epochs,
    )
    tensorflow = keras.backend.backend() == "tensorflow"
    stream = tf_pipeline.prefetched_batches if tensorflow else batching.stream_batches
    return lambda epoch, index: stream(store, config.seed, epoch, index, shape, weights)


def _start_from_vectors(model: Any, words: Vocabulary, path: str) -> None:
    """Put the vectors of a file where documents and summaries are read."""
    from summarizer.datasets import pretrained_embeddings

    table, share = pretrained_embeddings.initial_embeddings(
        path, words, np.asarray(model.embeddings.value)
    )
    model.embeddings.assign(table)
    if getattr(model, "summary_embeddings", model.embeddings) is not model.embeddings:
        model.summary_embeddings.assign(table)
    LOG.info("%s: has vectors for %.1f%% of the pieces", path, 100 * share)
