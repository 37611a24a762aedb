"""Several trained models, or several checkpoints of a run, as one model folder."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from summarizer import config as configuration
from summarizer.api import fine_tuning
from summarizer.api.prepare_data import MEMBERS
from summarizer.config import TAGGING_TASKS, Config
from summarizer.datasets import contamination, lowercase_words
from summarizer.errors import ConfigError, ModelError
from summarizer.storage import atomic_write, load_arrays, save_arrays
from summarizer.types import Tensor
from summarizer.vocabulary import Vocabulary


class _Member(NamedTuple):
    """A model that becomes part of an ensemble.

    Attributes:
        path: its folder, or the file of its weights.
        config: its configuration.
        vocabulary: its vocabulary.
        weights: arrays by name.
    """

    path: Path
    config: Config
    vocabulary: Vocabulary
    weights: dict[str, Tensor]


class _Recorder(Protocol):
    """Collects what models saw in training."""

    def add(self, path: Path) -> None: ...

    def save(self, path: Path) -> None: ...


def create_ensemble(members: Sequence[str | Path], output: str | Path) -> Path:
    """Write the folder of an ensemble, ready to be exported, and return it.

    The configuration of the first member sets how the ensemble reads and searches.

    Args:
        members: folders of trained models, or weights in the folder of a run (`RUN/weights.npz`).
        output: the folder; an ensemble that it contains is replaced.

    Raises:
        ConfigError: there are fewer than two members, or the folder contains something else.
        ModelError: a member is missing, truncated or a tagger, or has another vocabulary than the
            first.
    """
    output = Path(output)
    if len(members) < 2:
        raise ConfigError("an ensemble needs at least two models")
    if output.exists() and not (output / MEMBERS).exists() and any(output.iterdir()):
        raise ConfigError(f"{output}: holds something else; name another folder for the ensemble")
    opened = [_open(Path(member)) for member in members]
    _check_compatible(opened)
    _save(opened, output)
    folders = [_folder(Path(member)) for member in members]
    _merge(contamination.ContaminationIndex(), folders, output / contamination.FILE)
    _merge(lowercase_words.LowercaseRecorder(), folders, output / lowercase_words.FILE)
    return output


def _check_compatible(members: Sequence[_Member]) -> None:
    first = members[0]
    for member in members[1:]:
        if member.vocabulary.fingerprint != first.vocabulary.fingerprint:
            raise ModelError(
                f"{member.path}: has another vocabulary than {first.path}; only models of one "
                "vocabulary can be averaged"
            )
    for member in members:
        if member.config.data.task in TAGGING_TASKS:
            raise ModelError(f"{member.path}: a tagger writes no summary that could be averaged")


def _save(members: Sequence[_Member], output: Path) -> None:
    """Write configuration, vocabulary and weights of an ensemble."""
    from summarizer.model import named_weights

    first, configs = members[0], [member.config for member in members]
    model = _build_network(configs, first.vocabulary)
    for network, member in zip(model.members, members, strict=True):
        named_weights.assign_weights(network, member.weights, member.path)
    max_tokens = min(config.data.max_document_tokens for config in configs)
    merged = dataclasses.replace(
        first.config,
        name="+".join(config.name for config in configs),
        data=dataclasses.replace(first.config.data, max_document_tokens=max_tokens),
    )
    output.mkdir(parents=True, exist_ok=True)
    records = [json.loads(configuration.to_json(config)) for config in configs]
    atomic_write(output / MEMBERS, json.dumps(records, indent=2).encode())
    atomic_write(output / "config.json", configuration.to_json(merged).encode())
    atomic_write(output / "vocabulary.model", first.vocabulary.proto)
    save_arrays(output / "weights.npz", named_weights.weight_arrays(model), {"step": 0})


def load_ensemble(folder: Path, config: Config, vocabulary: Vocabulary) -> Any:
    """Return the network of a model folder with fresh weights: a `Seq2Seq` or an `Ensemble`.

    Raises:
        ModelError: the configurations of the members of an ensemble cannot be read.
    """
    path = folder / MEMBERS
    if not path.exists():
        return _build_network([config], vocabulary)
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
        configs = [configuration.check(configuration.from_json(json.dumps(r))) for r in records]
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{path}: truncated or not of an ensemble ({error})") from None
    return _build_network(configs, vocabulary)


def _build_network(configs: Sequence[Config], vocabulary: Vocabulary) -> Any:
    from summarizer.model import build
    from summarizer.model.ensemble import Ensemble

    sizes = vocabulary.size, vocabulary.has_document_words, len(vocabulary.controls)
    networks = [build.build_model(config, *sizes) for config in configs]
    return networks[0] if len(networks) == 1 else Ensemble(networks)


def _open(path: Path) -> _Member:
    """Load a member from its folder or from the file of its weights."""
    folder = _folder(path)
    weights, _ = load_arrays(path) if folder != path else fine_tuning.read_weights(path)
    if (folder / MEMBERS).exists():
        raise ModelError(f"{folder}: is itself an ensemble; name its members instead")
    config = configuration.check(configuration.load_config(folder / "config.json"))
    return _Member(path, config, Vocabulary.load(folder / "vocabulary.model"), weights)


def _folder(path: Path) -> Path:
    """Return the model folder of a member, which may be the file of its weights."""
    if path.suffix != ".npz":
        return path
    return next((p for p in path.parents if (p / "config.json").exists()), path.parent)


def _merge(recorder: _Recorder, folders: Sequence[Path], output: Path) -> None:
    """Write what the members saw in training, if each of them recorded it."""
    paths = [folder / output.name for folder in dict.fromkeys(folders)]
    output.unlink(missing_ok=True)
    if all(path.exists() for path in paths):
        for path in paths:
            recorder.add(path)
        recorder.save(output)
