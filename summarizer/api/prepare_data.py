"""Vocabulary, token store and side files of a run, and the examples it validates on."""

import itertools
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from summarizer import config as configuration
from summarizer import summary_types
from summarizer.api import fine_tuning
from summarizer.config import Config
from summarizer.datasets import contamination, groups, lowercase_words, tasks, token_store
from summarizer.datasets import spec as specs
from summarizer.datasets.contamination import ContaminationIndex
from summarizer.datasets.lowercase_words import LowercaseRecorder
from summarizer.datasets.token_store import TokenStore
from summarizer.errors import InputError, ModelError
from summarizer.storage import atomic_write
from summarizer.types import Example
from summarizer.vocabulary import START, Vocabulary, train_vocabulary

LOG = logging.getLogger("summarizer")
MEMBERS = "ensemble.json"  # in the folder of an ensemble: the configurations of its members
VOCABULARY = "vocabulary.model"
STORE = "store"


def prepare_data(
    config: Config, folder: Path, reuse: bool, skip_bad: bool
) -> tuple[Vocabulary, TokenStore]:
    """Return vocabulary and token store of a run, made in its folder with the side files.

    Args:
        config: names the data.
        folder: of the run.
        reuse: take the vocabulary and the tokens in the folder as far as they are there and fit.
        skip_bad: skip and count unusable records, instead of stopping.

    Raises:
        SummarizerError: the data or the initial model cannot be used, or a file not be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    reuse = reuse and (folder / "config.json").exists()  # else a vocabulary may be of another run
    if reuse and (folder / VOCABULARY).exists():
        vocabulary = Vocabulary.load(folder / VOCABULARY)
    else:
        vocabulary = _initial_vocabulary(config, skip_bad)
        atomic_write(folder / VOCABULARY, vocabulary.proto)
    atomic_write(folder / "config.json", configuration.to_json(config).encode())
    metadata = _store_metadata(config, vocabulary)
    if reuse and (store := _known_store(folder, metadata)):
        return vocabulary, store
    return vocabulary, _write_store(config, folder, vocabulary, metadata, skip_bad)


def _initial_vocabulary(config: Config, skip_bad: bool) -> Vocabulary:
    """Return the vocabulary of the initial model, or one that is learned from the data."""
    if config.train.init:
        LOG.info("starting from %s", fine_tuning.describe_initial_model(config))
        if config.train.init_parts != fine_tuning.NETWORK:
            return Vocabulary.load(Path(config.train.init) / VOCABULARY)
    return _train_vocabulary(config, skip_bad)


def _train_vocabulary(config: Config, skip_bad: bool) -> Vocabulary:
    """Train the vocabulary on a sample of the training examples."""
    data, settings = config.data, config.vocabulary
    examples = _training_examples(config, skip_bad)
    sample = groups.reservoir_sample(examples, settings.sample_size, data.weights)
    controls = summary_types.CONTROLLED if any(example.type for example in sample) else ()
    texts = [text for example in sample for text in (example.document, example.summary or "")]
    texts = texts if tasks.needs_summaries(data) else texts[::2]
    return train_vocabulary(
        texts, settings.size, settings.lowercase, kind=settings.kind, controls=controls
    )


def _training_examples(config: Config, skip_bad: bool) -> Iterator[Example]:
    data = config.data
    examples = tasks.examples(data, data.train, _split(config), skip_bad)
    return groups.thin(examples, data.thin)


def _store_metadata(config: Config, vocabulary: Vocabulary) -> dict[str, Any]:
    """Return the metadata by which a token store is matched to a configuration."""
    data = config.data
    return {
        "spec": data.train,
        "split": _split(config),
        "vocabulary": vocabulary.fingerprint,
        **tasks.store_metadata(data),
        **({"thin": data.thin} if data.thin else {}),
    }


def _known_store(folder: Path, metadata: Mapping[str, Any]) -> TokenStore | None:
    """Return the token store of a run; None if it is missing, incomplete or of other data."""
    # The index is the last file that is written: with it the others are complete.
    if not ((folder / STORE).exists() and (folder / contamination.FILE).exists()):
        return None
    store = token_store.read_store(folder / STORE)
    fits = all(store.metadata.get(name) == value for name, value in metadata.items())
    return store if fits else None


def _write_store(
    config: Config,
    folder: Path,
    vocabulary: Vocabulary,
    metadata: Mapping[str, Any],
    skip_bad: bool,
) -> TokenStore:
    """Tokenize the training examples into a store, and record what the model will have seen."""
    lowercase, index = LowercaseRecorder(), ContaminationIndex(specs.identity(config.data.train))
    has_groups = tasks.gives_one_pair(config.data)
    grouped = groups.GroupIndex(vocabulary.start if has_groups else lambda kind: START)
    examples = grouped.record(_training_examples(config, skip_bad))
    examples = index.record(lowercase.record(examples))
    store = token_store.write_store(
        folder / STORE,
        tasks.tokenize(config.data, examples, vocabulary),
        vocabulary.size,
        dict(metadata),
        vocabulary.has_document_words,
        grouped if has_groups else None,
    )
    _save(lowercase, folder / lowercase_words.FILE, config.train.init)
    _save(index, folder / contamination.FILE, config.train.init)
    return store


def _save(recorder: LowercaseRecorder | ContaminationIndex, path: Path, init: str) -> None:
    """Save the words or fingerprints of the training data, and those of the initial model's."""
    inherited = Path(init) / path.name
    if init and inherited.exists():
        recorder.add(inherited)
    elif init and path.name == lowercase_words.FILE:
        # Without the initial model's words these would wrongly count as names.
        path.unlink(missing_ok=True)
        LOG.info("%s: missing, so the new model gets none: faithful strict is refused", inherited)
        return
    elif init:
        LOG.info("%s: missing: the initial model's training data will not be recognized", inherited)
    recorder.save(path)


def build_lowercase_index(folder: str | Path, spec: str = "", skip_bad: bool = False) -> Path:
    """Write `lowercase.npz` for a model that was trained without it; return its path.

    Args:
        folder: of the model.
        spec: what the model was trained on; empty: the data that its `config.json` names.
        skip_bad: skip and count unusable records, instead of stopping.

    Raises:
        SummarizerError: the folder or the data cannot be read, the model is an ensemble, or its
            initial model has no such file.
    """
    folder = Path(folder)
    config = configuration.load_config(folder / "config.json")
    if (folder / MEMBERS).exists():
        raise ModelError(
            f"{folder}: an ensemble of {config.name}: record the words of each member and make "
            "the ensemble again"
        )
    recorder = LowercaseRecorder()
    if config.train.init:
        inherited = Path(config.train.init) / lowercase_words.FILE
        if not inherited.exists():
            raise ModelError(
                f"{inherited}: no such file: {folder} started from that model; record its words "
                "first"
            )
        recorder.add(inherited)
    spec = spec or config.data.train
    for _ in recorder.record(tasks.examples(config.data, spec, _split(config), skip_bad)):
        pass
    recorder.save(folder / lowercase_words.FILE)
    return folder / lowercase_words.FILE


def _split(config: Config) -> str:
    """Return the split to train on: all of the data if other data validates."""
    return "all" if config.data.validation else "train"


def held_out_examples(config: Config, count: int, skip_bad: bool = False) -> list[Example]:
    """Return `count` of the examples that the configuration validates on.

    They are drawn from all of them by the seed, equally by type and source; in schema 1 they are
    the first ones.

    Raises:
        InputError: there are none, or they cannot be read.
    """
    spec = config.data.validation or config.data.train
    split = "all" if config.data.validation and not specs.has_splits(spec) else "validation"
    examples = tasks.examples(config.data, spec, split, skip_bad)
    if config.schema == 1:
        held_out = list(itertools.islice(examples, count))
    else:
        held_out = groups.balanced_sample(examples, count, config.seed)
    if not held_out:
        raise InputError(f"{spec}: no validation examples")
    return held_out
