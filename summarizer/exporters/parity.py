"""Compare an exported graph with Keras: the summaries, and the scores of the graph's hypotheses."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import keras
import numpy as np

from summarizer import plugins
from summarizer.config import DecodeConfig
from summarizer.decoding import scoring
from summarizer.decoding.graph_inputs import is_random, pad_sequences
from summarizer.decoding.search import compile_search
from summarizer.decoding.search_result import SearchResult
from summarizer.decoding.strategies._base import Strategy
from summarizer.model import tagger
from summarizer.model.tagger import Tagger
from summarizer.types import Tensor
from summarizer.vocabulary import END, PAD, START

BATCH_SIZE = 20  # documents searched at once

Documents: TypeAlias = Sequence[Sequence[int]]
"""Token ids of each document."""
KerasSearch: TypeAlias = Callable[..., list["Best"]]
"""Searches documents; the optional second argument gives the token before each summary."""
GraphSearch: TypeAlias = Callable[..., Mapping[str, Tensor]]
"""Runs an exported graph on documents and returns its outputs by name.

The optional argument `start` gives the token before each summary.
"""


class Parity(NamedTuple):
    """The difference between an exported graph and Keras; the fields are keys of `export.json`.

    Attributes:
        same: fraction of documents with the same best summary, token for token.
        worst: greatest difference between the score of a hypothesis in the graph and the score that
            Keras computes for the same tokens.
    """

    same: float
    worst: float


class Best(NamedTuple):
    """The best summary of a document, by Keras."""

    tokens: tuple[int, ...]
    score: float


def compile_configured(
    model: keras.Model, decode: DecodeConfig, prompted: bool = False
) -> Callable[..., SearchResult]:
    """Return the search that a configuration sets; see `search.compile_search`."""
    strategy = _strategy(decode)
    return compile_search(model, strategy, strategy.width, scoring.limits_from(decode), prompted)


def searcher(model: keras.Model, decode: DecodeConfig, prompted: bool = False) -> KerasSearch:
    """Return a function that searches with the weights that the model has when it is called.

    The tokens of a tagger's result are the positions in the document that it keeps.

    Args:
        model: a `Seq2Seq`, an `Ensemble` or a `Tagger`.
        decode: settings of the search.
        prompted: whether the texts begin with the documents.
    """
    if isinstance(model, Tagger):
        return _tagger_searcher(model, decode)
    run = compile_configured(model, decode, prompted)

    def search(documents: Documents, starts: Sequence[int] = ()) -> list[Best]:
        summaries: list[Best] = []
        for batch, start in _batches(documents, starts):
            result = run(pad_sequences(batch), np.asarray(start, np.int32))
            rows = zip(np.asarray(result.tokens), np.asarray(result.score), strict=True)
            summaries.extend(Best(_ids(tokens[0]), float(score[0])) for tokens, score in rows)
        return summaries

    return search


def compare_texts(
    expected: Sequence[tuple[str, float]],
    run: Callable[[list[str]], Sequence[Any]],
    texts: list[str],
) -> Parity:
    """Compare a graph from text to text with Keras.

    Args:
        expected: the best summaries by Keras, with their scores.
        run: returns the summaries of texts, their scores, and more.
        texts: the documents.

    Returns:
        The parity; `worst` is taken over equal summaries.
    """
    same, worst = [], 0.0
    for begin in range(0, len(texts), BATCH_SIZE):
        part = slice(begin, begin + BATCH_SIZE)
        summaries, scores = run(texts[part])[:2]
        for (text, score), summary, other in zip(expected[part], summaries, scores, strict=True):
            same.append(text == summary)
            worst = max(worst, abs(score - float(other)) if same[-1] else 0.0)
    return Parity(float(np.mean(same)), worst)


def _strategy(decode: DecodeConfig) -> Strategy:
    """Return the strategy of a configuration; beam search instead of a random strategy."""
    name, options = decode.strategy.name, decode.strategy.options
    if is_random(name):
        name, options = "beam", {}
    strategy: Strategy = plugins.build("strategy", name, **options)
    return strategy


def compare(
    model: keras.Model,
    decode: DecodeConfig,
    documents: Documents,
    expected: Sequence[tuple[int, ...]],
    graph: GraphSearch,
    starts: Sequence[int] = (),
) -> Parity:
    """Compare a graph with Keras.

    Args:
        model: a `Seq2Seq` with the weights of the graph.
        decode: settings of the search.
        documents: token ids of each.
        expected: the best summaries by Keras, from `searcher`.
        graph: returns `pieces` [B, K, T] and `score` [B, K]; or `keep` [B, S] of a tagger, whose
            greatest difference then is `worst`.
        starts: the token before each summary; (): START, which is not passed to the graph.
    """
    if isinstance(model, Tagger):
        return _compare_tags(model, decode, documents, expected, graph)
    summaries: list[tuple[int, ...]] = []
    worst = 0.0
    for batch, start in _batches(documents, starts):
        outputs = graph(batch, start=start) if starts else graph(batch)
        summaries.extend(_ids(row[0]) for row in outputs["pieces"])
        is_hypothesis = outputs["score"] > -1e8
        scores = _score_with_keras(model, decode, pad_sequences(batch), start, outputs)
        worst = max(worst, float(np.abs(scores - outputs["score"])[is_hypothesis].max()))
    return Parity(fraction_equal(expected, summaries), worst)


def _tagger_searcher(model: Tagger, decode: DecodeConfig) -> KerasSearch:
    """Return the function of `searcher` for a tagger; its scores are probabilities."""
    run = tagger.compile_tagger(model)

    def search(documents: Documents, starts: Sequence[int] = ()) -> list[Best]:
        summaries: list[Best] = []
        for batch, _ in _batches(documents):
            keep = np.asarray(run(pad_sequences(batch)))
            summaries.extend(Best(_kept_positions(row, decode), float(row.max())) for row in keep)
        return summaries

    return search


def _kept_positions(keep: Tensor, decode: DecodeConfig) -> tuple[int, ...]:
    """Return the positions of a document whose probability reaches the threshold."""
    is_kept = (keep >= decode.tagger_threshold) & (keep > 0)
    return tuple(int(i) for i in np.flatnonzero(is_kept))


def _compare_tags(
    model: Tagger,
    decode: DecodeConfig,
    documents: Documents,
    expected: Sequence[tuple[int, ...]],
    graph: GraphSearch,
) -> Parity:
    """Compare the graph of a tagger with Keras, position by position; see `compare`."""
    positions: list[tuple[int, ...]] = []
    worst = 0.0
    for batch, _ in _batches(documents):
        keep = graph(batch)["keep"]
        positions.extend(_kept_positions(row, decode) for row in keep)
        difference = np.abs(keep - np.asarray(model.probabilities(pad_sequences(batch))))
        worst = max(worst, float(difference.max()))
    return Parity(fraction_equal(expected, positions), worst)


def fraction_equal(
    expected: Sequence[tuple[int, ...]], summaries: Sequence[tuple[int, ...]]
) -> float:
    """Return the fraction of equal summaries."""
    return float(np.mean([a == b for a, b in zip(expected, summaries, strict=True)]))


def _score_with_keras(
    model: keras.Model,
    decode: DecodeConfig,
    documents: Tensor,
    starts: Sequence[int],
    outputs: Mapping[str, Tensor],
) -> Tensor:
    """Return the scores that Keras computes for the hypotheses of a graph.

    Args:
        model: a `Seq2Seq` or an `Ensemble`.
        decode: settings of the search.
        documents: int32 [B, S].
        starts: B tokens, the token before each summary.
        outputs: of the graph.

    Returns:
        float [B, K].
    """
    tokens, limits = outputs["pieces"], scoring.limits_from(decode)
    batch, width, steps = tokens.shape
    target = tokens.reshape(batch * width, steps)
    before = np.where(target == END, PAD, target)[:, :-1]
    first = np.repeat(np.asarray(starts, np.int32), width)[:, None]
    inputs = np.concatenate([first, before], axis=1)
    fields = {"document": np.repeat(documents, width, axis=0), "summary_in": inputs}
    log_prob = np.asarray(model({**fields, "summary_out": target})[0])
    real = target != PAD
    score = (log_prob * real).sum(1) / np.asarray(scoring.normalizer(real.sum(1), limits))
    attended = outputs["attention"] * real.reshape(tokens.shape)[..., None]
    attended = attended.sum(2, dtype=np.float32).reshape(batch * width, -1)
    penalty = np.asarray(scoring.coverage_penalty(attended, documents != PAD, limits))
    return score.reshape(batch, width) + penalty


def _batches(
    documents: Documents, starts: Sequence[int] = ()
) -> Iterator[tuple[Documents, Sequence[int]]]:
    """Yield batches of documents with the token before each summary."""
    starts = starts or [START] * len(documents)
    for begin in range(0, len(documents), BATCH_SIZE):
        part = slice(begin, begin + BATCH_SIZE)
        yield documents[part], starts[part]


def _ids(row: Tensor) -> tuple[int, ...]:
    return tuple(int(token) for token in row if token != PAD)
