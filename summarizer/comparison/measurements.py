"""Measurements of a trained variant: summaries, word statistics, reach of the encoder."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from summarizer import plugins
from summarizer.config import Config
from summarizer.metrics import rouge_tokenizer, summary_statistics
from summarizer.training import metrics_log, validators
from summarizer.types import Example, Tensor
from summarizer.vocabulary import PAD, Vocabulary

if TYPE_CHECKING:
    from summarizer.model.seq2seq import Seq2Seq

GRADIENT_DOCUMENTS = 32  # documents in which the gradient is followed


def count_parameters(model: "Seq2Seq") -> int:
    """Return the number of trained parameters."""
    return sum(math.prod(variable.shape) for variable in model.trainable_variables)


class GreedySummaries(NamedTuple):
    """Greedy summaries of documents.

    Attributes:
        texts: one summary a document.
        generated: mean probability of generating instead of copying; None without a pointer.
    """

    texts: list[str]
    generated: float | None


def greedy_summaries(
    model: "Seq2Seq", words: Vocabulary, config: Config, examples: list[Example]
) -> GreedySummaries:
    """Summarize greedily, as validations do, with one compiled search and without an export."""
    from summarizer.decoding import scoring
    from summarizer.decoding.search import compile_search

    search = compile_search(
        model, plugins.build("strategy", "greedy"), 1, scoring.limits_from(config.decode)
    )
    texts: list[str] = []
    gate_sum = token_count = 0.0
    batches = validators.padded_batches(examples, words, config.data.max_document_tokens)
    for documents, start in zip(batches, validators.starts(examples, words), strict=True):
        result = search(documents, start)
        tokens, gate = np.asarray(result.tokens)[:, 0], np.asarray(result.gate)[:, 0]
        batch = examples[len(texts) : len(texts) + len(documents)]
        # The last batch is filled up with empty rows.
        tokens, gate = tokens[: len(batch)], gate[: len(batch)]
        texts += [
            words.decode(ids, example.document) for ids, example in zip(tokens, batch, strict=True)
        ]
        written = tokens != PAD
        gate_sum += float(gate[written].sum())
        token_count += float(written.sum())
    generated = None if model.gate is None else gate_sum / max(token_count, 1.0)
    return GreedySummaries(texts, generated)


class WordShares(NamedTuple):
    """Means over summaries of shares of their words, 0 to 1.

    Attributes:
        repeated: words that occurred in the summary before.
        copied: words that occur in the document.
    """

    repeated: float
    copied: float


def word_shares(texts: Sequence[str], examples: Sequence[Example]) -> WordShares:
    """Return the mean shares of repeated and of copied words in summaries of documents."""
    shares = []
    for text, example in zip(texts, examples, strict=True):
        words = rouge_tokenizer.words(text)
        document = summary_statistics.index_document(rouge_tokenizer.words(example.document))
        fragments = summary_statistics.extractive_fragments(words, document)
        copied = summary_statistics.coverage(fragments, len(words))
        shares.append((summary_statistics.repetition(words), copied))
    repeated, copied = np.mean(shares, axis=0)
    return WordShares(float(repeated), float(copied))


def longest_documents(
    words: Vocabulary, config: Config, examples: Sequence[Example]
) -> npt.NDArray[np.int32]:
    """Return the longest documents as token ids, int32 [B, S], all cut to the shortest of them."""
    ids = words.encode_all([example.document for example in examples])
    chosen = sorted(ids, key=len)[-GRADIENT_DOCUMENTS:]
    length = min(config.data.max_document_tokens, *map(len, chosen))
    return np.array([row[:length] for row in chosen], np.int32)


def gradient_reach(model: "Seq2Seq", documents: npt.NDArray[np.int32]) -> list[float]:
    """Return how much the encoder's last output depends on tokens at each distance before it.

    Args:
        model: a trained network.
        documents: int32 [B, S], without padding.

    Returns:
        For d = 0 … S − 1: the norm of ∂‖h_S‖ / ∂x_{S−d}, averaged over the documents and divided by
        its value at d = 0; h_S is the encoder's output at the last position, x_t the embedding of
        token t.
    """
    import keras
    from keras import ops

    mask = ops.ones(documents.shape, "bool")
    embedded = ops.take(ops.convert_to_tensor(model.embeddings), documents, axis=0)

    sentences = {"sentence": model.sentences(documents)} if model.sentences else {}

    def last_output_norm(embedded: Tensor) -> Tensor:
        outputs, _ = model.encoder(embedded, mask, **sentences)
        squares = ops.sum(ops.square(ops.cast(outputs[:, -1], "float32")), axis=-1)
        return ops.sum(ops.sqrt(squares + 1e-12))

    if keras.backend.backend() == "jax":
        import jax

        gradient = jax.grad(last_output_norm)(embedded)
    else:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(embedded)
            value = last_output_norm(embedded)
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
