"""How good a model is on examples that it was not trained on: ROUGE of what it writes, or its loss.

Systems that summarize are judged by ROUGE-1, taggers by the words that they keep; what writes
something else by its likelihood.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from summarizer import plugins
from summarizer.config import Config
from summarizer.datasets import alignment, batches, store, tasks
from summarizer.training.validation import KEPT, LOSS, ROUGE1, Metric, Validation
from summarizer.types import Example
from summarizer.vocabulary import END, PAD, Vocabulary

METRICS = {"summarize": ROUGE1, "reconstruct": LOSS, "continue": LOSS, "select": KEPT}
ROWS = 50  # examples at once
SAMPLES = 3


def metric(config: Config) -> Metric:
    """Return the number that decides for what a configuration learns."""
    return METRICS[config.data.task]


def validator(
    model: Any, words: Vocabulary, config: Config, examples: Sequence[Example]
) -> Callable[[], Validation]:
    """Return a function that measures a model, as it is then, on held-out examples."""
    if metric(config) == ROUGE1:
        return _summaries(model, words, config, examples)
    if metric(config) == KEPT:
        return _extracts(model, words, config, examples)
    loss = _loss(model, words, config, examples)
    show = _writer(model, words, config, examples[:SAMPLES])
    return lambda: Validation({LOSS.name: loss()}, show())


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
) -> Callable[[], Validation]:
    """A function that summarizes the held-out examples greedily and scores them."""
    from summarizer.decoding import scoring
    from summarizer.decoding.search import compiled
    from summarizer.evaluation import rouge

    search = compiled(model, plugins.build("strategy", "greedy"), 1, scoring.of(config.decode))
    references = [e.summary or "" for e in examples]
    stem = rouge.default_stem(references)

    def validate() -> Validation:
        texts: list[Any] = []
        gates: list[Any] = []
        for rows in padded(examples, words, config.data.document_pieces):
            searched = search(rows)
            pieces = np.asarray(searched.pieces)[: len(examples) - len(texts), 0]
            # The end can only be generated: it says nothing of what the pointer does.
            written = (pieces != PAD) & (pieces != END)
            gates.extend(np.asarray(searched.gate)[: len(pieces), 0][written])
            texts.extend(pieces)
        found = [words.decode(p, e.document) for p, e in zip(texts, examples, strict=True)]
        scores = rouge.score(found, references, stem)
        if config.model.pointer and gates:
            scores["gate"] = np.asarray(gates)
        return _scored(scores, found, references)

    return validate


def _extracts(
    model: Any, words: Vocabulary, config: Config, examples: Sequence[Example]
) -> Callable[[], Validation]:
    """A function that keeps of the held-out documents what a tagger says, and scores that."""
    from summarizer.decoding.extracting import Tagged
    from summarizer.evaluation import rouge
    from summarizer.evaluation.baselines import length
    from summarizer.model import tagger

    keep = tagger.compiled(model)
    texts, references = [e.document for e in examples], [e.summary or "" for e in examples]
    stem, limit = rouge.default_stem(references), config.data.document_pieces
    spans = [words.spans(text)[:limit] for text in texts]

    def validate() -> Validation:
        probabilities = (row for rows in padded(examples, words, limit) for row in keep(rows))
        found = [
            Tagged(text, here, np.asarray(row)[: len(here)]).extract(config.decode, length).text
            for text, here, row in zip(texts, spans, probabilities, strict=False)
        ]
        kept = {KEPT.name: alignment.f1(texts, found, references)}
        return _scored(kept | rouge.score(found, references, stem), found, references)

    return validate


def _scored(scores: Any, found: list[str], references: list[str]) -> Validation:
    """The means of scores by metric, and the first texts beside their references."""
    samples = _beside(found[:SAMPLES], references)
    return Validation({name: float(values.mean()) for name, values in scores.items()}, samples)


def _beside(texts: list[str], references: list[str]) -> list[str]:
    pairs = zip(texts, references, strict=False)
    return [f"  {text}\n    reference: {reference}" for text, reference in pairs]


def _writer(
    model: Any, words: Vocabulary, config: Config, examples: Sequence[Example]
) -> Callable[[], list[str]]:
    """A function that gives lines to show: what is written of a few documents, or of nothing."""
    from summarizer.decoding import scoring
    from summarizer.decoding.search import compiled

    strategy, limits = plugins.build("strategy", "greedy"), scoring.of(config.decode)
    if config.data.task == "continue":
        own = config.decode.strategy
        options = own.options if own.name == "sample" else {}
        strategy = plugins.build("strategy", "sample", **{**options, "width": SAMPLES})
        examples = [Example("", "")]
    search = compiled(model, strategy, strategy.width, limits)
    rows = next(padded(examples, words, config.data.document_pieces, len(examples)))

    def show() -> list[str]:
        pieces = np.asarray(search(rows).pieces)
        texts = [words.decode(row) for row in pieces.reshape(-1, pieces.shape[2])]
        if config.data.task == "continue":
            return [f"  {text}" for text in texts]
        return _beside(texts, [example.document for example in examples])

    return show


def padded(
    examples: Sequence[Example], words: Vocabulary, longest: int, rows: int = ROWS
) -> Iterator[Any]:
    """Yield documents as int32 [rows, S], the last batch filled up with empty rows."""
    for begin in range(0, len(examples), rows):
        batch = np.zeros((rows, longest), np.int32)
        part = examples[begin : begin + rows]
        for i, ids in enumerate(words.encode_all([e.document for e in part])):
            batch[i, : len(ids[:longest])] = ids[:longest]
        yield batch


def _loss(
    model: Any, words: Vocabulary, config: Config, examples: Sequence[Example]
) -> Callable[[], float]:
    """A function that gives the loss on examples, which it keeps as ids."""
    from summarizer.training import step

    data = config.data
    held = store.held(tasks.tokenize(data, examples, words), words.size)
    shape = batches.Shape(ROWS, data.document_pieces, tasks.written(data), 1)
    measure = step.measure(model)

    def loss() -> float:
        total = pieces = 0.0
        for batch in batches.once(held, shape):
            summed, count = np.asarray(measure(batch), np.float64)
            total, pieces = total + summed, pieces + count
        return float(total / max(pieces, 1.0))

    return loss
