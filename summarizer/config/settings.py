"""Every setting once, with its default, unit and choices.

A configuration is a tree of frozen dataclasses. It describes a run completely, and is saved as JSON
beside the model. Settings have dotted names: `train.steps=500`, `model.attention=additive`,
`model.encoder.width=128`. The comment after a setting is its description in the documentation.
"""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from summarizer.config import aliases
from summarizer.errors import renamed_fields

# 1: validates on the first examples of the validation data; 2: on examples drawn from all of it,
# equally by type and source. A configuration without a number is of schema 1.
SCHEMA = 2

TAGGING_TASKS = ("tag", "extract")
"""Values of `data.task` that label the tokens of a document and write none."""


@dataclass(frozen=True)
class Part:
    """A part chosen from a plugin folder, with its options."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Replace old names of parts: its own, and that of a cell among its options."""
        object.__setattr__(self, "name", aliases.PARTS.get(self.name, self.name))
        if (cell := self.options.get("cell")) in aliases.PARTS:
            object.__setattr__(self, "options", {**self.options, "cell": aliases.PARTS[cell]})


@renamed_fields(aliases.SETTINGS["data"])
@dataclass(frozen=True)
class DataConfig:
    """Training and validation data, and how they are cut and batched."""

    train: str = "docstrings"  # SPEC of the training data
    task: str = "summarize"  # what the model learns to write from a document
    validation: str = (
        ""  # SPEC of the validation data; empty: split by the source, or by hash of id
    )
    max_document_tokens: int = 256  # tokens of a document that the model reads; the rest is cut
    max_summary_tokens: int = 32  # tokens of a summary in training; the rest is cut
    bucket_window: int = 100  # batches sorted by length together; more: less padding, less random
    curriculum_epochs: int = 0  # number of first epochs that go from short documents to long ones
    weights: dict[str, float] = field(
        default_factory=dict
    )  # TYPE/SOURCE or SOURCE → mean number of times an epoch draws each example; others: 1
    thin: dict[str, float] = field(
        default_factory=dict
    )  # phrase → fraction to keep of the training examples with that phrase in the summary

    def __post_init__(self) -> None:
        """Replace an old name of a task."""
        object.__setattr__(self, "task", aliases.TASKS.get(self.task, self.task))


@renamed_fields(aliases.SETTINGS["vocabulary"])
@dataclass(frozen=True)
class VocabularyConfig:
    """The vocabulary, which is learned from the training data."""

    kind: str = "unigram"  # type of tokens
    size: int = 8000  # number of tokens, including 256 bytes and the special tokens
    sample_size: int = 100_000  # maximum number of examples from which it is learned
    lowercase: bool = True  # convert text to lower case; summaries take case from the document


@renamed_fields(aliases.SETTINGS["model"])
@dataclass(frozen=True)
class ModelConfig:
    """The encoder-decoder network."""

    embedding_size: int = 256  # width of a token embedding
    encoder: Part = Part("bidirectional", {"width": 256})  # encoder of documents
    decoder_cell: Part = Part("lstm", {"width": 512})  # recurrent cell of the decoder
    decoder_layers: int = 1  # number of decoder cells; residual connections from the second on
    bridge: str = "dense"  # how the decoder's first state is made from the encoder's final state
    attention: Part = Part("dot")  # attention of the decoder to the document
    input_feeding: bool = False  # feed the features of the previous position to the decoder cell
    intra_attention: bool = False  # also attend to the decoder's own earlier outputs
    deep_output: bool = False  # the layer before the output also sees the previous token
    pointer: bool = True  # copy tokens from the document
    tying: str = "all"  # which of document, summary and output embeddings share one matrix
    pretrained_embeddings: str = ""  # text file of word vectors to start from; empty: none
    dropout: float = 0.1  # fraction of embeddings and outputs set to 0 in training
    sentence_head: bool = False  # scores the sentences of a document; `summarizer export` sets it
    word_head: bool = False  # scores the words of a document; `summarizer export` sets it


@renamed_fields(aliases.SETTINGS["train"])
@dataclass(frozen=True)
class TrainConfig:
    """Optimization, validation and hardware."""

    steps: int = 2000  # number of training steps
    batch_size: int = 64  # examples per step
    learning_rate: float = 1e-3  # peak learning rate, reached after the warm-up
    warmup_steps: int = 200  # steps in which the learning rate rises from 0 to its peak
    schedule: str = "cosine"  # how the learning rate falls after the warm-up
    gradient_accumulation: int = 1  # parts of a batch computed one after another, to save memory
    max_gradient_norm: float = 2.0  # gradients are scaled down to this global norm
    label_smoothing: float = 0.0  # share of the generator's target probability spread evenly
    scheduled_sampling: float = 0.0  # final fraction of inputs replaced by the model's own tokens
    coverage_loss: float = 0.0  # weight of the loss for attending to the same tokens twice
    coverage_start: str = "flat"  # when the coverage loss starts: at once, or when the loss is flat
    risk_weight: float = 0.0  # weight of the expected risk, 1 - ROUGE of samples; 0: none
    risk_samples: int = 3  # number of summaries sampled of each document for the expected risk
    ema_decay: float = 0.0  # decay of the exponential moving average of the weights; 0: no average
    average_checkpoints: int = 1  # number of best checkpoints whose weights are averaged at the end
    validation_interval: int = 500  # steps between validations
    validation_examples: int = 300  # number of validation examples
    patience: int = 0  # validations without a better score before stopping; 0: never stop early
    precision: str = "auto"  # number format of matrix products
    compile: str = "auto"  # compiler of the training step
    budget: float = 0.0  # minutes for the whole run; 0: no limit besides the steps
    init: str = ""  # folder of a model that the run starts from
    init_parts: str = "all"  # what is taken from it: all, the encoder, or the network
    tensorboard: bool = False  # also write the metrics for TensorBoard


@renamed_fields(aliases.SETTINGS["decode"])
@dataclass(frozen=True)
class DecodeConfig:
    """The search for summaries."""

    strategy: Part = Part("beam", {"width": 4})  # decoding strategy
    length_normalization: str = "gnmt"  # how scores are normalized by length
    length_penalty: float = 0.8  # alpha of gnmt: score = log_prob / ((5 + length) / 6) ** alpha
    coverage_penalty: float = 0.0  # beta of the penalty for document tokens without attention
    min_tokens: int = 2  # minimum length of a summary, in tokens
    max_tokens: int = 32  # maximum length of a summary, in tokens, including the end token
    no_repeat_ngram: int = 3  # no n-gram of this many tokens occurs twice; 0: repetition allowed
    tagger_unit: str = "words"  # what a tagger keeps
    tagger_threshold: float = 0.5  # a tagger keeps words with at least this probability
    tagger_sentences: int = 3  # maximum number of sentences that a tagger keeps


@dataclass(frozen=True)
class Config:
    """All settings of a run."""

    name: str = "run"  # name of the run
    seed: int = 1  # seed of initial weights, order of the data, and dropout
    schema: int = SCHEMA  # version of the settings' meaning
    data: DataConfig = DataConfig()
    vocabulary: VocabularyConfig = VocabularyConfig()
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    decode: DecodeConfig = DecodeConfig()


CHOICES = {
    "data.task": ("summarize", "autoencode", "gap_sentences", "language_model", *TAGGING_TASKS),
    "vocabulary.kind": ("unigram", "bpe", "characters", "bytes", "words"),
    "model.bridge": ("dense", "copy", "zero"),
    "model.tying": ("all", "embeddings", "summary", "none"),
    "train.schedule": ("cosine", "inverse_sqrt", "constant", "plateau"),
    "train.coverage_start": ("start", "flat"),
    "decode.length_normalization": ("gnmt", "average"),
    "decode.tagger_unit": ("words", "sentences"),
    "train.init_parts": ("all", "encoder", "frozen_encoder", "network"),
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
    "seed",
    "data.curriculum_epochs",
    "model.dropout",
    "train.warmup_steps",
    "train.label_smoothing",
    "train.scheduled_sampling",
    "train.coverage_loss",
    "train.risk_weight",
    "train.ema_decay",
    "train.patience",
    "train.budget",
    "decode.length_penalty",
    "decode.coverage_penalty",
    "decode.min_tokens",
    "decode.no_repeat_ngram",
    "decode.tagger_threshold",
}
BELOW_ONE = ("model.dropout", "train.label_smoothing", "train.ema_decay", "decode.tagger_threshold")


def flatten(node: Any, prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Yield (dotted name, value) of every setting; a Part is one value."""
    for f in dataclasses.fields(node):
        value, path = getattr(node, f.name), prefix + f.name
        if dataclasses.is_dataclass(value) and not isinstance(value, Part):
            yield from flatten(value, path + ".")
        else:
            yield path, value
