"""Every setting once, with its default, unit and check.

A configuration is a tree of frozen dataclasses. It is saved as JSON beside the model, and a run is
described by it alone. Settings are changed by dotted names: `train.steps=500`,
`model.attention=additive`, `model.encoder.width=128`.
"""

import dataclasses
import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_type_hints

from summarizer import plugins
from summarizer.errors import ConfigError, ModelError, did_you_mean


@dataclass(frozen=True)
class Part:
    """A choice from a plugin folder, with its options."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DataConfig:
    """What is read, and how it is cut and grouped."""

    spec: str = "docstrings"  # what to train on: a data SPEC
    validation: str = ""  # a SPEC to validate on; empty: the split of the source, or by hash of id
    document_pieces: int = 256  # the model reads this many pieces of a document
    summary_pieces: int = 32  # longer summaries are cut in training
    window: int = 100  # batches sorted by length together: more is less padding, less random


@dataclass(frozen=True)
class VocabularyConfig:
    """The SentencePiece vocabulary that is learned from the training split."""

    size: int = 8000  # pieces, 256 bytes and the special ones included
    sample: int = 100_000  # examples it is learned from, at most
    fold: bool = True  # compare without case; spelling is restored from the document


@dataclass(frozen=True)
class ModelConfig:
    """The encoder-decoder."""

    embedding: int = 256  # width of a piece's vector
    encoder: Part = Part("bidirectional", {"width": 256})
    decoder: Part = Part("lstm", {"width": 512})  # a cell
    attention: Part = Part("dot")
    pointer: bool = True  # may copy pieces of the document
    dropout: float = 0.1  # fraction of embeddings and outputs set to 0 in training


@dataclass(frozen=True)
class TrainConfig:
    """Optimization, validation and the machine."""

    steps: int = 2000
    batch: int = 64  # examples a step
    learning_rate: float = 1e-3  # the peak, after the warm-up
    warmup: int = 200  # steps
    clip: float = 2.0  # the gradient's global norm is cut to this
    smoothing: float = 0.0  # reserved part of the generator's probability, spread evenly
    validate_every: int = 500  # steps
    validate_examples: int = 300  # summarized at each validation
    patience: int = 0  # validations without a better ROUGE before stopping; 0: never stop early
    precision: str = "auto"
    compile: str = "auto"


@dataclass(frozen=True)
class DecodeConfig:
    """The search."""

    strategy: Part = Part("beam", {"width": 4})
    length_penalty: float = 0.8  # alpha of GNMT: score = log_prob / ((5 + length) / 6) ** alpha
    minimum: int = 2  # pieces
    maximum: int = 32  # pieces, the end included
    block_ngram: int = 3  # no sequence of this many pieces twice; 0: allowed


@dataclass(frozen=True)
class Config:
    """All that describes a run."""

    name: str = "run"
    seed: int = 1
    data: DataConfig = DataConfig()
    vocabulary: VocabularyConfig = VocabularyConfig()
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    decode: DecodeConfig = DecodeConfig()


CHOICES = {
    "train.precision": ("auto", "float32", "mixed_bfloat16"),
    "train.compile": ("auto", "xla", "graph"),
}
KINDS = {
    "model.encoder": "encoder",
    "model.decoder": "cell",
    "model.attention": "attention",
    "decode.strategy": "strategy",
}
MAY_BE_ZERO = {
    "seed", "train.warmup", "train.patience", "train.smoothing", "model.dropout",
    "decode.length_penalty", "decode.minimum", "decode.block_ngram",
}  # fmt: skip


def check(config: Config) -> Config:
    """Return the configuration if every value is possible.

    Raises:
        ConfigError: names the setting, its value and what is allowed.
    """
    for path, value in flatten(config):
        if path in CHOICES and value not in CHOICES[path]:
            raise ConfigError(f"{path}={value}: {did_you_mean(str(value), CHOICES[path])}")
        if path in KINDS:
            plugins.options(KINDS[path], value.name, **value.options)
        elif isinstance(value, float) and not math.isfinite(value):
            raise ConfigError(f"{path}={value}: must be a finite number")
        elif type(value) in (int, float) and (
            value < 0 or (value == 0 and path not in MAY_BE_ZERO)
        ):
            least = "0 or more" if path in MAY_BE_ZERO else "above 0"
            raise ConfigError(f"{path}={value}: must be {least}")
    for path in ("model.dropout", "train.smoothing"):
        section, name = path.split(".")
        if (value := getattr(getattr(config, section), name)) >= 1:
            raise ConfigError(f"{path}={value}: must be below 1")
    if config.decode.minimum > config.decode.maximum:
        raise ConfigError(
            f"decode.minimum={config.decode.minimum}: must be at most "
            f"decode.maximum={config.decode.maximum}"
        )
    return config


def flatten(node: Any, prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Yield (dotted name, value) of every setting; a Part is one value."""
    for f in dataclasses.fields(node):
        value, path = getattr(node, f.name), prefix + f.name
        if dataclasses.is_dataclass(value) and not isinstance(value, Part):
            yield from flatten(value, path + ".")
        else:
            yield path, value


def override(config: Config, settings: Iterable[str]) -> Config:
    """Apply settings written as `a.b=value`.

    Raises:
        ConfigError: not of that form, an unknown name (the nearest is named), a bad value.
    """
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals:
            raise ConfigError(f"setting {setting!r} is not of the form name=value")
        config = _replace(config, path.split("."), text, path)
    return check(config)


def _replace(node: Any, keys: list[str], text: str, path: str) -> Any:
    key, rest = keys[0], keys[1:]
    if isinstance(node, Part):
        if rest:
            raise ConfigError(f"unknown setting {path!r}: options of a part have no parts")
        return Part(node.name, {**node.options, key: _literal(text)})
    known = [f.name for f in dataclasses.fields(node)]
    if key not in known:
        raise ConfigError(f"unknown setting {path!r}: {did_you_mean(key, known)}")
    value = getattr(node, key)
    if rest and not dataclasses.is_dataclass(value):
        raise ConfigError(f"unknown setting {path!r}: {key!r} has no settings below it")
    if rest:
        new: Any = _replace(value, rest, text, path)
    elif isinstance(value, Part):
        new = Part(text)
    elif dataclasses.is_dataclass(value):
        raise ConfigError(
            f"{path!r} is a group: {did_you_mean('', [k for k, _ in flatten(value)])}"
        )
    else:
        new = _convert(text, type(value), path)
    return dataclasses.replace(node, **{key: new})


def _literal(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _convert(value: Any, kind: type, path: str) -> Any:
    """Make a value of a setting's type from JSON or from the text of a command line."""
    value = _literal(value) if isinstance(value, str) and kind is not str else value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if kind is int and isinstance(value, float) and value.is_integer():
        value = int(value)  # 1e5
    if type(value) is not kind:
        raise ConfigError(f"{path}={value!r}: must be a value of type {kind.__name__}")
    return value


def to_json(config: Config) -> str:
    """Write a configuration as indented JSON with a line end."""
    return json.dumps(dataclasses.asdict(config), indent=2) + "\n"


def load(path: Path) -> Config:
    """Read a model's configuration; plugins are not looked at, so Keras is not imported.

    Raises:
        ModelError: the file is missing, cut, or has settings that this version does not know.
    """
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from None
    except (ConfigError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: {error}") from None


def from_json(text: str) -> Config:
    """Read a configuration, refusing what it does not know.

    Raises:
        ConfigError: not JSON, an unknown setting or a value of another type.
    """
    try:
        tree = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"configuration is not JSON: {error}") from None
    config: Config = _from_tree(Config, tree, "")
    return config


def _from_tree(cls: Any, tree: Any, prefix: str) -> Any:
    if not isinstance(tree, Mapping):
        raise ConfigError(f"configuration {prefix or 'file'!r}: must be an object")
    types = get_type_hints(cls)
    for key in tree:
        if key not in types:
            raise ConfigError(f"unknown setting {prefix + key!r}: {did_you_mean(key, types)}")
    values = {}
    for key, value in tree.items():
        kind = types[key]
        if dataclasses.is_dataclass(kind):
            values[key] = _from_tree(kind, value, f"{prefix}{key}.")
        elif get_args(kind):  # the options of a part
            if not isinstance(value, Mapping):
                raise ConfigError(f"{prefix + key}={value!r}: must be an object")
            values[key] = dict(value)
        else:
            values[key] = _convert(value, kind, prefix + key)
    try:
        return cls(**values)
    except TypeError:  # only a part has a field without a default
        raise ConfigError(f"configuration {prefix.rstrip('.')!r}: has no 'name'") from None


def fingerprint(config: Config) -> str:
    """Return 16 hexadecimal digits that differ where any setting differs."""
    return hashlib.sha256(to_json(config).encode()).hexdigest()[:16]
