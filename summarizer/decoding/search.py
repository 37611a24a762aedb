"""Write summaries: one compiled loop over positions, whatever the strategy.

A strategy says which pieces continue which beams; the loop keeps the finished hypotheses in a pool
of K per document, sorted by score, and stops when no beam alive can still enter it. What a row's
pool holds does not depend on the other rows of the batch.

Length normalisation: score = log_prob / ((5 + length) / 6) ** alpha, the end counted (Wu et al.
2016, arXiv:1609.08144, eq. 14).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
from keras import ops

from summarizer.decoding import blocking
from summarizer.model.pointer import NEVER
from summarizer.types import DecoderState
from summarizer.vocabulary import END, PAD, START


class Limits(NamedTuple):
    """How long and how freely to write; numbers, or tensors in an exported graph.

    Attributes:
        minimum: pieces before the end may come.
        maximum: pieces at most, the end included; T.
        penalty: alpha of the length normalisation.
        block: no sequence of so many pieces twice; 0: allowed.
    """

    minimum: Any
    maximum: Any
    penalty: Any
    block: Any


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
    done_pieces: Any  # int32 [B, K, T]
    done_log_prob: Any  # float32 [B, K]
    done_score: Any  # float32 [B, K], sorted, the best first


def search(
    model: Any, document: Any, strategy: Any, width: Any, limits: Limits, allowed: Any
) -> Found:
    """Find the best summaries of a batch of documents.

    Args:
        model: a `Seq2Seq`.
        document: int32 [B, S], padded with 0.
        strategy: from `decoding/strategies`.
        width: K.
        limits: lengths, penalty, blocking.
        allowed: bool [B, N], what the generator may write; copying is always allowed.
    """
    memory = model.encode(document)
    start = model.decoder.start(memory)
    repeated = keras.tree.map_structure(lambda x: _repeat(x, width), start)
    beams = _begin(ops.shape(document)[0], width, limits.maximum)

    def going(t: Any, state: Any, beams: _Beams) -> Any:
        best = ops.max(beams.log_prob, axis=1)
        hope = best / normalizer(limits.maximum, limits.penalty)
        open_rows = (best > NEVER / 2) & (hope > beams.done_score[:, -1])
        return (t < limits.maximum) & ops.any(open_rows)

    def advance(t: Any, state: Any, beams: _Beams) -> Any:
        last = _last(beams.pieces, t)
        log_probs, state = model.step(last, state, memory, allowed)
        log_probs = blocking.apply(log_probs, beams.pieces, beams.runs, t, limits)
        ended, parents, pieces, log_prob = strategy.choose(beams.log_prob, log_probs)
        done = _finish(beams, ended, t, limits)
        kept = keras.tree.map_structure(lambda x: _select(x, parents), state)
        old, runs = _pick(beams.pieces, parents), _pick(beams.runs, parents)
        runs = blocking.extend(runs, old, pieces)
        return t + 1, kept, _Beams(_write(old, t, pieces), log_prob, runs, *done)

    first = ops.convert_to_tensor(0, "int32")
    _, _, beams = ops.while_loop(going, advance, (first, repeated, beams))
    attention, gate = _explain(model, memory, beams.done_pieces, repeated)
    return Found(beams.done_pieces, beams.done_log_prob, beams.done_score, attention, gate)


def normalizer(length: Any, penalty: Any) -> Any:
    """Return what a log-probability is divided by, float32."""
    return ops.power((5.0 + ops.cast(length, "float32")) / 6.0, ops.cast(penalty, "float32"))


def _begin(batch: Any, width: Any, maximum: Any) -> _Beams:
    """One beam alive, none finished."""
    pieces = ops.zeros((batch, width, maximum), "int32")
    never = ops.full((batch, width), NEVER, "float32")
    alive = ops.where(ops.arange(width)[None, :] == 0, 0.0, never)
    return _Beams(pieces, alive, pieces, pieces, never, never)


def _last(pieces: Any, t: Any) -> Any:
    """The piece before position t, START before the first, int32 [B, K]."""
    before = ops.take(pieces, ops.maximum(t - 1, 0), axis=2)
    return ops.where(t == 0, START, before)


def _finish(beams: _Beams, ended: Any, t: Any, limits: Limits) -> tuple[Any, Any, Any]:
    """Put hypotheses that end at position t into the pool; `ended` float32 [B, K]."""
    width = ops.shape(ended)[1]
    score = ops.where(ended > NEVER / 2, ended / normalizer(t + 1, limits.penalty), float(NEVER))
    complete = _write(beams.pieces, t, ops.full_like(beams.pieces[:, :, 0], END))
    scores = ops.concatenate([beams.done_score, score], axis=1)
    _, best = ops.top_k(scores, width)
    return (
        _pick(ops.concatenate([beams.done_pieces, complete], axis=1), best),
        ops.take_along_axis(ops.concatenate([beams.done_log_prob, ended], axis=1), best, axis=1),
        ops.take_along_axis(scores, best, axis=1),
    )


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
