"""Starting from a trained model instead of from nothing: `--init MODEL`."""

import dataclasses
from pathlib import Path
from typing import Any

from summarizer import config as configuration
from summarizer.config import Config, Part, flatten
from summarizer.errors import ConfigError, ModelError

MAY_DIFFER = ("model.dropout",)  # may differ: it changes no weight's shape or meaning
ENCODER_SETTINGS = (
    "model.embedding_size",
    "model.encoder",
    "model.pretrained_embeddings",
)  # what an encoder's weights go with


def read_weights(folder: Path) -> tuple[dict[str, Any], Path]:
    """Return a model's best weights by name, or those its exported graph carries; and the file.

    Raises:
        ModelError: the folder or the file is missing, cut or foreign.
    """
    from summarizer.exporters import onnx_export
    from summarizer.training import checkpoint

    if not folder.is_dir():
        raise ModelError(f"{folder}: no such model folder")
    path = folder / "weights.npz"
    if not path.exists() and (folder / "model.onnx").exists():
        path = folder / "model.onnx"
        return onnx_export.read_weights(path), path
    return checkpoint.load_checkpoint(path)[0], path


def load_initial_weights(model: Any, config: Config) -> None:
    """Give a network the weights of the model that `train.init` names, all or those that read.

    Raises:
        ModelError: they cannot be read, or are of another network.
    """
    from summarizer.model import named_weights

    arrays, path = read_weights(Path(config.train.init))
    if config.train.init_parts == "encoder":
        own = {
            k: v for k, v in named_weights.weight_arrays(model).items() if not _is_encoder_weight(k)
        }
        arrays = own | {k: v for k, v in arrays.items() if _is_encoder_weight(k)}
    named_weights.assign_weights(model, arrays, path)


def _is_encoder_weight(name: str) -> bool:
    """Tell whether a weight is one of those that read documents."""
    return name == "embeddings" or name.startswith(("encoder.", "sentences."))


def inherit_model_settings(config: Config, model: str | Path, parts: str = "all") -> Config:
    """Return a configuration that starts from a model: its network and vocabulary, all else kept.

    Args:
        config: data, training and search.
        model: folder of a trained or shipped model.
        parts: `all`, or `encoder`: of the network only what reads, embeddings and encoder.

    Raises:
        ModelError: no model there, or its configuration cannot be read.
    """
    base = _load_config(model)
    network = base.model
    if parts == "encoder":
        network = dataclasses.replace(
            config.model,
            embedding_size=network.embedding_size,
            encoder=network.encoder,
            pretrained_embeddings="",
        )
    return dataclasses.replace(
        config,
        model=network,
        vocabulary=base.vocabulary,
        train=dataclasses.replace(config.train, init=str(model), init_parts=parts),
    )


def check_initial_model(config: Config) -> None:
    """Refuse settings that contradict the model that `train.init` names.

    Raises:
        ConfigError: names the setting, its value and the model's.
    """
    base, parts = _load_config(config.train.init), config.train.init_parts
    for part in ("model", "vocabulary"):
        mine = flatten(getattr(config, part), f"{part}.")
        theirs = dict(flatten(getattr(base, part), f"{part}."))
        for path, value in mine:
            if parts == "encoder" and part == "model" and path not in ENCODER_SETTINGS:
                continue
            if value != theirs[path] and path not in MAY_DIFFER:
                raise ConfigError(
                    f"{path}={_said(value)}: {config.train.init}, which this starts from, "
                    f"has {_said(theirs[path])}; leave the setting out"
                )


def describe_initial_model(config: Config) -> str:
    """Say in a line what `train.init` names."""
    base = configuration.load_config(Path(config.train.init) / "config.json")
    what = "" if config.train.init_parts == "all" else "the encoder of "
    return (
        f"{what}{config.train.init} ({base.name}, configuration {configuration.config_hash(base)})"
    )


def _load_config(folder: str | Path) -> Config:
    if not Path(folder).is_dir():
        raise ModelError(f"{folder}: no such model folder")
    found = configuration.load_config(Path(folder) / "config.json")
    model = dataclasses.replace(
        found.model, pretrained_embeddings=""
    )  # they were needed but to begin
    return dataclasses.replace(found, model=model)


def _said(value: Any) -> str:
    if isinstance(value, Part):
        return ",".join([value.name, *(f"{k}={v}" for k, v in value.options.items())])
    return str(value)
