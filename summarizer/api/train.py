"""Train a model: check, prepare the data, build the model, fit, export."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from summarizer import config as configuration
from summarizer.api import fine_tuning
from summarizer.api.export import export
from summarizer.api.prepare_data import held_out_examples, prepare_data
from summarizer.config import Config, flatten
from summarizer.datasets import groups, tasks
from summarizer.datasets.token_store import TokenStore
from summarizer.errors import ConfigError
from summarizer.training import validators
from summarizer.training.metric import ROUGE1, Metric
from summarizer.types import Tensor
from summarizer.vocabulary import UNKNOWN, Vocabulary, sentence_boundaries

if TYPE_CHECKING:
    from summarizer.model.seq2seq import Seq2Seq
    from summarizer.model.tagger import Tagger
    from summarizer.training.hardware import HardwareChoice
    from summarizer.training.loop import Batches
    from summarizer.training.step import TrainStep

LOG = logging.getLogger("summarizer")


@dataclass(frozen=True)
class TrainingRun:
    """The result of training.

    Attributes:
        folder: the folder of the model.
        steps: number of steps done in all.
        score: the best score on the validation examples.
        metric: the metric of `score`: ROUGE-1 in points, or the loss in nats per token.
        exported: whether `model.onnx` was made, so that the model can summarize.
        init: the model that the run started from; empty: none.
    """

    folder: Path
    steps: int
    score: float
    metric: Metric = ROUGE1
    exported: bool = False
    init: str = ""


def train(
    config: Config,
    folder: str | Path | None = None,
    resume: bool = False,
    skip_bad: bool = False,
    began: float | None = None,
    training_only: bool = False,
) -> TrainingRun:
    """Train a model as configured, and export it if TensorFlow is the backend.

    Args:
        config: data, model, schedule and search.
        folder: of the model; None: `runs/NAME`.
        resume: continue the run in the folder, from its checkpoint or else from its vocabulary
            and tokens; start if there is none.
        skip_bad: skip and count unusable records, instead of stopping.
        began: when the command began, by `time.perf_counter`, for `train.budget`; None: now.
        training_only: use the vocabulary and the tokens in the folder, count only the minutes of
            the training itself, and do not export. For comparisons.

    Raises:
        SummarizerError: a setting, the data or the folder cannot be used, or the run has to stop.
    """
    began = time.perf_counter() if began is None else began
    folder = Path(folder or Path("runs") / config.name)
    restored = _check(config, folder, resume)
    import keras

    from summarizer.training import checkpoint, hardware, loop, metrics_log, state, time_budget

    settings, metric = config.train, validators.selection_metric(config)
    exports = keras.backend.backend() == "tensorflow" and not training_only
    last_validations = 1 if settings.average_checkpoints == 1 else 2
    budget = time_budget.TimeBudget(
        settings.budget, began, last_validations, exports, training_only
    )
    choice = _check_hardware(config)

    vocabulary, store = prepare_data(config, folder, resume or training_only, skip_bad)
    budget.check()
    examples = held_out_examples(config, settings.validation_examples, skip_bad)

    with hardware.dtype_policy(choice.precision):
        step = _build_step(config, vocabulary, choice, restored)
        validate = validators.make_validator(step.model, vocabulary, config, examples)
        batches = _batches(config, store, vocabulary, step)
        parts = config, folder, step, batches, validate, metric, budget, choice
        context = loop.TrainingContext(*parts)
        first = checkpoint.restore_checkpoint(folder, step) if restored else state.TrainingState()
        last = loop.fit(context, first)
    metrics_log.plot_metrics(folder)
    if exports:
        export(folder)
    score = metric.sign * last.best_score
    return TrainingRun(folder, last.step, score, metric, exports, settings.init)


def _check(config: Config, folder: Path, resume: bool) -> bool:
    """Check settings, files and the folder before anything is read or written.

    Returns:
        Whether the folder holds a checkpoint to continue from.

    Raises:
        SummarizerError: names what is wrong.
    """
    from summarizer.datasets import pretrained_embeddings
    from summarizer.training import tensorboard

    configuration.check(config)
    restored = (folder / "checkpoint.npz").exists()
    if restored and not resume:
        raise ConfigError(f"{folder}: already holds a run; add --resume to continue, or remove it")
    if resume and not restored:
        _check_same_run(config, folder)
    if config.train.tensorboard:
        tensorboard.check_tensorboard()
    if restored:
        return True
    if config.train.init:
        fine_tuning.check_initial_model(config)
    if config.model.pretrained_embeddings:
        pretrained_embeddings.check_vectors(
            config.model.pretrained_embeddings, config.model.embedding_size
        )
    return False


def _check_same_run(config: Config, folder: Path) -> None:
    """Check that a folder without a checkpoint is empty, or of this run.

    Raises:
        ConfigError: it holds other files, a finished model, or a run with other data, vocabulary,
            model or initial model.
    """
    path = folder / "config.json"
    if not path.exists():
        names = sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []
        # A killed run may leave these before it writes its configuration.
        if others := [name for name in names if not name.startswith("vocabulary.model")]:
            raise ConfigError(f"{folder}: holds {others[0]} but no run to resume (no config.json)")
        return
    if (folder / "model.onnx").exists():
        raise ConfigError(
            f"{folder}: holds a model but no checkpoint to resume from; name another --output"
        )
    saved = dict(flatten(configuration.load_config(path)))
    for name, value in flatten(config):
        compared = name.startswith(("data.", "vocabulary.", "model.", "train.init"))
        if compared and value != saved[name]:
            raise ConfigError(
                f"{folder}: holds another run: it has {name}="
                f"{fine_tuning.setting_text(saved[name])}, not {fine_tuning.setting_text(value)}; "
                "name another --output, or remove the folder"
            )


def _check_hardware(config: Config) -> "HardwareChoice":
    """Choose precision and compiler, set up the process, and try to build the network.

    Raises:
        SummarizerError: the backend cannot do what the settings ask, or parts do not fit.
    """
    from summarizer.model import build
    from summarizer.training import hardware

    choice = hardware.choose_hardware(config.train.precision, config.train.compile)
    hardware.keep_memory()
    hardware.set_threads(choice)
    build.build_model(config, UNKNOWN + 1)  # build it once, to fail early
    return choice


def _build_step(
    config: Config, vocabulary: Vocabulary, choice: "HardwareChoice", restored: bool
) -> "TrainStep":
    """Return the compiled step with the network and a fresh optimizer."""
    from summarizer.training import compile_step

    model = _build_model(config, vocabulary, restored)
    optimizer = compile_step.make_optimizer(model, config.train)
    return compile_step.make_train_step(model, optimizer, config.train, choice.compile)


def _build_model(config: Config, vocabulary: Vocabulary, restored: bool) -> "Seq2Seq | Tagger":
    """Return the network with the weights that the run begins with.

    Args:
        config: names pretrained embeddings and an initial model, if any.
        vocabulary: gives the sizes of the network.
        restored: leave the weights random, because a checkpoint follows.
    """
    from summarizer.model import build

    model: Seq2Seq | Tagger
    model = build.build_model(
        config, vocabulary.size, vocabulary.has_document_words, len(vocabulary.controls)
    )
    if config.train.init_parts == fine_tuning.FROZEN:
        model.embeddings.trainable = model.encoder.trainable = False
    if restored:
        return model
    if config.model.pretrained_embeddings:
        _load_embeddings(model, vocabulary, config.model.pretrained_embeddings)
    _fill_sentence_ids(model, vocabulary)
    if config.train.init:
        fine_tuning.load_initial_weights(model, config, vocabulary)
    return model


def _fill_sentence_ids(model: "Seq2Seq | Tagger", vocabulary: Vocabulary) -> None:
    """Tell the parts of a network that need it where sentences end. Only some parts do."""
    head = getattr(model, "sentence_head", None)
    tables = [getattr(model, "sentences", None), getattr(head, "ids", None)]
    for sentence_ids in filter(None, tables):
        sentence_ids.fill(*sentence_boundaries.boundary_tables(vocabulary))


def _load_embeddings(model: "Seq2Seq | Tagger", vocabulary: Vocabulary, path: str) -> None:
    """Start the embeddings of documents and summaries from the vectors of a file."""
    from summarizer.datasets import pretrained_embeddings

    random = np.asarray(model.embeddings.value)
    table, share = pretrained_embeddings.initial_embeddings(path, vocabulary, random)
    model.embeddings.assign(table)
    summary = getattr(model, "summary_embeddings", model.embeddings)
    if summary is not model.embeddings:
        summary.assign(table)
    LOG.info("%s: has vectors for %.1f%% of the tokens", path, 100 * share)


def _batches(
    config: Config, store: TokenStore, vocabulary: Vocabulary, step: "TrainStep"
) -> "Batches":
    """Return a function that gives the batches from an epoch and an index on.

    With `train.risk_weight` they have references and summaries that the model samples.
    """
    import keras

    from summarizer.datasets import batching, tf_pipeline

    data = config.data
    limits = data.max_document_tokens, tasks.max_target_tokens(data)
    shape = batching.BatchShape(
        config.train.batch_size, *limits, data.bucket_window, data.curriculum_epochs
    )
    tensorflow = keras.backend.backend() == "tensorflow"
    stream = tf_pipeline.prefetched_batches if tensorflow else batching.stream_batches
    weights = groups.store_weights(store, data.weights)

    def references(epoch: int, index: int) -> Iterator[tuple[int, int, dict[str, Tensor]]]:
        return stream(store, config.seed, epoch, index, shape, weights)

    if not config.train.risk_weight:
        return references
    from summarizer.training import minimum_risk

    settings = minimum_risk.settings_from(config)
    sample = minimum_risk.make_sampler(step.model, settings)
    return lambda epoch, index: minimum_risk.risk_batches(
        references(epoch, index), sample, vocabulary, settings
    )
