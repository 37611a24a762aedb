"""Starting from a trained model instead of from random weights: `--init MODEL`."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from summarizer import config as configuration
from summarizer.api import vocabulary_transfer
from summarizer.api.shipped_model import replace_former_model
from summarizer.config import Config, Part, flatten
from summarizer.errors import ConfigError, ModelError
from summarizer.vocabulary import Vocabulary

if TYPE_CHECKING:
    from summarizer.training.averaging import Weights
    from summarizer.training.step import TrainableModel

FROZEN = "frozen_encoder"
"""The value of `train.init_parts` that takes embeddings and encoder and does not train them."""
ENCODER_PARTS = ("encoder", FROZEN)
NETWORK = "network"
"""The value of `train.init_parts` that takes all weights but learns a vocabulary."""
MAY_DIFFER = ("model.dropout",)  # changes no weight's shape or meaning
# Settings that the weights of an encoder depend on.
ENCODER_SETTINGS = ("model.embedding_size", "model.encoder", "model.pretrained_embeddings")


def read_weights(folder: Path) -> tuple["Weights", Path]:
    """Return a model's best weights by name, or those of its exported graph; and their file.

    Raises:
        ModelError: the folder or the file is missing, cut or of another program.
    """
    from summarizer import storage
    from summarizer.exporters import onnx_export

    if not folder.is_dir():
        raise ModelError(f"{folder}: no such model folder")
    path = folder / "weights.npz"
    if not path.exists() and (folder / "model.onnx").exists():
        path = folder / "model.onnx"
        return onnx_export.read_weights(path), path
    return storage.load_arrays(path).arrays, path


def load_initial_weights(model: "TrainableModel", config: Config, vocabulary: Vocabulary) -> None:
    """Give a network the weights of `train.init` that `train.init_parts` names.

    Args:
        model: the network, changed in place.
        config: names the initial model.
        vocabulary: of the network.

    Raises:
        ModelError: they cannot be read, or are of another network.
    """
    from summarizer.model import named_weights

    weights, path = read_weights(Path(config.train.init))
    if config.train.init_parts in ENCODER_PARTS:
        fresh = named_weights.weight_arrays(model)
        weights = {
            **{name: array for name, array in fresh.items() if not is_encoder_weight(name)},
            **{name: array for name, array in weights.items() if is_encoder_weight(name)},
        }
    elif config.train.init_parts == NETWORK:
        old = Vocabulary.load(path.with_name("vocabulary.model"))
        weights = vocabulary_transfer.transfer_weights(weights, old, vocabulary)
    named_weights.assign_weights(model, weights, path)


def is_encoder_weight(name: str) -> bool:
    """Tell whether a weight belongs to the part that reads documents."""
    return name == "embeddings" or name.startswith(("encoder.", "sentences."))


def inherit_model_settings(config: Config, model: str | Path, parts: str = "all") -> Config:
    """Return a configuration that starts from a model, with its network and vocabulary.

    Args:
        config: data, training and search, which stay.
        model: folder of a trained or shipped model.
        parts: `all`; `encoder` or `frozen_encoder`: take only embeddings and encoder from the
            model's network; `network`: keep the vocabulary of `config`.

    Raises:
        ModelError: the folder holds no model, or its configuration cannot be read.
    """
    model = replace_former_model(model)
    base = _load_config(model)
    network = base.model
    if parts in ENCODER_PARTS:
        network = dataclasses.replace(
            config.model,
            embedding_size=network.embedding_size,
            encoder=network.encoder,
            pretrained_embeddings="",
        )
    return dataclasses.replace(
        config,
        model=network,
        vocabulary=config.vocabulary if parts == NETWORK else base.vocabulary,
        train=dataclasses.replace(config.train, init=str(model), init_parts=parts),
    )


def check_initial_model(config: Config) -> None:
    """Refuse settings that contradict the model that `train.init` names.

    Raises:
        ConfigError: names the setting, its value and the model's.
    """
    base = _load_config(config.train.init)
    for name, value, base_value in _shared_settings(config, base):
        if value != base_value:
            raise ConfigError(
                f"{name}={setting_text(value)}: {config.train.init}, which this starts from, "
                f"has {setting_text(base_value)}; leave the setting out"
            )


def _shared_settings(config: Config, base: Config) -> Iterator[tuple[str, Any, Any]]:
    """Yield the settings that have to equal the initial model's: name, value, its value."""
    encoder_only = config.train.init_parts in ENCODER_PARTS
    sections = ("model",) if config.train.init_parts == NETWORK else ("model", "vocabulary")
    for section in sections:
        base_values = dict(flatten(getattr(base, section), f"{section}."))
        for name, value in flatten(getattr(config, section), f"{section}."):
            free = encoder_only and section == "model" and name not in ENCODER_SETTINGS
            if not free and name not in MAY_DIFFER:
                yield name, value, base_values[name]


def describe_initial_model(config: Config) -> str:
    """Return the name of the model in `train.init` and its configuration's hash, on one line."""
    base = configuration.load_config(Path(config.train.init) / "config.json")
    parts = {"encoder": "the encoder of ", FROZEN: "the encoder of ", NETWORK: "the network of "}
    part = parts.get(config.train.init_parts, "")
    return (
        f"{part}{config.train.init} ({base.name}, configuration {configuration.config_hash(base)})"
    )


def setting_text(value: Any) -> str:
    """Return the value of a setting as `--set` takes it."""
    if isinstance(value, Part):
        return ",".join([value.name, *(f"{name}={v}" for name, v in value.options.items())])
    return str(value)


def _load_config(folder: str | Path) -> Config:
    if not Path(folder).is_dir():
        raise ModelError(f"{folder}: no such model folder")
    config = configuration.load_config(Path(folder) / "config.json")
    # Pretrained embeddings are only needed to begin, and the model has begun.
    # Heads fit the encoder that they were trained with.
    model = dataclasses.replace(
        config.model, pretrained_embeddings="", sentence_head=False, word_head=False
    )
    return dataclasses.replace(config, model=model)
