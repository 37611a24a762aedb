"""Several trained models, or several checkpoints of one run, as one model's folder."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from summarizer import config as configuration
from summarizer.api import fine_tuning
from summarizer.api.prepare_data import MEMBERS
from summarizer.config import Config
from summarizer.datasets import contamination, lowercase_words
from summarizer.errors import ConfigError, ModelError
from summarizer.storage import atomic_write, load_arrays, save_arrays
from summarizer.vocabulary import Vocabulary


def create_ensemble(members: Sequence[str | Path], output: str | Path) -> Path:
    """Make the folder of an ensemble, ready to be exported.

    How it reads and searches is as the first member's configuration says.

    Args:
        members: folders of trained models, or weights in a run's folder (`RUN/weights.npz`).
        output: the folder; one that holds an ensemble already is replaced.

    Raises:
        ConfigError: fewer than two members, or the folder holds something else.
        ModelError: a member is missing, cut, or of another vocabulary than the first.
    """
    from summarizer.model import named_weights

    output = Path(output)
    if len(members) < 2:
        raise ConfigError("an ensemble needs at least two models")
    if output.exists() and not (output / MEMBERS).exists() and any(output.iterdir()):
        raise ConfigError(f"{output}: holds something else; name another folder for the ensemble")
    opened = [_open(Path(member)) for member in members]
    _, first, words = opened[0][:3]
    for path, _, other, _ in opened[1:]:
        if other.fingerprint != words.fingerprint:
            raise ModelError(
                f"{path}: has another vocabulary than {opened[0][0]}; only models of one "
                "vocabulary can be averaged"
            )
    configs = [config for _, config, _, _ in opened]
    for path, config, _, _ in opened:
        if config.data.task == "tag":
            raise ModelError(f"{path}: a tagger writes no summary that could be averaged")
    model = _network(configs, words)
    for member, (path, _, _, arrays) in zip(model.members, opened, strict=True):
        named_weights.assign_weights(member, arrays, path)
    pieces = min(config.data.max_document_tokens for config in configs)
    merged = dataclasses.replace(
        first,
        name="+".join(config.name for config in configs),
        data=dataclasses.replace(first.data, max_document_tokens=pieces),
    )
    output.mkdir(parents=True, exist_ok=True)
    texts = [json.loads(configuration.to_json(config)) for config in configs]
    atomic_write(output / MEMBERS, json.dumps(texts, indent=2).encode())
    atomic_write(output / "config.json", configuration.to_json(merged).encode())
    atomic_write(output / "vocabulary.model", words.proto)
    save_arrays(output / "weights.npz", named_weights.weight_arrays(model), {"step": 0})
    folders = [_folder(Path(member)) for member in members]
    _merge(contamination.ContaminationIndex(), folders, output / contamination.FILE)
    _merge(lowercase_words.LowercaseRecorder(), folders, output / lowercase_words.FILE)
    return output


def load_ensemble(folder: Path, config: Config, words: Vocabulary) -> Any:
    """Return the network of a model's folder with fresh weights: a `Seq2Seq` or an `Ensemble`.

    Raises:
        ModelError: the configurations of an ensemble's members cannot be read.
    """
    path = folder / MEMBERS
    if not path.exists():
        return _network([config], words)
    try:
        texts = json.loads(path.read_text(encoding="utf-8"))
        configs = [configuration.check(configuration.from_json(json.dumps(t))) for t in texts]
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{path}: cut or not of an ensemble ({error})") from None
    return _network(configs, words)


def _network(configs: Sequence[Config], words: Vocabulary) -> Any:
    from summarizer.model import build
    from summarizer.model.ensemble import Ensemble

    rest = words.size, words.has_document_words, len(words.controls)
    members = [build.build_model(config, *rest) for config in configs]
    return members[0] if len(members) == 1 else Ensemble(members)


def _open(member: Path) -> tuple[Path, Config, Vocabulary, dict[str, Any]]:
    """A member's place, configuration, vocabulary and weights."""
    folder = _folder(member)
    arrays, _ = load_arrays(member) if folder != member else fine_tuning.read_weights(member)
    if (folder / MEMBERS).exists():
        raise ModelError(f"{folder}: an ensemble itself; name its members instead")
    config = configuration.check(configuration.load_config(folder / "config.json"))
    return member, config, Vocabulary.load(folder / "vocabulary.model"), arrays


def _folder(member: Path) -> Path:
    """The folder that a member, or the file of its weights, is in."""
    if member.suffix != ".npz":
        return member
    return next((p for p in member.parents if (p / "config.json").exists()), member.parent)


def _merge(recorder: Any, folders: Sequence[Path], output: Path) -> None:
    """Write what the members kept of their training's texts, where each of them has it."""
    paths = [folder / output.name for folder in dict.fromkeys(folders)]
    output.unlink(missing_ok=True)
    if all(path.exists() for path in paths):
        for path in paths:
            recorder.add(path)
        recorder.save(output)
