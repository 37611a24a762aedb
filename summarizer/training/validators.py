"""Validation: ROUGE of greedy summaries, F1 of the words that a tagger keeps, or the loss.

A summarizer is judged by ROUGE-1, a tagger by the words that it keeps, and a model of another task
by its likelihood.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from summarizer import plugins
from summarizer.config import TAGGING_TASKS, Config
from summarizer.datasets import batching, tasks, token_store
from summarizer.metrics import tagging
from summarizer.training.metric import KEPT_F1, LOSS, ROUGE1, Metric, ValidationResult
from summarizer.training.step import TrainableModel
from summarizer.types import Example
from summarizer.vocabulary import END, PAD, Vocabulary

if TYPE_CHECKING:
    from summarizer.model.tagger import Tagger

METRICS = {
    "summarize": ROUGE1,
    "autoencode": LOSS,
    "gap_sentences": LOSS,
    "language_model": LOSS,
    "tag": KEPT_F1,
    "extract": ROUGE1,
}
BATCH_SIZE = 50  # examples
SAMPLES = 3  # texts shown after a validation

Validator = Callable[[], ValidationResult]


def selection_metric(config: Config) -> Metric:
    """Return the metric that decides which weights are best for the task of a configuration."""
    return METRICS[config.data.task]


def make_validator(
    model: TrainableModel, vocabulary: Vocabulary, config: Config, examples: Sequence[Example]
) -> Validator:
    """Return a function that measures the model, with its current weights, on examples."""
    if config.data.task == "summarize":
        return _summary_validator(model, vocabulary, config, examples)
    if config.data.task in TAGGING_TASKS:
        return _tagging_validator(cast("Tagger", model), vocabulary, config, examples)
    loss = _make_loss(model, vocabulary, config, examples)
    samples = _sample_writer(model, vocabulary, config, examples[:SAMPLES])
    return lambda: ValidationResult({LOSS.name: loss()}, samples())


def validation_loss(
    model: TrainableModel, vocabulary: Vocabulary, config: Config, examples: Sequence[Example]
) -> float:
    """Return the mean negative log-probability of held-out tokens, each given those before it.

    Args:
        model: a `Seq2Seq`, in any precision, on TensorFlow or JAX.
        vocabulary: the vocabulary of the model.
        config: its configuration: input and output are chosen and cut as in training.
        examples: must hold at least one token to predict.

    Returns:
        Nats per token, the end of each text included; without dropout, label smoothing and other
        training aids.
    """
    return _make_loss(model, vocabulary, config, examples)()


def padded_batches(
    examples: Sequence[Example], vocabulary: Vocabulary, max_tokens: int, rows: int = BATCH_SIZE
) -> Iterator[npt.NDArray[np.int32]]:
    """Yield documents as int32 [rows, max_tokens], the last batch filled up with empty rows."""
    for begin in range(0, len(examples), rows):
        batch = np.zeros((rows, max_tokens), np.int32)
        documents = [example.document for example in examples[begin : begin + rows]]
        for i, token_ids in enumerate(vocabulary.encode_all(documents)):
            batch[i, : len(token_ids[:max_tokens])] = token_ids[:max_tokens]
        yield batch


def starts(
    examples: Sequence[Example], vocabulary: Vocabulary, rows: int = BATCH_SIZE
) -> Iterator[npt.NDArray[np.int32]]:
    """Yield the first token of the summaries, int32 [rows], for each batch of `padded_batches`.

    Raises:
        InputError: the vocabulary has control tokens but none for the type of an example.
    """
    tokens = [vocabulary.start(example.type) for example in examples]
    for begin in range(0, len(tokens), rows):
        part = tokens[begin : begin + rows]
        yield np.asarray(part + [vocabulary.start()] * (rows - len(part)), np.int32)


def _summary_validator(
    model: TrainableModel, vocabulary: Vocabulary, config: Config, examples: Sequence[Example]
) -> Validator:
    """Return a function that summarizes the examples greedily and scores the summaries."""
    from summarizer.decoding import scoring
    from summarizer.decoding.search import compile_search
    from summarizer.metrics import rouge

    greedy = plugins.build("strategy", "greedy")
    search = compile_search(model, greedy, 1, scoring.limits_from(config.decode))
    references = [example.summary or "" for example in examples]
    stem = rouge.default_stem(references)
    first_tokens = list(starts(examples, vocabulary))  # refuses an unknown type before training

    def validate() -> ValidationResult:
        token_ids: list[npt.NDArray[np.int32]] = []
        gates: list[float] = []
        batches = padded_batches(examples, vocabulary, config.data.max_document_tokens)
        for batch, start in zip(batches, first_tokens, strict=True):
            result = search(batch, start)
            tokens = np.asarray(result.tokens)[: len(examples) - len(token_ids), 0]
            # The end can only be generated, so it says nothing about the pointer.
            copyable = (tokens != PAD) & (tokens != END)
            gates.extend(np.asarray(result.gate)[: len(tokens), 0][copyable])
            token_ids.extend(tokens)
        pairs = zip(token_ids, examples, strict=True)
        summaries = [vocabulary.decode(tokens, example.document) for tokens, example in pairs]
        scores = rouge.score(summaries, references, stem)
        if config.model.pointer and gates:
            scores["gate"] = np.asarray(gates)
        groups = _group_means(scores["rouge1"], examples)
        return _result(scores, summaries, references)._replace(groups=groups)

    return validate


def _tagging_validator(
    model: "Tagger", vocabulary: Vocabulary, config: Config, examples: Sequence[Example]
) -> Validator:
    """Return a function that extracts with a tagger from the examples and scores the extracts."""
    from summarizer.decoding.tag_decoding import TaggedDocument
    from summarizer.evaluation.lead import length
    from summarizer.metrics import rouge
    from summarizer.model import tagger

    tag = tagger.compile_tagger(model)
    texts = [example.document for example in examples]
    references = [example.summary or "" for example in examples]
    stem, limit = rouge.default_stem(references), config.data.max_document_tokens
    spans = [vocabulary.spans(text)[:limit] for text in texts]

    def validate() -> ValidationResult:
        batches = padded_batches(examples, vocabulary, limit)
        probabilities = (np.asarray(row) for batch in batches for row in tag(batch))
        extracts = [
            TaggedDocument(text, text_spans, row[: len(text_spans)])
            .extract(config.decode, length)
            .text
            for text, text_spans, row in zip(texts, spans, probabilities, strict=False)
        ]
        f1 = {KEPT_F1.name: tagging.kept_word_f1(texts, extracts, references)}
        return _result(f1 | rouge.score(extracts, references, stem), extracts, references)

    return validate


def _result(
    scores: Mapping[str, npt.NDArray[np.float64]], texts: list[str], references: list[str]
) -> ValidationResult:
    """Return the mean of each score, and the first texts beside their references."""
    means = {name: float(values.mean()) for name, values in scores.items()}
    return ValidationResult(means, _beside_references(texts[:SAMPLES], references))


def _group_means(
    scores: npt.NDArray[np.float64], examples: Sequence[Example]
) -> dict[str, dict[str, float]]:
    """Return the means of scores [n] by type and by source; {} if there is one group."""
    if len({example.group for example in examples}) == 1:
        return {}
    names = {
        "by_type": np.array([example.type for example in examples]),
        "by_source": np.array([example.group for example in examples]),
    }
    return {
        kind: {str(name): float(scores[of == name].mean()) for name in np.unique(of)}
        for kind, of in names.items()
    }


def _beside_references(texts: list[str], references: list[str]) -> list[str]:
    pairs = zip(texts, references, strict=False)
    return [f"  {text}\n    reference: {reference}" for text, reference in pairs]


def _sample_writer(
    model: TrainableModel, vocabulary: Vocabulary, config: Config, examples: Sequence[Example]
) -> Callable[[], list[str]]:
    """Return a function that writes texts to show: of a few documents, or without a prompt."""
    from summarizer.decoding import scoring
    from summarizer.decoding.search import compile_search

    language_model = config.data.task == "language_model"
    strategy = plugins.build("strategy", "greedy")
    if language_model:
        part = config.decode.strategy
        options = part.options if part.name == "sample" else {}
        strategy = plugins.build("strategy", "sample", **{**options, "width": SAMPLES})
        examples = [Example("", "")]
    else:
        examples = list(tasks.pairs(config.data, examples))
    limits = scoring.limits_from(config.decode)
    search = compile_search(model, strategy, strategy.width, limits)
    limit = config.data.max_document_tokens
    batch = next(padded_batches(examples, vocabulary, limit, len(examples)))

    def write() -> list[str]:
        tokens = np.asarray(search(batch).tokens)  # [B, K, T]
        texts = [vocabulary.decode(row) for row in tokens.reshape(-1, tokens.shape[2])]
        if language_model:
            return [f"  {text}" for text in texts]
        return _beside_references(texts, [example.summary or "" for example in examples])

    return write


def _make_loss(
    model: TrainableModel, vocabulary: Vocabulary, config: Config, examples: Sequence[Example]
) -> Callable[[], float]:
    """Return a function that computes the loss on examples, which it keeps as token ids."""
    from summarizer.training import compile_step

    data = config.data
    first_tokens = (
        [vocabulary.start(example.type) for example in examples] if vocabulary.controls else []
    )
    pairs = tasks.tokenize(data, examples, vocabulary)
    store = token_store.in_memory_store(pairs, vocabulary.size, first_tokens)
    max_target = tasks.max_target_tokens(data)
    shape = batching.BatchShape(BATCH_SIZE, data.max_document_tokens, max_target, 1)
    loss_of = compile_step.make_loss_function(model)

    def loss() -> float:
        total = weight = 0.0
        for batch in batching.sequential_batches(store, shape):
            batch_total, batch_weight = np.asarray(loss_of(batch), np.float64)
            total, weight = total + batch_total, weight + batch_weight
        return float(total / max(weight, 1.0))

    return loss
