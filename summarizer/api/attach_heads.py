"""Attach the heads of taggers to the summarizer whose encoder they read."""

import dataclasses
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from summarizer import config as configuration
from summarizer.api import fine_tuning
from summarizer.config import TAGGING_TASKS, Config
from summarizer.errors import ConfigError, ModelError
from summarizer.storage import atomic_directory, save_arrays
from summarizer.types import Tensor
from summarizer.vocabulary import Vocabulary

_KEPT = ("vocabulary.model", "fingerprints.npz", "lowercase.npz", "metrics.jsonl", "card.md")


def is_head(folder: str | Path) -> bool:
    """Return whether a folder holds a tagger, which can become a head."""
    path = Path(folder) / "config.json"
    return path.exists() and configuration.load_config(path).data.task in TAGGING_TASKS


def attach_heads(model: str | Path, heads: Sequence[str | Path], output: str | Path) -> Path:
    """Write the folder of a summarizer with heads, ready to be exported, and return it.

    Args:
        model: folder of the summarizer.
        heads: folders of taggers that were trained with its frozen encoder, at most one of each
            task.
        output: the folder, which must not exist.

    Raises:
        ConfigError: the output exists, or two heads have the same task.
        ModelError: a folder cannot be read, or a head has another encoder or vocabulary.
    """
    model, output = Path(model), Path(output)
    if output.exists():
        raise ConfigError(f"{output}: exists; name another folder for the model with heads")
    config, fingerprint = _identity(model)
    weights, _ = fine_tuning.read_weights(model)
    attached: dict[str, Tensor] = {}
    for head in map(Path, heads):
        head_config, head_fingerprint = _identity(head)
        arrays, _ = fine_tuning.read_weights(head)
        if head_fingerprint != fingerprint:
            raise ModelError(f"{head}: has another vocabulary than {model}")
        _check_encoder(head, arrays, model, weights)
        config = _with_head(config, head_config.data.task, head, model)
        attached |= _head_weights(arrays, head_config.data.task)
    with atomic_directory(output) as folder:
        for name in _KEPT:
            if (model / name).exists():
                shutil.copy(model / name, folder)
        (folder / "config.json").write_text(configuration.to_json(config), encoding="utf-8")
        save_arrays(folder / "weights.npz", {**weights, **attached}, {"step": 0})
    return output


def _with_head(config: Config, task: str, head: Path, model: Path) -> Config:
    """Return the configuration of a model with the head that a task trains.

    Raises:
        ConfigError: it has that head.
    """
    network = config.model
    if task == "extract":
        exists, network = network.sentence_head, dataclasses.replace(network, sentence_head=True)
    else:
        exists, network = network.word_head, dataclasses.replace(network, word_head=True)
    if exists:
        raise ConfigError(f"{head}: {model} has a head for data.task={task}")
    return dataclasses.replace(config, model=network)


def _head_weights(arrays: Mapping[str, Tensor], task: str) -> dict[str, Tensor]:
    """Return the weights of a tagger's head, by their names in a summarizer."""
    if task == "extract":
        return {name: a for name, a in arrays.items() if name.startswith("sentence_head.")}
    return {f"word_head.{name}": arrays[name] for name in ("kernel", "bias")}


def _identity(folder: Path) -> tuple[Config, str]:
    """Return the configuration of a model folder and the fingerprint of its vocabulary."""
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such model folder")
    config = configuration.check(configuration.load_config(folder / "config.json"))
    return config, Vocabulary.load(folder / "vocabulary.model").fingerprint


def _check_encoder(
    head: Path, arrays: Mapping[str, Tensor], model: Path, weights: Mapping[str, Tensor]
) -> None:
    """Check that a head reads the encoder of a summarizer.

    Raises:
        ModelError: a weight of the encoder differs.
    """
    for name, array in arrays.items():
        if not fine_tuning.is_encoder_weight(name):
            continue
        if name not in weights or not np.array_equal(array, weights[name]):
            raise ModelError(
                f"{head}: has another encoder than {model}; train it with --init {model} and "
                "--set train.init_parts=frozen_encoder"
            )
