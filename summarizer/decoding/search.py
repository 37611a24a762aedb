"""Write summaries: compiled loops over positions, whatever the strategy.

A strategy says which pieces continue which beams; the loop keeps the finished hypotheses in a pool
of K per document, sorted by score. A document is finished when no beam alive can still enter it.
Where the strategy has groups of beams, each group has its part of the pool. What a row's pool holds
does not depend on the other rows of the batch.

Finished documents leave the batch: an inner loop goes on until an eighth of the documents that it
began with are finished, the outer loop then goes on with the others. So a batch costs about the
sum of its documents' lengths. XLA wants fixed shapes; there nobody leaves.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
from keras import ops, tree

from summarizer.decoding import banks, beams, blocking, constraints, nexts, scoring
from summarizer.decoding.beams import Beams, Choice
from summarizer.decoding.branch import either
from summarizer.decoding.constraints import Demands
from summarizer.decoding.scoring import Limits, normalizer
from summarizer.model import pointer
from summarizer.model.gather import along, put, rows
from summarizer.vocabulary import PAD

__all__ = ["Demands", "Found", "Limits", "compiled", "search"]

STAY = 8  # one document of so many may be finished without leaving: to leave costs copies, too


class Found(NamedTuple):
    """The K best hypotheses of each document, the best first.

    Attributes:
        pieces: int32 [B, K, T], the end included where it fits; 0 after it.
        log_prob: float32 [B, K]; below -1e8 where there were fewer than K.
        score: float32 [B, K].
        attention: float32 [B, K, T, S]; 0 after the end.
        gate: float32 [B, K, T], probability of generating; 0 after the end.
    """

    pieces: Any
    log_prob: Any
    score: Any
    attention: Any
    gate: Any


class _Kept(NamedTuple):
    """What is kept of all documents: the pools, and what each beam saw at each position."""

    pieces: Any  # int32 [B, K, T]
    path: Any  # int32 [B, K, T]
    log_prob: Any  # float32 [B, K]
    score: Any  # float32 [B, K]
    attention: Any  # float32 [T, B, K, S], of the beams in the order that they had at t
    gate: Any  # float32 [T, B, K]


class _Search:
    """One search: what it was asked, and what is the same at all positions."""

    def __init__(
        self, model: Any, strategy: Any, width: Any, limits: Limits, allowed: Any,
        demands: Demands | None,
    ) -> None:  # fmt: skip
        self.model, self.strategy, self.width, self.limits = model, strategy, width, limits
        self.allowed, self.demands = allowed, demands
        self.output = model.output()
        self.lengths = normalizer(ops.arange(1, limits.maximum + 1), limits)
        self.worst = beams.worst(width, strategy.groups)
        self.covering = not isinstance(limits.coverage, float) or limits.coverage > 0
        asked = [] if strategy.few is True else [ops.logical_not(strategy.few)]
        if self.covering:
            asked.append(ops.convert_to_tensor(limits.coverage) > 0)
        if allowed is not None:
            asked.append(ops.logical_not(ops.all(allowed)))
        if demands is not None:
            self.forcing = ops.any(demands.forced != PAD)
            asked += [self.forcing, ops.convert_to_tensor(demands.active)]
        # Whether a few pieces of each beam are all that has to be looked at.
        self.plain = strategy.few is not False and (
            not asked or ops.logical_not(ops.any(ops.stack(asked)))
        )

    def begin(self, memory: Any) -> tuple[Any, Beams]:
        """The decoder's state and the beams before the first position."""
        state = self.model.decoder.start(memory, coverage=self.covering)
        state = tree.map_structure(lambda x: ops.repeat(x, self.width, axis=0), state)
        batch, progress = ops.shape(memory.pieces)[0], ()
        if self.demands is not None:
            progress = constraints.begin(self.demands, self.width)
        groups = self.strategy.groups
        return state, beams.begin(batch, self.width, groups, self.limits.maximum, progress)

    def open(self, alive: Beams) -> Any:
        """Tell which documents are not finished, bool [B]."""
        return beams.still_open(alive, self.worst, self.lengths[-1])

    def choose(
        self, t: Any, account: Any, alive: Beams, state: Any, memory: Any, places: Any, which: Any
    ) -> Choice:
        """Decide how the beams go on at position t."""

        def quickly() -> Choice:
            weights = self.model.weigh(account, self.output, places)
            weights = blocking.block(weights, alive.pieces, alive.runs, t, self.limits)
            few = nexts.Few(weights, self.width, t, self.limits)
            return self._pooled(t, alive, self.strategy.choose(t, alive.log_prob, few), 1, None)

        def wholly() -> Choice:
            allowed = None if self.allowed is None else rows(self.allowed, which)
            raw = self.model.weigh(account, self.output, places, allowed)
            weights = blocking.block(raw, alive.pieces, alive.runs, t, self.limits)
            every = nexts.ruled(weights, t, self.limits)
            chosen = self._demanded(t, alive, raw, every, which)
            unattended = None
            if self.covering:
                unattended = scoring.unattended(state.coverage, memory.mask, self.limits)
            return self._pooled(t, alive, chosen, self.strategy.groups, unattended, which)

        return either(self.plain, quickly, wholly)

    def _demanded(self, t: Any, alive: Beams, raw: Any, every: Any, which: Any) -> Any:
        """What the strategy chooses of all next pieces float32 [B, K, N], or the demands ask."""
        if self.demands is None:
            return self.strategy.choose(t, alive.log_prob, nexts.All(every, which))
        demands, progress = self._of(which), alive.progress
        allowed = either(
            demands.active,
            lambda: constraints.apply(
                demands, progress, t, pointer.logs(*raw), every, alive.pieces
            ),
            lambda: every,
        )
        return either(
            self.forcing,
            lambda: banks.choose(demands, progress, alive.log_prob, allowed),
            lambda: self.strategy.choose(t, alive.log_prob, nexts.All(allowed, which)),
        )

    def _pooled(
        self, t: Any, alive: Beams, chosen: Any, groups: Any, unattended: Any, which: Any = None
    ) -> Choice:
        """The choice with the pool's new order; `which` None: nothing can be demanded."""
        ended, parents, pieces, log_prob = chosen
        score = ended / ops.take(self.lengths, t)
        score = score if unattended is None else score + unattended
        scores, progress = beams.pooled(alive, ended, score), alive.progress
        if self.demands is not None and which is not None:
            demands = self._of(which)
            progress = either(
                demands.active,
                lambda: constraints.extend(demands, alive.progress, parents, pieces),
                lambda: alive.progress,
            )
        best = beams.best(scores, self.width, groups)
        return Choice(ended, scores, best, parents, pieces, log_prob, progress)

    def _of(self, which: Any) -> Demands:
        """The demands on documents int32 [B]."""
        demands = self.demands
        assert demands is not None
        names = ("prefix", "forced", "banned", "words")
        return demands._replace(**{name: rows(getattr(demands, name), which) for name in names})


def search(
    model: Any,
    document: Any,
    strategy: Any,
    width: Any,
    limits: Limits,
    allowed: Any = None,
    demands: Demands | None = None,
) -> Found:
    """Find the best summaries of a batch of documents.

    Args:
        model: a `Seq2Seq` or an `Ensemble`.
        document: int32 [B, S], padded with 0.
        strategy: from `decoding/strategies`.
        width: K.
        limits: lengths, scoring, blocking.
        allowed: bool [B, N], what the generator may write; copying is always allowed. None:
            everything.
        demands: what the summaries begin with, hold and do not hold. Where phrases are forced,
            the beams are shared as `banks` does, whatever the strategy.
    """
    memory = model.encode(document)
    this = _Search(model, strategy, width, limits, allowed, demands)
    state, alive = this.begin(memory)
    batch, positions = ops.shape(document)
    longest = limits.maximum
    seen = ops.zeros((longest, batch, width, positions)), ops.zeros((longest, batch, width))
    done = alive.done_pieces, alive.done_path, alive.done_log_prob, alive.done_score
    first, which = ops.convert_to_tensor(0, "int32"), ops.arange(batch, dtype="int32")

    def going(t: Any, which: Any, *_: Any) -> Any:
        return (t < longest) & (ops.shape(which)[0] > 0)

    def leave(t: Any, which: Any, state: Any, alive: Beams, kept: _Kept) -> Any:
        here = _distinct(memory, which)
        t, state, alive, seen = _write(this, here, which, (t, state, alive, kept[4:]))
        done = alive.done_pieces, alive.done_path, alive.done_log_prob, alive.done_score
        pools = (put(old, which[:, None], new) for old, new in zip(kept[:4], done, strict=True))
        kept = _Kept(*pools, *seen)
        stay = ops.cast(ops.nonzero(this.open(alive))[0], "int32")
        beams_of = stay[:, None] * width + ops.arange(width, dtype="int32")
        state = beams.select(state, ops.reshape(beams_of, (-1,)))
        return t, rows(which, stay), state, beams.select(alive, stay), kept

    if keras.backend.backend() == "tensorflow":
        begun = (first, which, state, alive, _Kept(*done, *seen))
        *_, kept = _while(going, leave, begun)
    else:
        _, _, alive, seen = _write(this, memory, which, (first, state, alive, seen), stay=0)
        done = alive.done_pieces, alive.done_path, alive.done_log_prob, alive.done_score
        kept = _Kept(*done, *seen)
    return _found(kept, width)


def _write(this: _Search, memory: Any, which: Any, begun: Any, stay: int | None = None) -> Any:
    """Write on until enough documents are finished.

    Args:
        this: the search.
        memory: of the documents.
        which: int32 [B], their places among all.
        begun: position, state, beams, and what was seen of all documents, as `_Kept` has it.
        stay: how many documents are left at the end, at most; None: as `STAY` says.
    """
    count = ops.shape(which)[0]
    places = this.model.places(memory, this.width)
    offsets = ops.arange(count, dtype="int32")[:, None] * this.width
    few = count - (count + STAY - 1) // STAY if stay is None else stay

    def going(t: Any, state: Any, alive: Beams, seen: Any) -> Any:
        left = ops.sum(ops.cast(this.open(alive), "int32"))
        return (t < this.limits.maximum) & (left > few)

    def advance(t: Any, state: Any, alive: Beams, seen: Any) -> Any:
        account, state = this.model.step(alive.last, state, memory)
        now = ops.stack([ops.full_like(which, t), which], axis=1)
        shown = this.model.shown(account)
        seen = tuple(put(old, now, new) for old, new in zip(seen, shown, strict=True))
        choice = this.choose(t, account, alive, state, memory, places, which)
        parents = ops.reshape(choice.parents + offsets, (-1,))
        return t + 1, beams.select(state, parents), beams.extend(alive, choice, t), seen

    return ops.while_loop(going, advance, begun)


def _while(going: Any, body: Any, begun: Any) -> Any:
    """`ops.while_loop` whose tensors may have fewer rows from time to time."""
    import tensorflow as tf

    shapes = tree.map_structure(
        lambda x: tf.TensorShape([None, *x.shape[1:]][: len(x.shape)]), begun
    )
    return tf.while_loop(going, body, begun, shape_invariants=shapes)


def _distinct(memory: Any, which: Any) -> Any:
    """The memory of some documents; what is one tensor under several names is copied once."""
    taken: dict[int, Any] = {}
    for x in tree.flatten(memory):
        if id(x) not in taken:
            taken[id(x)] = rows(x, which)
    return tree.map_structure(lambda x: taken[id(x)], memory)


def _found(kept: _Kept, width: Any) -> Found:
    """Sort the pools, and read off what was seen along the paths of their hypotheses."""
    score, best = ops.top_k(kept.score, width)
    best = ops.cast(best, "int32")
    pieces, path, log_prob = (along(x, best) for x in (kept.pieces, kept.path, kept.log_prob))
    steps, batch, _, positions = ops.shape(kept.attention)
    times, documents = ops.arange(steps, dtype="int32"), ops.arange(batch, dtype="int32")
    at = (times * batch + documents[:, None])[:, None, :] * width + path
    written = ops.cast(pieces != PAD, "float32")
    attention = rows(ops.reshape(kept.attention, (-1, positions)), at) * written[..., None]
    gate = rows(ops.reshape(kept.gate, (-1,)), at) * written
    return Found(pieces, log_prob, score, attention, gate)


def compiled(model: Any, strategy: Any, width: int, limits: Limits) -> Callable[[Any], Found]:
    """Return a function of documents, int32 [B, S], that searches in one compiled graph.

    TensorFlow traces once for all shapes; JAX compiles once per shape.
    """

    def run(document: Any) -> Found:
        return search(model, document, strategy, width, limits)

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
