"""Write summaries: one compiled loop over positions, whatever the strategy.

A strategy says which pieces continue which beams; the loop keeps the finished hypotheses in a pool
of K per document, sorted by score, and stops when no beam alive can still enter it. Where the
strategy has groups of beams, each group has its part of the pool. What a row's pool holds does not
depend on the other rows of the batch.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
from keras import ops, tree

from summarizer.decoding import banks, blocking, constraints, scoring
from summarizer.decoding.branch import either
from summarizer.decoding.constraints import Demands
from summarizer.decoding.scoring import Limits, normalizer
from summarizer.model.pointer import NEVER
from summarizer.types import DecoderState
from summarizer.vocabulary import END, PAD, START

__all__ = ["Demands", "Found", "Limits", "compiled", "search"]


class Found(NamedTuple):
    """The K best hypotheses of each document, the best first.

    Attributes:
        pieces: int32 [B, K, T], the end included where it fits; 0 after it.
        log_prob: float32 [B, K]; below -1e8 where there were fewer than K.
        score: float32 [B, K].
        attention: float32 [B, K, T, S].
        gate: float32 [B, K, T], probability of generating.
    """

    pieces: Any
    log_prob: Any
    score: Any
    attention: Any
    gate: Any


class _Beams(NamedTuple):
    """What the loop carries: K beams alive and K finished hypotheses of each document."""

    pieces: Any  # int32 [B, K, T]
    log_prob: Any  # float32 [B, K]
    runs: Any  # int32 [B, K, T], see `blocking`
    progress: Any  # `constraints.Progress`, or () where nothing is demanded
    done_pieces: Any  # int32 [B, K, T]
    done_log_prob: Any  # float32 [B, K]
    done_score: Any  # float32 [B, K], each group's sorted, the best first


def search(
    model: Any,
    document: Any,
    strategy: Any,
    width: Any,
    limits: Limits,
    allowed: Any,
    demands: Demands | None = None,
) -> Found:
    """Find the best summaries of a batch of documents.

    Args:
        model: a `Seq2Seq` or an `Ensemble`.
        document: int32 [B, S], padded with 0.
        strategy: from `decoding/strategies`.
        width: K.
        limits: lengths, scoring, blocking.
        allowed: bool [B, N], what the generator may write; copying is always allowed.
        demands: what the summaries begin with, hold and do not hold. Where phrases are forced,
            the beams are shared as `banks` does, whatever the strategy.
    """
    memory = model.encode(document)
    covering = not isinstance(limits.coverage, float) or limits.coverage > 0
    start = model.decoder.start(memory, coverage=covering)
    start = tree.map_structure(lambda x: _repeat(x, width), start)
    batch, groups = ops.shape(document)[0], strategy.groups
    beams = _begin(batch, width, groups, limits.maximum)
    if demands is not None:
        beams = beams._replace(progress=constraints.begin(demands, width))
        forcing = ops.any(demands.forced != PAD)

    lengths = normalizer(ops.arange(1, limits.maximum + 1), limits)
    worst = _last_of_group(width, groups)

    def going(t: Any, state: Any, beams: _Beams) -> Any:
        hope = beams.log_prob / lengths[-1]
        open_rows = (beams.log_prob > NEVER / 2) & (hope > ops.take(beams.done_score, worst, 1))
        return (t < limits.maximum) & ops.any(open_rows)

    def advance(t: Any, state: Any, beams: _Beams) -> Any:
        raw, state = model.step(_last(beams.pieces, t), state, memory, allowed)
        log_probs = blocking.apply(raw, beams.pieces, beams.runs, t, limits)

        def freely() -> Any:
            return strategy.choose(t, beams.log_prob, log_probs)

        if demands is None:
            ended, parents, pieces, log_prob = freely()
        else:
            free, before = log_probs, beams.progress
            log_probs = either(
                demands.active,
                lambda: constraints.apply(demands, before, t, raw, free, beams.pieces),
                lambda: free,
            )
            ended, parents, pieces, log_prob = either(
                forcing, lambda: banks.choose(demands, before, beams.log_prob, log_probs), freely
            )
        score = ended / ops.take(lengths, t)
        if covering:
            score = score + either(
                limits.coverage > 0,
                lambda: scoring.unattended(state.coverage, memory.mask, limits),
                lambda: ops.zeros_like(score),
            )
        done = _finish(beams, ended, score, t, groups)
        state = tree.map_structure(lambda x: _select(x, parents), state)
        old, runs = _pick(beams.pieces, parents), _pick(beams.runs, parents)
        runs = blocking.extend(runs, old, pieces)
        progress = beams.progress
        if demands is not None:
            progress = either(
                demands.active,
                lambda: constraints.extend(demands, beams.progress, parents, pieces),
                lambda: beams.progress,
            )
        kept = _Beams(_write(old, t, pieces), log_prob, runs, progress, *done)
        return t + 1, state, kept

    first = ops.convert_to_tensor(0, "int32")
    _, _, beams = ops.while_loop(going, advance, (first, start, beams))
    score, best = ops.top_k(beams.done_score, width)
    log_prob = ops.take_along_axis(beams.done_log_prob, best, axis=1)
    pieces = _pick(beams.done_pieces, best)
    attention, gate = _explain(model, memory, pieces, start)
    return Found(pieces, log_prob, score, attention, gate)


def _begin(batch: Any, width: Any, groups: Any, maximum: Any) -> _Beams:
    """One beam alive in each group, none finished."""
    pieces = ops.zeros((batch, width, maximum), "int32")
    never = ops.full((batch, width), NEVER, "float32")
    first = ops.arange(width) % (width // groups) == 0
    alive = ops.where(first[None, :], 0.0, never)
    return _Beams(pieces, alive, pieces, (), pieces, never, never)


def _last_of_group(width: Any, groups: Any) -> Any:
    """Return the last beam of each beam's group, int32 [K]: where the pool keeps the worst."""
    span = width // groups
    return ops.arange(width, dtype="int32") // span * span + span - 1


def _last(pieces: Any, t: Any) -> Any:
    """The piece before position t, START before the first, int32 [B, K]."""
    before = ops.take(pieces, ops.maximum(t - 1, 0), axis=2)
    return ops.where(t == 0, START, before)


def _finish(beams: _Beams, ended: Any, score: Any, t: Any, groups: Any) -> tuple[Any, Any, Any]:
    """Put hypotheses that end at position t into their group's part of the pool.

    `ended` float32 [B, K], their log-probability, and `score`.
    """
    score = ops.where(ended > NEVER / 2, score, float(NEVER))
    complete = _write(beams.pieces, t, ops.full_like(beams.pieces[:, :, 0], END))
    scores = ops.concatenate([beams.done_score, score], axis=1)
    width = ops.shape(ended)[1]

    def of_all() -> Any:
        return ops.cast(ops.top_k(scores, width)[1], "int32")

    if isinstance(groups, int) and groups == 1:
        best = of_all()
    else:
        best = either(groups == 1, of_all, lambda: _of_groups(scores, width, groups))
    return (
        _pick(ops.concatenate([beams.done_pieces, complete], axis=1), best),
        ops.take_along_axis(ops.concatenate([beams.done_log_prob, ended], axis=1), best, axis=1),
        ops.take_along_axis(scores, best, axis=1),
    )


def _of_groups(scores: Any, width: Any, groups: Any) -> Any:
    """Places int32 [B, K] of each group's best in scores [B, 2 K], the pool's and the new ones."""
    batch, span = ops.shape(scores)[0], width // groups
    parted = ops.transpose(ops.reshape(scores, (batch, 2, groups, span)), (0, 2, 1, 3))
    _, best = ops.top_k(ops.reshape(parted, (batch, groups, 2 * span)), span)
    best, group = ops.cast(best, "int32"), ops.arange(groups, dtype="int32")[:, None]
    best = group * span + best + ops.where(best < span, 0, width - span)
    return ops.reshape(best, (batch, width))


def _write(pieces: Any, t: Any, values: Any) -> Any:
    """Put values [B, K] at position t of pieces [B, K, T]."""
    here = ops.arange(ops.shape(pieces)[2], dtype="int32")[None, None, :] == t
    return ops.where(here, values[:, :, None], pieces)


def _pick(values: Any, beams: Any) -> Any:
    """Rows `beams` int32 [B, K] of values [B, J, T]."""
    return ops.take_along_axis(values, beams[:, :, None], axis=1)


def _select(states: Any, parents: Any) -> Any:
    """Rows of the parents [B, K] in states [B * K, H]."""
    batch, width = ops.shape(parents)
    offsets = ops.reshape(ops.arange(batch, dtype="int32") * width, (-1, 1))
    return ops.take(states, ops.reshape(parents + offsets, (-1,)), axis=0)


def _repeat(states: Any, width: Any) -> Any:
    """Give each of K beams the states [B, H] of its document, [B * K, H]."""
    batch, size = ops.shape(states)
    return ops.reshape(ops.broadcast_to(states[:, None, :], (batch, width, size)), (-1, size))


def _explain(model: Any, memory: Any, pieces: Any, start: DecoderState) -> tuple[Any, Any]:
    """Attention and gate of finished hypotheses, by one pass over all their positions.

    Args:
        model: a `Seq2Seq`.
        memory: of the B documents.
        pieces: int32 [B, K, T].
        start: the state before the first piece, B * K rows.
    """
    batch, width, steps = ops.shape(pieces)
    before = ops.where(pieces == END, PAD, pieces)[:, :, :-1]
    inputs = ops.concatenate([ops.full_like(before[:, :, :1], START), before], axis=2)
    inputs = inputs[:, :, :steps]
    decoded, gate = model.trace(ops.reshape(inputs, (batch * width, steps)), start, memory, width)
    source = ops.shape(memory.pieces)[1]
    return (
        ops.reshape(decoded.attention, (batch, width, steps, source)),
        ops.reshape(gate, (batch, width, steps)),
    )


def compiled(model: Any, strategy: Any, width: int, limits: Limits) -> Callable[[Any], Found]:
    """Return a function of documents, int32 [B, S], that searches in one compiled graph.

    TensorFlow traces once for all shapes; JAX compiles once per shape.
    """

    def run(document: Any) -> Found:
        allowed = ops.ones((ops.shape(document)[0], model.size), "bool")
        return search(model, document, strategy, width, limits, allowed)

    if keras.backend.backend() == "jax":
        import jax

        def pure(weights: Any, document: Any) -> Found:
            with keras.StatelessScope(zip(model.variables, weights, strict=True)):
                return run(document)

        jitted = jax.jit(pure)
        return lambda document: jitted([v.value for v in model.variables], document)

    import tensorflow as tf

    signature = [tf.TensorSpec([None, None], tf.int32)]
    traced: Callable[[Any], Found] = tf.function(run, input_signature=signature, autograph=False)
    return traced
