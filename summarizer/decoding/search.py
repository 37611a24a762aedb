"""Search for summaries: compiled loops over positions, for any decoding strategy.

A strategy chooses the continuations of the beams. The search keeps a pool of K finished hypotheses
for each document, sorted by score. A document is finished when no live beam can enter its pool any
more. If the strategy has beam groups, each group has its own part of the pool. The pool of a
document does not depend on the other documents of the batch.

Finished documents leave the batch: an inner loop runs until one document in eight is finished, and
an outer loop continues with the others. The cost of a batch is therefore about the sum of the
lengths of its summaries. XLA needs fixed shapes, so there no document leaves.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import keras
from keras import ops, tree

from summarizer.decoding import beam_state, lexical_constraints
from summarizer.decoding.beam_state import BeamState, Pool
from summarizer.decoding.scoring import SearchLimits
from summarizer.decoding.search_result import Finished, SearchResult, Trace, to_result
from summarizer.decoding.search_step import ActiveDocuments, Conditions, SearchStep
from summarizer.decoding.strategies._base import Strategy
from summarizer.model.compiled import compile_function
from summarizer.model.indexing import gather_rows, scatter_rows
from summarizer.model.protocols import SequenceModel
from summarizer.types import DecoderState, EncoderMemory, Tensor
from summarizer.vocabulary import START

# One document in so many may be finished without leaving the batch: leaving copies all states.
COMPACTION_FRACTION = 8

UNCONDITIONAL = Conditions()

Structure = TypeVar("Structure")


class _Active(NamedTuple):
    """What the loop over positions changes: position, decoder and beams of active documents."""

    t: Tensor
    state: DecoderState
    beams: BeamState
    trace: Trace


def search(
    model: SequenceModel,
    document: Tensor,
    strategy: Strategy,
    width: Tensor,
    limits: SearchLimits,
    conditions: Conditions = UNCONDITIONAL,
) -> SearchResult:
    """Search for the best summaries of a batch of documents.

    Args:
        model: a `Seq2Seq` or an `Ensemble`.
        document: int32 [B, S], padded with 0.
        strategy: from `decoding/strategies`.
        width: K.
        limits: lengths, scoring, n-gram blocking.
        conditions: what the summaries may and must contain.
    """
    return search_memory(model, model.encode(document), strategy, width, limits, conditions)


def search_memory(
    model: SequenceModel,
    memory: EncoderMemory,
    strategy: Strategy,
    width: Tensor,
    limits: SearchLimits,
    conditions: Conditions,
) -> SearchResult:
    """Search for the best summaries of documents that are already encoded; see `search`."""
    if conditions.selected is not None:
        memory = model.mask_copying(memory, conditions.selected)
    step = SearchStep(model, strategy, width, limits, conditions)
    state, beams = step.begin(memory)
    batch, positions = ops.shape(memory.tokens)
    indices = ops.arange(batch, dtype="int32")
    per_beam = ops.zeros((limits.max_tokens, batch, width))
    attention = ops.zeros((limits.max_tokens, batch, width, positions))
    trace = Trace(attention, per_beam, per_beam)
    active = _Active(ops.convert_to_tensor(0, "int32"), state, beams, trace)
    if keras.backend.backend() == "tensorflow":
        return to_result(_search_shrinking(step, memory, indices, active), width)
    active = _run_until_compaction(step, memory, indices, active, remaining=0)
    return to_result(Finished(active.beams.pool, active.trace), width)


def _search_shrinking(
    step: SearchStep, memory: EncoderMemory, indices: Tensor, active: _Active
) -> Finished:
    """Search until all documents are finished, dropping finished ones from the batch."""

    def not_done(active: _Active, indices: Tensor, pool: Pool) -> Tensor:
        return (active.t < step.limits.max_tokens) & (ops.shape(indices)[0] > 0)

    def drop_finished(active: _Active, indices: Tensor, pool: Pool) -> tuple[_Active, Tensor, Pool]:
        part = _gather_memory(memory, indices)
        active = _run_until_compaction(step, part, indices, active)
        pool = Pool(
            *(
                scatter_rows(old, indices[:, None], new)
                for old, new in zip(pool, active.beams.pool, strict=True)
            )
        )
        left = ops.cast(ops.nonzero(step.unfinished(active.beams))[0], "int32")
        beams_left = left[:, None] * step.width + ops.arange(step.width, dtype="int32")
        state = beam_state.select_rows(active.state, ops.reshape(beams_left, (-1,)))
        beams = beam_state.select_rows(active.beams, left)
        active = _Active(active.t, state, beams, active.trace)
        return active, gather_rows(indices, left), pool

    start = (active, indices, active.beams.pool)
    active, _, pool = _shrinking_while_loop(not_done, drop_finished, start)
    return Finished(pool, active.trace)


def _run_until_compaction(
    step: SearchStep,
    memory: EncoderMemory,
    indices: Tensor,
    active: _Active,
    remaining: int | None = None,
) -> _Active:
    """Advance position by position until enough documents are finished.

    Args:
        step: the search.
        memory: of the active documents.
        indices: int32 [B], their places in the batch of the search.
        active: position, decoder and beams of the active documents; the trace of all documents.
        remaining: maximum number of unfinished documents at the end; None: see
            `COMPACTION_FRACTION`.
    """
    count = ops.shape(indices)[0]
    documents = ActiveDocuments(memory, indices, step.model.copy_indices(memory, step.width))
    offsets = ops.arange(count, dtype="int32")[:, None] * step.width
    if remaining is None:
        remaining = count - (count + COMPACTION_FRACTION - 1) // COMPACTION_FRACTION

    def not_done(t: Tensor, state: DecoderState, beams: BeamState, trace: Trace) -> Tensor:
        unfinished = ops.sum(ops.cast(step.unfinished(beams), "int32"))
        return (t < step.limits.max_tokens) & (unfinished > remaining)

    def advance(t: Tensor, state: DecoderState, beams: BeamState, trace: Trace) -> _Active:
        output, state = step.model.step(beams.last, state, memory)
        rows = ops.stack([ops.full_like(indices, t), indices], axis=1)
        attention, gate = step.model.attention_and_gate(output)
        observed = Trace(attention, gate, beams.log_prob)
        trace = Trace(
            *(scatter_rows(old, rows, new) for old, new in zip(trace, observed, strict=True))
        )
        choice = step.choose(t, output, beams, state, documents)
        parents = ops.reshape(choice.continuations.parents + offsets, (-1,))
        state = beam_state.select_rows(state, parents)
        return _Active(t + 1, state, beam_state.extend(beams, choice, t), trace)

    return _Active(*ops.while_loop(not_done, advance, active))


def _shrinking_while_loop(
    not_done: Callable[..., Tensor], body: Callable[..., Structure], start: Structure
) -> Structure:
    """Run `ops.while_loop` with tensors whose number of rows may decrease."""
    import tensorflow as tf

    shapes = tree.map_structure(
        lambda x: tf.TensorShape([None, *x.shape[1:]][: len(x.shape)]), start
    )
    end: Structure = tf.while_loop(not_done, body, start, shape_invariants=shapes)
    return end


def _gather_memory(memory: EncoderMemory, indices: Tensor) -> EncoderMemory:
    """Return the memory of some documents; a tensor with several names is copied once."""
    rows: dict[int, Tensor] = {}
    for x in tree.flatten(memory):
        if id(x) not in rows:
            rows[id(x)] = gather_rows(x, indices)
    part: EncoderMemory = tree.map_structure(lambda x: rows[id(x)], memory)
    return part


def compile_search(
    model: keras.Model,
    strategy: Strategy,
    width: int,
    limits: SearchLimits,
    prompted: bool = False,
) -> Callable[..., SearchResult]:
    """Return a function of documents that searches in one compiled graph.

    TensorFlow traces once for all shapes; JAX compiles once for each shape. The arguments of the
    function are the documents, int32 [B, S], and optionally the token before each summary, int32
    [B], the default of which is START.

    Args:
        model: a `Seq2Seq` or an `Ensemble`.
        strategy: from `decoding/strategies`.
        width: K.
        limits: lengths, scoring, n-gram blocking.
        prompted: whether the texts begin with the documents, the prompts of a language model.
    """

    def run(document: Tensor, start: Tensor) -> SearchResult:
        conditions = Conditions(start=start)
        if prompted:
            constraints = lexical_constraints.prefix_constraint(document, model.size)
            conditions = Conditions(start=start, constraints=constraints)
        return search(model, document, strategy, width, limits, conditions)

    compiled = compile_function(model, run, signature=[(2, "int32"), (1, "int32")])

    def search_from(document: Tensor, start: Tensor | None = None) -> SearchResult:
        if start is None:
            start = ops.zeros_like(document[:, 0]) + START
        return compiled(document, ops.convert_to_tensor(start, "int32"))

    return search_from
