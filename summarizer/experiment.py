"""One experiment from its data to a trained model: what `summarizer train` does."""

import itertools
import logging
import os
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from summarizer import config as configuration
from summarizer import starting, validating, vocabulary
from summarizer.config import Config
from summarizer.datasets import spec as specs
from summarizer.datasets import tasks
from summarizer.documents import boundaries, lowercase
from summarizer.errors import ConfigError, InputError, ModelError
from summarizer.training.validation import ROUGE1, Metric
from summarizer.types import Example
from summarizer.vocabulary import UNKNOWN, Vocabulary

LOG = logging.getLogger("summarizer")
MEMBERS = "ensemble.json"  # in the folder of an ensemble: the configurations of its members


@dataclass(frozen=True)
class Run:
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


def train(
    config: Config,
    folder: str | Path | None = None,
    resume: bool = False,
    skip_bad: bool = False,
    began: float | None = None,
    prepared: bool = False,
) -> Run:
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
        starting.check(config)
    folder = Path(folder or Path("runs") / config.name)
    started = (folder / "checkpoint.npz").exists()
    if started and not resume:
        raise ConfigError(f"{folder}: already holds a run; add --resume to go on, or remove it")
    if resume and not started:
        raise ConfigError(f"{folder}: holds no run to resume")
    import keras

    from summarizer.datasets import vectors
    from summarizer.model import networks
    from summarizer.training import board, budget, machine, progress, trainer

    settings, metric = config.train, validating.metric(config)
    if settings.tensorboard:
        board.check()
    if config.model.vectors and not resume:
        vectors.check(config.model.vectors, config.model.embedding)
    ending = 1 if settings.average == 1 else 2  # validations
    exports = keras.backend.backend() == "tensorflow"
    limit = budget.Budget(settings.budget, began, ending, exports, alone=prepared)
    choice = machine.choose(settings.precision, settings.compile)
    machine.keep_memory()
    machine.share_cores(choice)
    networks.make(config, UNKNOWN + 1)  # what does not fit is refused before any data is read
    words, store = prepare(config, folder, resume or prepared, skip_bad)
    limit.check()
    validation = held_out(config, settings.validate_examples, skip_bad)
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(choice.precision)
    try:
        model = networks.make(config, words.size, words.extended)
        if config.model.vectors and not resume:
            _start_from_vectors(model, words, config.model.vectors)
        numbers = getattr(model, "sentences", None)  # not every network has them
        if numbers is not None and not (resume or settings.init):
            numbers.fill(*boundaries.tables(words))
        if settings.init and not resume:
            starting.give(model, config)
        validate = validating.validator(model, words, config, validation)
        batches = _batches(config, store)
        place = trainer.train(
            config, model, batches, validate, folder, choice, resume, limit, metric
        )
    finally:
        keras.config.set_dtype_policy(policy)
    progress.plot(folder)
    score = metric.sign * place.best
    return Run(folder, place.step, score, metric, init=settings.init)


def prepare(config: Config, folder: Path, resume: bool, skip_bad: bool) -> tuple[Vocabulary, Any]:
    """Return vocabulary and token store of a run, made in its folder with fingerprints beside.

    Args:
        config: says what is read.
        folder: of the run.
        resume: take those that are there as they are, as far as there are any.
        skip_bad: count lines that cannot be used and go on, instead of stopping.
    """
    from summarizer.datasets import fingerprints, store

    data, split = config.data, _split(config)
    about = {"spec": data.spec, "split": split, "vocabulary": "", **tasks.about(data)}
    path = folder / "vocabulary.model"
    folder.mkdir(parents=True, exist_ok=True)

    def source() -> Iterator[Example]:
        return tasks.examples(data, data.spec, split, skip_bad)

    if resume and path.exists():
        words = Vocabulary.load(path)
    elif config.train.init:
        LOG.info("starting from %s", starting.describe(config))
        given = Path(config.train.init) / path.name
        words = Vocabulary.load(given)
        write_aside(path, given.read_bytes())
    else:
        wanted = config.vocabulary
        texts = _sample(source(), wanted.sample, tasks.with_summaries(data))
        words = vocabulary.train(texts, wanted.size, wanted.fold, kind=wanted.kind)
        write_aside(path, words.proto)
    about["vocabulary"] = words.fingerprint
    write_aside(folder / "config.json", configuration.to_json(config).encode())
    kept, prints = folder / "store", folder / fingerprints.FILE
    if resume and kept.exists() and prints.exists():
        opened = store.read(kept)
        if all(opened.about.get(k) == v for k, v in about.items()):
            return words, opened
    recorders: dict[Path, fingerprints.Recorder | lowercase.Recorder] = {
        folder / lowercase.FILE: lowercase.Recorder(),
        prints: fingerprints.Recorder(specs.identity(data.spec)),  # the last: with it all is there
    }
    examples = source()
    for recorder in recorders.values():
        examples = recorder.watch(examples)
    ids = tasks.tokenize(data, examples, words)
    made = store.write(kept, ids, words.size, about, words.extended)
    for path, recorder in recorders.items():
        _save(recorder, path, config.train.init)
    return words, made


def _save(recorder: Any, path: Path, init: str) -> None:
    """Write what a run saw, together with what the model saw that it starts from, if any."""
    known = Path(init) / path.name
    if init and known.exists():
        recorder.add(known)
    elif init and path.name == lowercase.FILE:  # by a part, the model's other words were names
        path.unlink(missing_ok=True)
        LOG.info("%s: missing, so the new model gets none: faithful strict is refused", known)
        return
    elif init:
        LOG.info("%s: missing: what it was trained on will not be known as seen", known)
    recorder.save(path)


def record_words(folder: str | Path, spec: str = "", skip_bad: bool = False) -> Path:
    """Write `lowercase.npz` for a model trained before there was one; return where.

    Args:
        folder: of the model.
        spec: what it was trained on; empty: as its `config.json` names it.
        skip_bad: count lines that cannot be used and go on, instead of stopping.

    Raises:
        SummarizerError: the folder or the data cannot be read, the model is an ensemble, or one
            that it started from has no such file.
    """
    folder = Path(folder)
    config = configuration.load(folder / "config.json")
    if (folder / MEMBERS).exists():
        raise ModelError(
            f"{folder}: an ensemble of {config.name}: record the words of each of these and make "
            "it again"
        )
    recorder = lowercase.Recorder()
    if config.train.init:
        known = Path(config.train.init) / lowercase.FILE
        if not known.exists():
            raise ModelError(
                f"{known}: no such file: {folder} started from that model; record its words first"
            )
        recorder.add(known)
    spec = spec or config.data.spec
    for _ in recorder.watch(tasks.examples(config.data, spec, _split(config), skip_bad)):
        pass
    recorder.save(folder / lowercase.FILE)
    return folder / lowercase.FILE


def _split(config: Config) -> str:
    """The split to train on: all of it where another set validates."""
    return "all" if config.data.validation else "train"


def _sample(examples: Iterable[Example], count: int, summaries: bool) -> Iterator[str]:
    """Yield the texts of `count` examples, every one as likely (reservoir sampling)."""
    chooser = random.Random(0)
    kept: list[Example] = []
    for i, example in enumerate(examples):
        if len(kept) < count:
            kept.append(example)
        elif (at := chooser.randrange(i + 1)) < count:
            kept[at] = example
    for example in kept:
        yield example.document
        if summaries:
            yield example.summary or ""


def held_out(config: Config, count: int, skip_bad: bool = False) -> list[Example]:
    """Return the first `count` examples that the configuration validates on."""
    spec = config.data.validation or config.data.spec
    split = "all" if config.data.validation and not specs.has_splits(spec) else "validation"
    found = list(itertools.islice(tasks.examples(config.data, spec, split, skip_bad), count))
    if not found:
        raise InputError(f"{spec}: no validation examples")
    return found


def _batches(config: Config, store: Any) -> Any:
    import keras

    from summarizer.datasets import batches, pipeline

    data, lengths = config.data, store.lengths()
    shape = batches.Shape(
        config.train.batch,
        data.document_pieces,
        tasks.written(data),
        data.window,
        data.curriculum,
    )
    tensorflow = keras.backend.backend() == "tensorflow"
    stream = pipeline.prefetched if tensorflow else batches.stream
    return lambda epoch, index: stream(store, lengths, config.seed, epoch, index, shape)


def _start_from_vectors(model: Any, words: Vocabulary, path: str) -> None:
    """Put the vectors of a file where documents and summaries are read."""
    from summarizer.datasets import vectors

    table, share = vectors.start(path, words, np.asarray(model.embeddings.value))
    model.embeddings.assign(table)
    if getattr(model, "summary_embeddings", model.embeddings) is not model.embeddings:
        model.summary_embeddings.assign(table)
    LOG.info("%s: has vectors for %.1f%% of the pieces", path, 100 * share)


def write_aside(path: Path, data: bytes) -> None:
    """Write a file aside and rename it."""
    aside = path.with_name(path.name + ".part")
    try:
        aside.write_bytes(data)
        os.replace(aside, path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise ModelError(f"{path}: cannot be written: {error.strerror}") from None
