"""Every setting once, with its default, unit and check.

A configuration is a tree of frozen dataclasses. It is saved as JSON beside the model, and a run is
described by it alone. Settings are changed by dotted names: `train.steps=500`,
`model.attention=additive`, `model.encoder.width=128`.
"""

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from summarizer import plugins
from summarizer.config import aliases
from summarizer.errors import ConfigError, did_you_mean, renamed_fields

# 1: validates on the first examples of the validation data; 2: on examples drawn from all of it,
# equally by type and source. A configuration without a number is of schema 1.
SCHEMA = 2


@dataclass(frozen=True)
class Part:
    """A choice from a plugin folder, with its options."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take a part by its old name."""
        object.__setattr__(self, "name", aliases.PARTS.get(self.name, self.name))


@renamed_fields(aliases.SETTINGS["data"])
@dataclass(frozen=True)
class DataConfig:
    """What is read, and how it is cut and grouped."""

    train: str = "docstrings"  # what to train on: a data SPEC
    task: str = "summarize"  # what is read and what is written, see `datasets.tasks`
    validation: str = ""  # a SPEC to validate on; empty: the split of the source, or by hash of id
    max_document_tokens: int = 256  # the model reads this many pieces of a document
    max_summary_tokens: int = 32  # longer summaries are cut in training
    bucket_window: int = 100  # batches sorted by length together: more is less padding, less random
    curriculum_epochs: int = 0  # so many epochs go from short documents to long ones
    # TYPE/SOURCE or SOURCE → how often an epoch draws its examples, on average; others: once
    weights: dict[str, float] = field(default_factory=dict)
    # a phrase → the share of the training examples with it in the summary that is kept
    thin: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take a task by its old name."""
        object.__setattr__(self, "task", aliases.TASKS.get(self.task, self.task))


@renamed_fields(aliases.SETTINGS["vocabulary"])
@dataclass(frozen=True)
class VocabularyConfig:
    """The vocabulary that is learned from the training split."""

    kind: str = "unigram"
    size: int = 8000  # pieces, 256 bytes and the special ones included
    sample_size: int = 100_000  # examples it is learned from, at most
    lowercase: bool = True  # compare without case; spelling is restored from the document


@renamed_fields(aliases.SETTINGS["model"])
@dataclass(frozen=True)
class ModelConfig:
    """The encoder-decoder."""

    embedding_size: int = 256  # width of a piece's vector
    encoder: Part = Part("bidirectional", {"width": 256})
    decoder_cell: Part = Part("lstm", {"width": 512})  # a cell
    decoder_layers: int = 1  # cells one above the other; from the second on with a residual
    bridge: str = "dense"  # from the encoder's last state to the decoder's first
    attention: Part = Part("dot")
    input_feeding: bool = False  # the cell also sees what was attended to last
    intra_attention: bool = False  # also attend to the decoder's own outputs so far
    deep_output: bool = False  # the layer before the output also sees the last piece
    pointer: bool = True  # may copy pieces of the document
    tying: str = "all"  # which of document, summary and output embeddings are one matrix
    pretrained_embeddings: str = (
        ""  # a text file of pre-trained vectors that the embeddings start from
    )
    dropout: float = 0.1  # fraction of embeddings and outputs set to 0 in training


@renamed_fields(aliases.SETTINGS["train"])
@dataclass(frozen=True)
class TrainConfig:
    """Optimization, validation and the machine."""

    steps: int = 2000
    batch_size: int = 64  # examples a step
    learning_rate: float = 1e-3  # the peak, after the warm-up
    warmup_steps: int = 200  # steps
    schedule: str = "cosine"  # how the rate falls after the warm-up
    gradient_accumulation: int = (
        1  # parts of a batch that are computed one after another: less memory
    )
    max_gradient_norm: float = 2.0  # the gradient's global norm is cut to this
    label_smoothing: float = 0.0  # reserved part of the generator's probability, spread evenly
    scheduled_sampling: float = 0.0  # share of the model's own pieces among its inputs, at the end
    coverage_loss: float = 0.0  # weight of the loss of attending twice to the same piece
    coverage_start: str = "flat"  # when that loss begins
    ema_decay: float = 0.0  # momentum of the average of the weights that is kept; 0: the weights
    average_checkpoints: int = 1  # best checkpoints whose weights are averaged at the end
    validation_interval: int = 500  # steps
    validation_examples: int = 300  # held out, for each validation
    patience: int = 0  # validations without a better score before stopping; 0: never stop early
    precision: str = "auto"
    compile: str = "auto"
    budget: float = 0.0  # minutes for everything; 0: as many as the steps take
    init: str = ""  # a model's folder to start from, with its vocabulary
    init_parts: str = "all"  # what is taken from it: all weights, or embeddings and encoder
    tensorboard: bool = False  # also write the metrics for TensorBoard


@renamed_fields(aliases.SETTINGS["decode"])
@dataclass(frozen=True)
class DecodeConfig:
    """The search."""

    strategy: Part = Part("beam", {"width": 4})
    length_normalization: str = "gnmt"  # of the score by length
    length_penalty: float = 0.8  # alpha: score = log_prob / ((5 + length) / 6) ** alpha
    coverage_penalty: float = 0.0  # beta of GNMT: against leaving pieces unattended
    min_tokens: int = 2  # pieces
    max_tokens: int = 32  # pieces, the end included
    no_repeat_ngram: int = 3  # no sequence of this many pieces twice; 0: allowed
    tagger_unit: str = "words"  # what a tagger keeps
    tagger_threshold: float = 0.5  # a tagger keeps words of at least so much probability
    tagger_sentences: int = 3  # that a tagger keeps, at most


@dataclass(frozen=True)
class Config:
    """All that describes a run."""

    name: str = "run"
    seed: int = 1
    schema: int = SCHEMA  # how the settings are meant; see `SCHEMA`
    data: DataConfig = DataConfig()
    vocabulary: VocabularyConfig = VocabularyConfig()
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    decode: DecodeConfig = DecodeConfig()


CHOICES = {
    "data.task": ("summarize", "autoencode", "language_model", "tag"),
    "vocabulary.kind": ("unigram", "bpe", "characters", "bytes", "words"),
    "model.bridge": ("dense", "copy", "zero"),
    "model.tying": ("all", "embeddings", "summary", "none"),
    "train.schedule": ("cosine", "inverse_sqrt", "constant", "plateau"),
    "train.coverage_start": ("start", "flat"),
    "decode.length_normalization": ("gnmt", "average"),
    "decode.tagger_unit": ("words", "sentences"),
    "train.init_parts": ("all", "encoder"),
    "train.precision": ("auto", "float32", "mixed_bfloat16", "mixed_float16"),
    "train.compile": ("auto", "xla", "graph"),
}
PART_KINDS = {
    "model.encoder": "encoder",
    "model.decoder_cell": "cell",
    "model.attention": "attention",
    "decode.strategy": "strategy",
}
MAY_BE_ZERO = {
    "seed", "train.warmup_steps", "train.patience", "train.label_smoothing", "model.dropout",
    "decode.length_penalty", "decode.min_tokens", "decode.no_repeat_ngram", "decode.coverage_penalty",
    "decode.tagger_threshold", "data.curriculum_epochs", "train.scheduled_sampling", "train.coverage_loss", "train.ema_decay",
    "train.budget",
}  # fmt: skip


def check(config: Config) -> Config:
    """Return the configuration if every value is possible.

    Raises:
        ConfigError: names the setting, its value and what is allowed.
    """
    if config.schema not in range(1, SCHEMA + 1):
        raise ConfigError(f"schema={config.schema}: must be from 1 to {SCHEMA}, or is of a later "
                          "version")  # fmt: skip
    for path, value in flatten(config):
        if path in CHOICES and value not in CHOICES[path]:
            raise ConfigError(f"{path}={value}: {did_you_mean(str(value), CHOICES[path])}")
        if path in PART_KINDS:
            plugins.options(PART_KINDS[path], value.name, **value.options)
        elif isinstance(value, float) and not math.isfinite(value):
            raise ConfigError(f"{path}={value}: must be a finite number")
        elif type(value) in (int, float) and (
            value < 0 or (value == 0 and path not in MAY_BE_ZERO)
        ):
            least = "0 or more" if path in MAY_BE_ZERO else "above 0"
            raise ConfigError(f"{path}={value}: must be {least}")
    for path in (
        "model.dropout",
        "train.label_smoothing",
        "train.ema_decay",
        "decode.tagger_threshold",
    ):
        section, name = path.split(".")
        if (value := getattr(getattr(config, section), name)) >= 1:
            raise ConfigError(f"{path}={value}: must be below 1")
    if config.train.scheduled_sampling > 1:
        raise ConfigError(
            f"train.scheduled_sampling={config.train.scheduled_sampling}: must be at most 1"
        )
    if config.train.batch_size % config.train.gradient_accumulation:
        raise ConfigError(
            f"train.gradient_accumulation={config.train.gradient_accumulation}: must divide "
            f"train.batch_size={config.train.batch_size}"
        )
    if config.decode.min_tokens > config.decode.max_tokens:
        raise ConfigError(
            f"decode.min_tokens={config.decode.min_tokens}: must be at most "
            f"decode.max_tokens={config.decode.max_tokens}"
        )
    _check_task(config)
    if config.model.attention.name == "none":
        _check_unattended(config)
    return config


def _check_unattended(config: Config) -> None:
    """Refuse what lives on attention where there is none."""
    for path, value, instead in (
        ("model.pointer", config.model.pointer, "false"),
        ("train.coverage_loss", config.train.coverage_loss, "0"),
        ("decode.coverage_penalty", config.decode.coverage_penalty, "0"),
    ):
        if value:
            raise ConfigError(
                f"{path}={str(value).lower()}: needs an attention, and model.attention=none is "
                f"none; set {path}={instead} or model.attention=dot"
            )


def _check_task(config: Config) -> None:
    """Refuse what cannot be learned: to write what was not read, or from what is not there."""
    data, encoder = config.data, config.model.encoder.name
    if data.task == "autoencode" and data.max_summary_tokens > data.max_document_tokens:
        raise ConfigError(
            f"data.max_summary_tokens={data.max_summary_tokens}: what was read is to be written again: "
            f"must be at most data.max_document_tokens={data.max_document_tokens}"
        )
    for name in ("coverage", "sampling"):
        if data.task == "tag" and (value := getattr(config.train, name)):
            raise ConfigError(f"train.{name}={value}: data.task=tag writes no pieces: must be 0")
    if data.task == "language_model" and encoder != "none":
        raise ConfigError(
            f"model.encoder={encoder}: data.task=language_model reads nothing; set "
            "model.encoder=none, or begin with --preset language_model"
        )
    if encoder == "none" and data.task != "language_model":
        raise ConfigError(
            f"model.encoder=none: data.task={data.task} needs what the document says; set "
            "model.encoder=bidirectional or data.task=language_model"
        )
    if encoder == "none" and config.model.attention.name != "none":
        raise ConfigError(
            f"model.attention={config.model.attention.name}: nothing is read that it could look "
            "at; set model.attention=none, and model.intra_attention=true for the past"
        )
    if encoder == "none" and config.model.tying in ("summary", "none"):
        raise ConfigError(
            f"model.tying={config.model.tying}: no document is read that needs embeddings; set "
            "model.tying=all, or embeddings for an output layer of its own"
        )


def flatten(node: Any, prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Yield (dotted name, value) of every setting; a Part is one value."""
    for f in dataclasses.fields(node):
        value, path = getattr(node, f.name), prefix + f.name
        if dataclasses.is_dataclass(value) and not isinstance(value, Part):
            yield from flatten(value, path + ".")
        else:
            yield path, value
