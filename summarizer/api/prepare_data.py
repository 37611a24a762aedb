"""Vocabulary, token store and side files of a run, and the examples it validates on."""

import itertools
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from summarizer import config as configuration
from summarizer import summary_types, vocabulary
from summarizer.api import fine_tuning
from summarizer.config import Config
from summarizer.datasets import groups, lowercase_words, tasks
from summarizer.datasets import spec as specs
from summarizer.errors import InputError, ModelError
from summarizer.storage import atomic_write
from summarizer.types import Example
from summarizer.vocabulary import Vocabulary

LOG = logging.getLogger("summarizer")
MEMBERS = "ensemble.json"  # in the folder of an ensemble: the configurations of its members


def prepare_data(
    config: Config, folder: Path, resume: bool, skip_bad: bool
) -> tuple[Vocabulary, Any]:
    """Return vocabulary and token store of a run, made in its folder with fingerprints beside.

    Args:
        config: says what is read.
        folder: of the run.
        resume: take those that are there as they are, as far as there are any.
        skip_bad: count lines that cannot be used and go on, instead of stopping.
    """
    from summarizer.datasets import contamination, token_store

    data, split = config.data, _split(config)
    about = {"spec": data.train, "split": split, "vocabulary": "", **tasks.store_metadata(data)}
    about |= {"thin": data.thin} if data.thin else {}
    path = folder / "vocabulary.model"
    folder.mkdir(parents=True, exist_ok=True)

    def source() -> Iterator[Example]:
        return groups.thin(tasks.examples(data, data.train, split, skip_bad), data.thin)

    if resume and path.exists():
        words = Vocabulary.load(path)
    elif config.train.init:
        LOG.info("starting from %s", fine_tuning.describe_initial_model(config))
        given = Path(config.train.init) / path.name
        words = Vocabulary.load(given)
        atomic_write(path, given.read_bytes())
    else:
        wanted = config.vocabulary
        sample = groups.reservoir_sample(source(), wanted.sample_size, data.weights)
        controls = summary_types.CONTROLLED if any(e.type for e in sample) else ()
        texts = [text for e in sample for text in (e.document, e.summary or "")]
        texts = texts if tasks.needs_summaries(data) else texts[::2]
        words = vocabulary.train_vocabulary(
            texts, wanted.size, wanted.lowercase, kind=wanted.kind, controls=controls
        )
        atomic_write(path, words.proto)
    about["vocabulary"] = words.fingerprint
    atomic_write(folder / "config.json", configuration.to_json(config).encode())
    kept, prints = folder / "store", folder / contamination.FILE
    if resume and kept.exists() and prints.exists():
        opened = token_store.read_store(kept)
        if all(opened.metadata.get(k) == v for k, v in about.items()):
            return words, opened
    recorders: dict[Path, contamination.ContaminationIndex | lowercase_words.LowercaseRecorder] = {
        folder / lowercase_words.FILE: lowercase_words.LowercaseRecorder(),
        prints: contamination.ContaminationIndex(
            specs.identity(data.train)
        ),  # the last: with it all is there
    }
    grouped = groups.GroupIndex(words.start)
    examples = grouped.record(source())
    for recorder in recorders.values():
        examples = recorder.record(examples)
    ids = tasks.tokenize(data, examples, words)
    labels = None if data.task == "language_model" else grouped  # there a text gives several pairs
    made = token_store.write_store(kept, ids, words.size, about, words.has_document_words, labels)
    for path, recorder in recorders.items():
        _save(recorder, path, config.train.init)
    return words, made


def _save(recorder: Any, path: Path, init: str) -> None:
    """Write what a run saw, together with what the model saw that it starts from, if any."""
    known = Path(init) / path.name
    if init and known.exists():
        recorder.add(known)
    elif (
        init and path.name == lowercase_words.FILE
    ):  # by a part, the model's other words were names
        path.unlink(missing_ok=True)
        LOG.info("%s: missing, so the new model gets none: faithful strict is refused", known)
        return
    elif init:
        LOG.info("%s: missing: what it was trained on will not be known as seen", known)
    recorder.save(path)


def build_lowercase_index(folder: str | Path, spec: str = "", skip_bad: bool = False) -> Path:
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
    config = configuration.load_config(folder / "config.json")
    if (folder / MEMBERS).exists():
        raise ModelError(
            f"{folder}: an ensemble of {config.name}: record the words of each of these and make "
            "it again"
        )
    recorder = lowercase_words.LowercaseRecorder()
    if config.train.init:
        known = Path(config.train.init) / lowercase_words.FILE
        if not known.exists():
            raise ModelError(
                f"{known}: no such file: {folder} started from that model; record its words first"
            )
        recorder.add(known)
    spec = spec or config.data.train
    for _ in recorder.record(tasks.examples(config.data, spec, _split(config), skip_bad)):
        pass
    recorder.save(folder / lowercase_words.FILE)
    return folder / lowercase_words.FILE


def _split(config: Config) -> str:
    """The split to train on: all of it where another set validates."""
    return "all" if config.data.validation else "train"


def held_out_examples(config: Config, count: int, skip_bad: bool = False) -> list[Example]:
    """Return `count` examples of those that the configuration validates on.

    They are drawn from all of them by the seed, equally by type and source; in schema 1 they are
    the first ones.
    """
    spec = config.data.validation or config.data.train
    split = "all" if config.data.validation and not specs.has_splits(spec) else "validation"
    examples = tasks.examples(config.data, spec, split, skip_bad)
    if config.schema == 1:
        found = list(itertools.islice(examples, count))
    else:
        found = groups.balanced_sample(examples, count, config.seed)
    if not found:
        raise InputError(f"{spec}: no validation examples")
    return found
