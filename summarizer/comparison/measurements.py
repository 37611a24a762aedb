"""Measures a trained variant: its summaries, its loss, and how far back its encoder reaches."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from summarizer import plugins
from summarizer.config import Config
from summarizer.metrics import rouge_tokenizer, summary_statistics
from summarizer.training import metrics_log, validators
from summarizer.types import Example
from summarizer.vocabulary import PAD, Vocabulary

FAR = 32  # documents that the gradient is followed back in


def parameters(model: Any) -> int:
    """Count the numbers that are trained."""
    return sum(math.prod(variable.shape) for variable in model.trainable_variables)


class GreedySummaries(NamedTuple):
    """Summaries of documents, and the mean probability of generating; None without a pointer."""

    texts: list[str]
    generated: float | None


def summaries(
    model: Any, words: Vocabulary, config: Config, examples: list[Example]
) -> GreedySummaries:
    """Summarize greedily, as the validations do, in one compiled search without an export."""
    from summarizer.decoding import scoring
    from summarizer.decoding.search import compile_search

    search = compile_search(
        model, plugins.build("strategy", "greedy"), 1, scoring.limits_from(config.decode)
    )
    texts: list[str] = []
    total = count = 0.0
    documents = validators.padded_batches(examples, words, config.data.max_document_tokens)
    for rows, start in zip(documents, validators.starts(examples, words), strict=True):
        found = search(rows, start)
        pieces, gate = np.asarray(found.tokens)[:, 0], np.asarray(found.gate)[:, 0]
        part = examples[len(texts) : len(texts) + len(rows)]
        texts += [words.decode(p, e.document) for p, e in zip(pieces, part, strict=False)]
        real = pieces[: len(part)] != PAD
        total, count = total + float(gate[: len(part)][real].sum()), count + float(real.sum())
    return GreedySummaries(texts, None if model.gate is None else total / max(count, 1.0))


def habit_statistics(texts: Sequence[str], examples: Sequence[Example]) -> tuple[float, float]:
    """Return the means over documents of the shares of words that repeat, and that are copied."""
    found = []
    for text, example in zip(texts, examples, strict=True):
        words, document = (
            rouge_tokenizer.words(text),
            summary_statistics.index_document(rouge_tokenizer.words(example.document)),
        )
        copied = summary_statistics.coverage(
            summary_statistics.extractive_fragments(words, document), len(words)
        )
        found.append((summary_statistics.repetition(words), copied))
    means = np.mean(found, axis=0)
    return float(means[0]), float(means[1])


def longest(words: Vocabulary, config: Config, examples: Sequence[Example]) -> Any:
    """Return the longest documents as pieces, int32 [B, S]: all cut to the shortest of them."""
    limit = config.data.max_document_tokens
    ids = words.encode_all([example.document for example in examples])
    chosen = sorted(ids, key=len)[-FAR:]
    shortest = min(limit, *map(len, chosen))
    return np.array([row[:shortest] for row in chosen], np.int32)


def gradient_reach(model: Any, documents: Any) -> list[float]:
    """Tell how much each piece of a document counts for what the encoder says of its last one.

    Args:
        model: a `Seq2Seq`.
        documents: int32 [B, S], without padding.

    Returns:
        For d = 0 … S − 1: ‖∂‖h_S‖ / ∂x_{S−d}‖, the mean over the documents, over that of d = 0;
        h_S is what the encoder gives at the last position, x_t the embedding of piece t.
    """
    import keras
    from keras import ops

    mask = ops.ones(documents.shape, "bool")
    embedded = ops.take(ops.convert_to_tensor(model.embeddings), documents, axis=0)

    seen = {"sentence": model.sentences(documents)} if model.sentences else {}

    def last(embedded: Any) -> Any:
        outputs, _ = model.encoder(embedded, mask, **seen)
        squares = ops.sum(ops.square(ops.cast(outputs[:, -1], "float32")), axis=-1)
        return ops.sum(ops.sqrt(squares + 1e-12))

    if keras.backend.backend() == "jax":
        import jax

        gradient = jax.grad(last)(embedded)
    else:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(embedded)
            value = last(embedded)
        gradient = tape.gradient(value, embedded)
    norms = np.linalg.norm(np.asarray(gradient, np.float64), axis=-1).mean(axis=0)[::-1]
    return [float(norm) for norm in norms / max(norms[0], 1e-30)]


class TrainingLog(NamedTuple):
    """What the log of a run says: minutes, examples a second, (minutes, ROUGE-1) by validation."""

    minutes: float
    speed: float
    curve: list[tuple[float, float]]


def read_log(folder: Path, batch: int) -> TrainingLog:
    """Read `metrics.jsonl`.

    Args:
        folder: of the run.
        batch: examples of a step.
    """
    records = metrics_log.read_log(folder)
    steps = np.diff([0, *(record["step"] for record in records)])
    scored = [i for i, record in enumerate(records) if "rouge1" in record]
    begin = scored[0] + 1 if scored[0] + 1 < len(records) else 0  # until then things are compiled
    seconds = [
        batch * count / record["examples_per_second"]
        for count, record in zip(steps, records, strict=True)
    ]
    curve = [(records[i]["minutes"], records[i]["rouge1"]) for i in scored]
    speed = batch * float(steps[begin:].sum()) / sum(seconds[begin:])
    return TrainingLog(records[-1]["minutes"], speed, curve)
