"""Does the exported graph say what Keras says? Search against search, and score against score."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from summarizer import plugins
from summarizer.decoding import scoring
from summarizer.decoding.search import SearchResult, compile_search
from summarizer.model import tagger
from summarizer.model.tagger import Tagger
from summarizer.vocabulary import END, PAD, START

ROWS = 20  # documents at once


class Parity(NamedTuple):
    """How near graph and Keras are.

    Attributes:
        same: share of documents with the same best summary, piece for piece.
        worst: the greatest difference between a hypothesis' score in the graph and the score that
            Keras gives it when it reads it.
    """

    same: float
    worst: float


class Best(NamedTuple):
    """The best summary of a document, by Keras."""

    tokens: tuple[int, ...]
    score: float


def graph(model: Any, decode: Any, prompted: bool = False) -> Callable[..., SearchResult]:
    """Return the search that a configuration asks for, of documents int32 [B, S], traced once.

    Its second argument is as that of `search.compiled`. With `prompted`, what is written begins
    with the documents.
    """
    strategy = _strategy(decode)
    return compile_search(model, strategy, strategy.width, scoring.limits_from(decode), prompted)


def searcher(model: Any, decode: Any, prompted: bool = False) -> Callable[..., list[Best]]:
    """Return a function that finds the best summaries with the weights the model has by then.

    Its second argument gives the piece that each summary begins with; None: START. The pieces of a
    tagger's are the places in the document that it keeps.
    """
    if isinstance(model, Tagger):
        return _tagger(model, decode)
    run = graph(model, decode, prompted)

    def search(documents: list[list[int]], starts: list[int] | None = None) -> list[Best]:
        out: list[Best] = []
        for begin in range(0, len(documents), ROWS):
            first = np.asarray(starts[begin : begin + ROWS], np.int32) if starts else None
            found = run(_padded(documents[begin : begin + ROWS]), first)
            pairs = zip(np.asarray(found.tokens), np.asarray(found.score), strict=True)
            out.extend(Best(_ids(pieces[0]), float(score[0])) for pieces, score in pairs)
        return out

    return search


def keras_search(model: Any, decode: Any, documents: list[list[int]]) -> list[tuple[int, ...]]:
    """Return the best summary of each document, as pieces, by Keras."""
    return [best.tokens for best in searcher(model, decode)(documents)]


def compare_texts(
    ours: list[tuple[str, float]], run: Callable[[list[str]], Any], texts: list[str]
) -> Parity:
    """Compare a graph from text to text with Keras.

    Args:
        ours: Keras' best summaries with their scores.
        run: gives the summaries of texts, their scores, and more.
        texts: the documents.

    Returns:
        Where summaries are the same, `worst` is the greatest difference of their scores.
    """
    same, worst = [], 0.0
    for begin in range(0, len(texts), ROWS):
        part = slice(begin, begin + ROWS)
        for (text, score), theirs, other in zip(ours[part], *run(texts[part])[:2], strict=True):
            same.append(text == theirs)
            worst = max(worst, abs(score - float(other)) if same[-1] else 0.0)
    return Parity(float(np.mean(same)), worst)


def _strategy(decode: Any) -> Any:
    """The model's own strategy; beam search instead of `sample`, where chance decides."""
    if decode.strategy.name == "sample":
        return plugins.build("strategy", "beam")
    return plugins.build("strategy", decode.strategy.name, **decode.strategy.options)


def compare(
    model: Any,
    decode: Any,
    documents: list[list[int]],
    ours: list[tuple[int, ...]],
    graph: Callable[..., dict[str, Any]],
    starts: list[int] | None = None,
) -> Parity:
    """Compare a graph with Keras.

    Args:
        model: a `Seq2Seq` with the graph's weights.
        decode: the `DecodeConfig`.
        documents: ids of each.
        ours: Keras' best summaries, from `keras_search`.
        graph: searches documents; gives `pieces` [B, K, T] and `score` [B, K], or a tagger's
            `keep` [B, S], whose greatest difference then is `worst`.
        starts: the piece that each summary begins with, passed to `graph` as `start`; None: START.
    """
    if isinstance(model, Tagger):
        return _compare_tags(model, decode, documents, ours, graph)
    theirs: list[tuple[int, ...]] = []
    worst = 0.0
    for begin in range(0, len(documents), ROWS):
        part = documents[begin : begin + ROWS]
        first = starts[begin : begin + ROWS] if starts else [START] * len(part)
        found = graph(part, start=first) if starts else graph(part)
        theirs.extend(_ids(row[0]) for row in found["pieces"])
        real = found["score"] > -1e8
        again = _score_with_keras(model, decode, _padded(part), first, found)
        worst = max(worst, float(np.abs(again - found["score"])[real].max()))
    return Parity(fraction_equal(ours, theirs), worst)


def _tagger(model: Tagger, decode: Any) -> Callable[[list[list[int]]], list[Best]]:
    """What `searcher` gives, of a tagger: the places that it keeps, and how sure it is of them."""
    run = tagger.compile_tagger(model)

    def search(documents: list[list[int]], starts: list[int] | None = None) -> list[Best]:
        out: list[Best] = []
        for begin in range(0, len(documents), ROWS):
            keep = np.asarray(run(_padded(documents[begin : begin + ROWS])))
            out.extend(Best(_kept(row, decode), float(row.max())) for row in keep)
        return out

    return search


def _kept(keep: Any, decode: Any) -> tuple[int, ...]:
    """The places of a document whose probability is high enough."""
    return tuple(int(i) for i in np.flatnonzero((keep >= decode.tagger_threshold) & (keep > 0)))


def _compare_tags(
    model: Tagger,
    decode: Any,
    documents: list[list[int]],
    ours: list[tuple[int, ...]],
    graph: Callable[[list[list[int]]], dict[str, Any]],
) -> Parity:
    """Compare a tagger's graph with Keras, place by place."""
    theirs: list[tuple[int, ...]] = []
    worst = 0.0
    for begin in range(0, len(documents), ROWS):
        part = documents[begin : begin + ROWS]
        keep = graph(part)["keep"]
        theirs.extend(_kept(row, decode) for row in keep)
        worst = max(worst, float(np.abs(keep - np.asarray(model.keep(_padded(part)))).max()))
    return Parity(fraction_equal(ours, theirs), worst)


def fraction_equal(ours: list[tuple[int, ...]], theirs: list[tuple[int, ...]]) -> float:
    """Return the share of equal summaries."""
    return float(np.mean([a == b for a, b in zip(ours, theirs, strict=True)]))


def _score_with_keras(
    model: Any, decode: Any, documents: Any, starts: list[int], found: dict[str, Any]
) -> Any:
    """The scores that Keras gives to hypotheses [B, K, T] when it reads them, float [B, K]."""
    pieces, limits = found["pieces"], scoring.limits_from(decode)
    batch, width, steps = pieces.shape
    target = pieces.reshape(batch * width, steps)
    before = np.where(target == END, PAD, target)[:, :-1]
    first = np.repeat(np.asarray(starts, np.int32), width)[:, None]
    inputs = np.concatenate([first, before], axis=1)
    fields = {"document": np.repeat(documents, width, axis=0), "summary_in": inputs}
    log_prob = np.asarray(model({**fields, "summary_out": target})[0])
    real = target != PAD
    score = (log_prob * real).sum(1) / np.asarray(scoring.normalizer(real.sum(1), limits))
    attended = found["attention"] * real.reshape(pieces.shape)[..., None]
    attended = attended.sum(2, dtype=np.float32).reshape(batch * width, -1)
    lost = np.asarray(scoring.coverage_penalty(attended, documents != PAD, limits))
    return score.reshape(batch, width) + lost


def _padded(documents: list[list[int]]) -> Any:
    out = np.full((len(documents), max(map(len, documents))), PAD, np.int32)
    for i, ids in enumerate(documents):
        out[i, : len(ids)] = ids
    return out


def _ids(row: Any) -> tuple[int, ...]:
    return tuple(int(p) for p in row if p != PAD)
