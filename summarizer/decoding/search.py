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

from summarizer.decoding import beam_state, lexical_constraints
from summarizer.decoding.beam_state import BeamState
from summarizer.decoding.lexical_constraints import LexicalConstraints
from summarizer.decoding.scoring import SearchLimits
from summarizer.decoding.search_step import SearchStep
from summarizer.model.compiled import compile_function
from summarizer.model.indexing import gather_along, gather_rows, scatter_rows
from summarizer.vocabulary import END, PAD, START

__all__ = ["LexicalConstraints", "SearchLimits", "SearchResult", "compile_search", "search"]

COMPACTION_FRACTION = (
    8  # one document of so many may be finished without leaving: to leave costs copies, too
)


class SearchResult(NamedTuple):
    """The K best hypotheses of each document, the best first.

    Attributes:
        pieces: int32 [B, K, T], the end included where it fits; 0 after it.
        log_prob: float32 [B, K]; below -1e8 where there were fewer than K.
        score: float32 [B, K].
        attention: float32 [B, K, T, S]; 0 after the end.
        gate: float32 [B, K, T], probability of generating; 0 after the end.
        steps: float32 [B, K, T], log-probability of each piece behind those before it; 0 after the
            end. Their sum is `log_prob`.
    """

    tokens: Any
    log_prob: Any
    score: Any
    attention: Any
    gate: Any
    token_log_probs: Any


class _Finished(NamedTuple):
    """What is kept of all documents: the pools, and what each beam saw at each position."""

    tokens: Any  # int32 [B, K, T]
    path: Any  # int32 [B, K, T]
    log_prob: Any  # float32 [B, K]
    score: Any  # float32 [B, K]
    attention: Any  # float32 [T, B, K, S], of the beams in the order that they had at t
    gate: Any  # float32 [T, B, K]
    log_probs: Any  # float32 [T, B, K], of the beams before t


def search(
    model: Any,
    document: Any,
    strategy: Any,
    width: Any,
    limits: SearchLimits,
    allowed: Any = None,
    demands: LexicalConstraints | None = None,
    selected: Any = None,
    start: Any = None,
) -> SearchResult:
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
        selected: bool [B, S], the pieces that may be copied, where any of these is attended to.
            None: all.
        start: int32 [B], the piece that each summary begins with: the control token of its type.
            None: START.
    """
    memory = model.encode(document)
    if selected is not None:
        memory = model.mask_copying(memory, selected)
    this = SearchStep(model, strategy, width, limits, allowed, demands, start)
    state, alive = this.begin(memory)
    batch, positions = ops.shape(document)
    longest = limits.maximum
    nothing = (ops.zeros((longest, batch, width)) for _ in range(2))
    seen = ops.zeros((longest, batch, width, positions)), *nothing
    done = alive.done_pieces, alive.done_path, alive.done_log_prob, alive.done_score
    first, which = ops.convert_to_tensor(0, "int32"), ops.arange(batch, dtype="int32")

    def going(t: Any, which: Any, *_: Any) -> Any:
        return (t < longest) & (ops.shape(which)[0] > 0)

    def leave(t: Any, which: Any, state: Any, alive: BeamState, kept: _Finished) -> Any:
        here = _gather_memory(memory, which)
        t, state, alive, seen = _run_until_compaction(
            this, here, which, (t, state, alive, kept[4:])
        )
        done = alive.done_pieces, alive.done_path, alive.done_log_prob, alive.done_score
        pools = (
            scatter_rows(old, which[:, None], new) for old, new in zip(kept[:4], done, strict=True)
        )
        kept = _Finished(*pools, *seen)
        stay = ops.cast(ops.nonzero(this.open(alive))[0], "int32")
        beams_of = stay[:, None] * width + ops.arange(width, dtype="int32")
        state = beam_state.select_rows(state, ops.reshape(beams_of, (-1,)))
        return t, gather_rows(which, stay), state, beam_state.select_rows(alive, stay), kept

    if keras.backend.backend() == "tensorflow":
        begun = (first, which, state, alive, _Finished(*done, *seen))
        *_, kept = _shrinking_while_loop(going, leave, begun)
    else:
        _, _, alive, seen = _run_until_compaction(
            this, memory, which, (first, state, alive, seen), stay=0
        )
        done = alive.done_pieces, alive.done_path, alive.done_log_prob, alive.done_score
        kept = _Finished(*done, *seen)
    return _to_result(kept, width)


def _run_until_compaction(
    this: SearchStep, memory: Any, which: Any, begun: Any, stay: int | None = None
) -> Any:
    """Write on until enough documents are finished.

    Args:
        this: the search.
        memory: of the documents.
        which: int32 [B], their places among all.
        begun: position, state, beams, and what was seen of all documents, as `_Kept` has it.
        stay: how many documents are left at the end, at most; None: as `STAY` says.
    """
    count = ops.shape(which)[0]
    places = this.model.copy_indices(memory, this.width)
    offsets = ops.arange(count, dtype="int32")[:, None] * this.width
    few = count - (count + COMPACTION_FRACTION - 1) // COMPACTION_FRACTION if stay is None else stay

    def going(t: Any, state: Any, alive: BeamState, seen: Any) -> Any:
        left = ops.sum(ops.cast(this.open(alive), "int32"))
        return (t < this.limits.maximum) & (left > few)

    def advance(t: Any, state: Any, alive: BeamState, seen: Any) -> Any:
        account, state = this.model.step(alive.last, state, memory)
        now = ops.stack([ops.full_like(which, t), which], axis=1)
        shown = (*this.model.attention_and_gate(account), alive.log_prob)
        seen = tuple(scatter_rows(old, now, new) for old, new in zip(seen, shown, strict=True))
        choice = this.choose(t, account, alive, state, memory, places, which)
        parents = ops.reshape(choice.parents + offsets, (-1,))
        return (
            t + 1,
            beam_state.select_rows(state, parents),
            beam_state.extend(alive, choice, t),
            seen,
        )

    return ops.while_loop(going, advance, begun)


def _shrinking_while_loop(going: Any, body: Any, begun: Any) -> Any:
    """`ops.while_loop` whose tensors may have fewer rows from time to time."""
    import tensorflow as tf

    shapes = tree.map_structure(
        lambda x: tf.TensorShape([None, *x.shape[1:]][: len(x.shape)]), begun
    )
    return tf.while_loop(going, body, begun, shape_invariants=shapes)


def _gather_memory(memory: Any, which: Any) -> Any:
    """The memory of some documents; what is one tensor under several names is copied once."""
    taken: dict[int, Any] = {}
    for x in tree.flatten(memory):
        if id(x) not in taken:
            taken[id(x)] = gather_rows(x, which)
    return tree.map_structure(lambda x: taken[id(x)], memory)


def _to_result(kept: _Finished, width: Any) -> SearchResult:
    """Sort the pools, and read off what was seen along the paths of their hypotheses."""
    score, best = ops.top_k(kept.score, width)
    best = ops.cast(best, "int32")
    pieces, path, log_prob = (
        gather_along(x, best) for x in (kept.tokens, kept.path, kept.log_prob)
    )
    steps, batch, _, positions = ops.shape(kept.attention)
    times, documents = ops.arange(steps, dtype="int32"), ops.arange(batch, dtype="int32")
    at = (times * batch + documents[:, None])[:, None, :] * width + path
    written = ops.cast(pieces != PAD, "float32")
    attention = gather_rows(ops.reshape(kept.attention, (-1, positions)), at) * written[..., None]
    gate = gather_rows(ops.reshape(kept.gate, (-1,)), at) * written
    before = gather_rows(ops.reshape(kept.log_probs, (-1,)), at)
    after = ops.concatenate([before[:, :, 1:], ops.zeros_like(before[:, :, :1])], axis=2)
    after = ops.where(pieces == END, log_prob[:, :, None], after)
    return SearchResult(pieces, log_prob, score, attention, gate, (after - before) * written)


def compile_search(
    model: Any, strategy: Any, width: int, limits: SearchLimits, prompted: bool = False
) -> Callable[..., SearchResult]:
    """Return a function of documents, int32 [B, S], that searches in one compiled graph.

    Its second argument, int32 [B], is the piece that each summary begins with; None: START.

    TensorFlow traces once for all shapes; JAX compiles once per shape. With `prompted`, what is
    written begins with the document: the prompt of a language model, which reads nothing.
    """

    def run(document: Any, start: Any) -> SearchResult:
        demands = lexical_constraints.prefix_constraint(document, model.size) if prompted else None
        return search(model, document, strategy, width, limits, demands=demands, start=start)

    def started(document: Any, start: Any) -> Any:
        if start is None:
            return ops.zeros_like(document[:, 0]) + START
        return ops.convert_to_tensor(start, "int32")

    compiled = compile_function(model, run, [(2, "int32"), (1, "int32")])
    return lambda document, start=None: compiled(document, started(document, start))
