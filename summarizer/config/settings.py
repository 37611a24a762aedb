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
from summarizer.errors import ConfigError, did_you_mean


@dataclass(frozen=True)
class Part:
    """A choice from a plugin folder, with its options."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DataConfig:
    """What is read, and how it is cut and grouped."""

    spec: str = "docstrings"  # what to train on: a data SPEC
    task: str = "summarize"  # what is read and what is written, see `datasets.tasks`
    validation: str = ""  # a SPEC to validate on; empty: the split of the source, or by hash of id
    document_pieces: int = 256  # the model reads this many pieces of a document
    summary_pieces: int = 32  # longer summaries are cut in training
    window: int = 100  # batches sorted by length together: more is less padding, less random
    curriculum: int = 0  # so many epochs go from short documents to long ones


@dataclass(frozen=True)
class VocabularyConfig:
    """The vocabulary that is learned from the training split."""

    kind: str = "unigram"
    size: int = 8000  # pieces, 256 bytes and the special ones included
    sample: int = 100_000  # examples it is learned from, at most
    fold: bool = True  # compare without case; spelling is restored from the document


@dataclass(frozen=True)
class ModelConfig:
    """The encoder-decoder."""

    embedding: int = 256  # width of a piece's vector
    encoder: Part = Part("bidirectional", {"width": 256})
    decoder: Part = Part("lstm", {"width": 512})  # a cell
    decoder_layers: int = 1  # cells one above the other; from the second on with a residual
    bridge: str = "dense"  # from the encoder's last state to the decoder's first
    attention: Part = Part("dot")
    input_feeding: bool = False  # the cell also sees what was attended to last
    intra_attention: bool = False  # also attend to the decoder's own outputs so far
    output_sees_input: bool = False  # the layer before the output also sees the last piece
    pointer: bool = True  # may copy pieces of the document
    tying: str = "all"  # which of document, summary and output embeddings are one matrix
    vectors: str = ""  # a text file of pre-trained vectors that the embeddings start from
    dropout: float = 0.1  # fraction of embeddings and outputs set to 0 in training


@dataclass(frozen=True)
class TrainConfig:
    """Optimization, validation and the machine."""

    steps: int = 2000
    batch: int = 64  # examples a step
    learning_rate: float = 1e-3  # the peak, after the warm-up
    warmup: int = 200  # steps
    schedule: str = "cosine"  # how the rate falls after the warm-up
    accumulate: int = 1  # parts of a batch that are computed one after another: less memory
    clip: float = 2.0  # the gradient's global norm is cut to this
    smoothing: float = 0.0  # reserved part of the generator's probability, spread evenly
    sampling: float = 0.0  # share of the model's own pieces among its inputs, at the end
    coverage: float = 0.0  # weight of the loss of attending twice to the same piece
    coverage_from: str = "flat"  # when that loss begins
    ema: float = 0.0  # momentum of the average of the weights that is kept; 0: the weights
    average: int = 1  # best checkpoints whose weights are averaged at the end
    validate_every: int = 500  # steps
    validate_examples: int = 300  # held out, for each validation
    patience: int = 0  # validations without a better score before stopping; 0: never stop early
    precision: str = "auto"
    compile: str = "auto"
    budget: float = 0.0  # minutes for everything; 0: as many as the steps take
    init: str = ""  # a model's folder to start from, with its vocabulary
    init_parts: str = "all"  # what is taken from it: all weights, or embeddings and encoder
    tensorboard: bool = False  # also write the metrics for TensorBoard


@dataclass(frozen=True)
class DecodeConfig:
    """The search."""

    strategy: Part = Part("beam", {"width": 4})
    normalization: str = "gnmt"  # of the score by length
    length_penalty: float = 0.8  # alpha: score = log_prob / ((5 + length) / 6) ** alpha
    coverage_penalty: float = 0.0  # beta of GNMT: against leaving pieces unattended
    minimum: int = 2  # pieces
    maximum: int = 32  # pieces, the end included
    block_ngram: int = 3  # no sequence of this many pieces twice; 0: allowed
    extract: str = "words"  # what a tagger keeps
    threshold: float = 0.5  # a tagger keeps words of at least so much probability
    sentences: int = 3  # that a tagger keeps, at most


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
    "data.task": ("summarize", "reconstruct", "continue", "select"),
    "vocabulary.kind": ("unigram", "bpe", "characters", "bytes", "words"),
    "model.bridge": ("dense", "copy", "zero"),
    "model.tying": ("all", "embeddings", "summary", "none"),
    "train.schedule": ("cosine", "inverse_sqrt", "constant", "plateau"),
    "train.coverage_from": ("start", "flat"),
    "decode.normalization": ("gnmt", "average"),
    "decode.extract": ("words", "sentences"),
    "train.init_parts": ("all", "encoder"),
    "train.precision": ("auto", "float32", "mixed_bfloat16", "mixed_float16"),
    "train.compile": ("auto", "xla", "graph"),
}
PART_KINDS = {
    "model.encoder": "encoder",
    "model.decoder": "cell",
    "model.attention": "attention",
    "decode.strategy": "strategy",
}
MAY_BE_ZERO = {
    "seed", "train.warmup", "train.patience", "train.smoothing", "model.dropout",
    "decode.length_penalty", "decode.minimum", "decode.block_ngram", "decode.coverage_penalty",
    "decode.threshold", "data.curriculum", "train.sampling", "train.coverage", "train.ema",
    "train.budget",
}  # fmt: skip


def check(config: Config) -> Config:
    """Return the configuration if every value is possible.

    Raises:
        ConfigError: names the setting, its value and what is allowed.
    """
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
    for path in ("model.dropout", "train.smoothing", "train.ema", "decode.threshold"):
        section, name = path.split(".")
        if (value := getattr(getattr(config, section), name)) >= 1:
            raise ConfigError(f"{path}={value}: must be below 1")
    if config.train.sampling > 1:
        raise ConfigError(f"train.sampling={config.train.sampling}: must be at most 1")
    if config.train.batch % config.train.accumulate:
        raise ConfigError(
            f"train.accumulate={config.train.accumulate}: must divide "
            f"train.batch={config.train.batch}"
        )
    if config.decode.minimum > config.decode.maximum:
        raise ConfigError(
            f"decode.minimum={config.decode.minimum}: must be at most "
            f"decode.maximum={config.decode.maximum}"
        )
    _check_task(config)
    if config.model.attention.name == "none":
        _check_unattended(config)
    return config


def _check_unattended(config: Config) -> None:
    """Refuse what lives on attention where there is none."""
    for path, value, instead in (
        ("model.pointer", config.model.pointer, "false"),
        ("train.coverage", config.train.coverage, "0"),
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
    if data.task == "reconstruct" and data.summary_pieces > data.document_pieces:
        raise ConfigError(
            f"data.summary_pieces={data.summary_pieces}: what was read is to be written again: "
            f"must be at most data.document_pieces={data.document_pieces}"
        )
    for name in ("coverage", "sampling"):
        if data.task == "select" and (value := getattr(config.train, name)):
            raise ConfigError(f"train.{name}={value}: data.task=select writes no pieces: must be 0")
    if data.task == "continue" and encoder != "nothing":
        raise ConfigError(
            f"model.encoder={encoder}: data.task=continue reads nothing; set "
            "model.encoder=nothing, or begin with --preset language_model"
        )
    if encoder == "nothing" and data.task != "continue":
        raise ConfigError(
            f"model.encoder=nothing: data.task={data.task} needs what the document says; set "
            "model.encoder=bidirectional or data.task=continue"
        )
    if encoder == "nothing" and config.model.attention.name != "none":
        raise ConfigError(
            f"model.attention={config.model.attention.name}: nothing is read that it could look "
            "at; set model.attention=none, and model.intra_attention=true for the past"
        )
    if encoder == "nothing" and config.model.tying in ("summary", "none"):
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
