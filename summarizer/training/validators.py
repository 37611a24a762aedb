"""How good a model is on examples that it was not trained on: ROUGE of what it writes, or its loss.

Systems that summarize are judged by ROUGE-1, taggers by the words that they keep; what writes
something else by its likelihood.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from summarizer import plugins
from summarizer.config import Config
from summarizer.datasets import batching, tasks, token_store
from summarizer.metrics import tagging
from summarizer.training.metric import KEPT_F1, LOSS, ROUGE1, Metric, ValidationResult
from summarizer.types import Example
from summarizer.vocabulary import END, PAD, Vocabulary

METRICS = {"summarize": ROUGE1, "autoencode": LOSS, "language_model": LOSS, "tag": KEPT_F1}
BATCH_SIZE = 50  # examples at once
SAMPLES = 3


def selection_metric(config: Config) -> Metric:
    """Return the number that decides for what a configuration learns."""
    return METRICS[config.data.task]


def make_validator(
    model: Any, words: Vocabulary, config: Config, examples: Sequence[Example]
) -> Callable[[], ValidationResult]:
    """Return a function that measures a model, as it is then, on held-out examples."""
    if selection_metric(config) == ROUGE1:
        return _summaries(model, words, config, examples)
    if selection_metric(config) == KEPT_F1:
        return _extracts(model, words, config, examples)
    loss = _loss(model, words, config, examples)
    show = _sample_writer(model, words, config, examples[:SAMPLES])
    return lambda: ValidationResult({LOSS.name: loss()}, show())


def validation_loss(
    model: Any, words: Vocabulary, config: Config, examples: Sequence[Example]
) -> float:
    """Return the mean negative log-probability of held-out pieces, each given those before it.

    Args:
        model: a `Seq2Seq`, in any precision, on TensorFlow or JAX.
        words: its vocabulary.
        config: its own; what it reads and writes, and where that is cut, is as in training.
        examples: at least one piece to write among them.

    Returns:
        Nats a piece, the ends included; without dropout, smoothing and other training aids.
    """
    return _loss(model, words, config, examples)()


def _summaries(
    model: Any, words: Vocabulary, config: Config, examples: Sequence[Example]
) -> Callable[[], ValidationResult]:
    """A function that summarizes the held-out examples greedily and scores them."""
    from summarizer.decoding import scoring
    from summarizer.decoding.search import compile_search
    from summarizer.metrics import rouge

    search = compile_search(
        model, plugins.build("strategy", "greedy"), 1, scoring.limits_from(config.decode)
    )
    references = [e.summary or "" for e in examples]
    stem = rouge.default_stem(references)
    begun = list(starts(examples, words))  # an unknown type is refused now

    def validate() -> ValidationResult:
        texts: list[Any] = []
        gates: list[Any] = []
        documents = padded_batches(examples, words, config.data.max_document_tokens)
        for rows, start in zip(documents, begun, strict=True):
            searched = search(rows, start)
            pieces = np.asarray(searched.tokens)[: len(examples) - len(texts), 0]
            # The end can only be generated: it says nothing of what the pointer does.
            written = (pieces != PAD) & (pieces != END)
            gates.extend(np.asarray(searched.gate)[: len(pieces), 0][written])
            texts.extend(pieces)
        found = [words.decode(p, e.document) for p, e in zip(texts, examples, strict=True)]
        scores = rouge.score(found, references, stem)
        if config.model.pointer and gates:
            scores["gate"] = np.asarray(gates)
        return _scored(scores, found, references)._replace(
            parts=_by_group(scores["rouge1"], examples)
        )

    return validate


def _extracts(
    model: Any, words: Vocabulary, config: Config, examples: Sequence[Example]
) -> Callable[[], ValidationResult]:
    """A function that keeps of the held-out documents what a tagger says, and scores that."""
    from summarizer.decoding.tag_decoding import TaggedDocument
    from summarizer.evaluation.lead import length
    from summarizer.metrics import rouge
    from summarizer.model import tagger

    keep = tagger.compile_tagger(model)
    texts, references = [e.document for e in examples], [e.summary or "" for e in examples]
    stem, limit = rouge.default_stem(references), config.data.max_document_tokens
    spans = [words.spans(text)[:limit] for text in texts]

    def validate() -> ValidationResult:
        probabilities = (
            row for rows in padded_batches(examples, words, limit) for row in keep(rows)
        )
        found = [
            TaggedDocument(text, here, np.asarray(row)[: len(here)])
            .extract(config.decode, length)
            .text
            for text, here, row in zip(texts, spans, probabilities, strict=False)
        ]
        kept = {KEPT_F1.name: tagging.kept_word_f1(texts, found, references)}
        return _scored(kept | rouge.score(found, references, stem), found, references)

    return validate


def _scored(scores: Any, found: list[str], references: list[str]) -> ValidationResult:
    """The means of scores by metric, and the first texts beside their references."""
    samples = _beside_references(found[:SAMPLES], references)
    return ValidationResult(
        {name: float(values.mean()) for name, values in scores.items()}, samples
    )


def _by_group(scores: Any, examples: Sequence[Example]) -> dict[str, dict[str, float]]:
    """The means of scores [n] by type and by source, where the examples are of several groups."""
    if len({example.group for example in examples}) == 1:
        return {}
    kinds = {"by_type": [e.type for e in examples], "by_source": [e.group for e in examples]}
    return {
        kind: {
            name: float(scores[[i for i, own in enumerate(names) if own == name]].mean())
            for name in sorted(set(names))
        }
        for kind, names in kinds.items()
    }


def _beside_references(texts: list[str], references: list[str]) -> list[str]:
    pairs = zip(texts, references, strict=False)
    return [f"  {text}\n    reference: {reference}" for text, reference in pairs]


def _sample_writer(
    model: Any, words: Vocabulary, config: Config, examples: Sequence[Example]
) -> Callable[[], list[str]]:
    """A function that gives lines to show: what is written of a few documents, or of nothing."""
    from summarizer.decoding import scoring
    from summarizer.decoding.search import compile_search

    strategy, limits = plugins.build("strategy", "greedy"), scoring.limits_from(config.decode)
    if config.data.task == "language_model":
        own = config.decode.strategy
        options = own.options if own.name == "sample" else {}
        strategy = plugins.build("strategy", "sample", **{**options, "width": SAMPLES})
        examples = [Example("", "")]
    search = compile_search(model, strategy, strategy.width, limits)
    rows = next(padded_batches(examples, words, config.data.max_document_tokens, len(examples)))

    def show() -> list[str]:
        pieces = np.asarray(search(rows).tokens)
        texts = [words.decode(row) for row in pieces.reshape(-1, pieces.shape[2])]
        if config.data.task == "language_model":
            return [f"  {text}" for text in texts]
        return _beside_references(texts, [example.document for example in examples])

    return show


def padded_batches(
    examples: Sequence[Example], words: Vocabulary, longest: int, rows: int = BATCH_SIZE
) -> Iterator[Any]:
    """Yield documents as int32 [rows, S], the last batch filled up with empty rows."""
    for begin in range(0, len(examples), rows):
        batch = np.zeros((rows, longest), np.int32)
        part = examples[begin : begin + rows]
        for i, ids in enumerate(words.encode_all([e.document for e in part])):
            batch[i, : len(ids[:longest])] = ids[:longest]
        yield batch


def starts(examples: Sequence[Example], words: Vocabulary, rows: int = BATCH_SIZE) -> Iterator[Any]:
    """Yield what the summaries begin with, int32 [rows], for each batch of `padded`.

    Raises:
        InputError: the vocabulary has control tokens, and none for the type of an example.
    """
    first = [words.start(example.type) for example in examples]
    for begin in range(0, len(first), rows):
        part = first[begin : begin + rows]
        yield np.asarray(part + [words.start()] * (rows - len(part)), np.int32)


def _loss(
    model: Any, words: Vocabulary, config: Config, examples: Sequence[Example]
) -> Callable[[], float]:
    """A function that gives the loss on examples, which it keeps as ids."""
    from summarizer.training import step

    data = config.data
    begun = [words.start(e.type) for e in examples] if words.controls else []
    held = token_store.in_memory_store(tasks.tokenize(data, examples, words), words.size, begun)
    shape = batching.BatchShape(
        BATCH_SIZE, data.max_document_tokens, tasks.max_target_tokens(data), 1
    )
    measure = step.make_loss_function(model)

    def loss() -> float:
        total = pieces = 0.0
        for batch in batching.sequential_batches(held, shape):
            summed, count = np.asarray(measure(batch), np.float64)
            total, pieces = total + summed, pieces + count
        return float(total / max(pieces, 1.0))

    return loss
