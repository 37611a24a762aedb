"""What a search carries from position to position, and the pool of finished hypotheses."""

from typing import Any, NamedTuple

from keras import ops, tree

from summarizer.decoding import ngram_blocking
from summarizer.model.indexing import gather_along, gather_rows, static_cond
from summarizer.model.pointer import LOG_ZERO
from summarizer.vocabulary import END, START


class BeamState(NamedTuple):
    """K beams alive and K finished hypotheses of each document.

    A path says for every position which beam wrote it, as beams change places.
    """

    last: Any  # int32 [B, K], the pieces written last
    tokens: Any  # int32 [B, K, T]
    path: Any  # int32 [B, K, T]
    runs: Any  # int32 [B, K, T], see `blocking`
    log_prob: Any  # float32 [B, K]
    progress: Any  # `constraints.Progress`, or () where nothing is demanded
    done_pieces: Any  # int32 [B, K, T]
    done_path: Any  # int32 [B, K, T]
    done_log_prob: Any  # float32 [B, K]
    done_score: Any  # float32 [B, K], each group's sorted, the best first


class StepChoice(NamedTuple):
    """What is decided at a position."""

    ended: Any  # float32 [B, K], log-probability of each beam with the end; NEVER: does not end
    scores: Any  # float32 [B, 2 K], of the pool and of the beams that end
    pool: Any  # int32 [B, K], the best of these
    parents: Any  # int32 [B, K], the beams that go on
    tokens: Any  # int32 [B, K], with these
    log_prob: Any  # float32 [B, K], of the new beams
    progress: Any


def begin(
    batch: Any, width: Any, groups: Any, maximum: Any, progress: Any, start: Any = None
) -> BeamState:
    """Return one beam alive in each group, none finished.

    `start`, int32 [B], is the piece that each document's summary begins with; None: START.
    """
    none = ops.zeros((batch, width, maximum), "int32")
    never = ops.full((batch, width), LOG_ZERO, "float32")
    first = ops.arange(width) % (width // groups) == 0
    alive = ops.where(first[None, :], 0.0, never)
    first_pieces = ops.full((batch, width), START, "int32")
    if start is not None:
        first_pieces = ops.zeros((batch, width), "int32") + start[:, None]
    return BeamState(first_pieces, none, none, none, alive, progress, none, none, never, never)


def extend(beams: BeamState, choice: StepChoice, t: Any) -> BeamState:
    """Write what is chosen at position t."""
    width = ops.shape(beams.last)[1]
    here = ops.arange(ops.shape(beams.tokens)[2], dtype="int32") == t
    own = ops.arange(width, dtype="int32")[:, None]
    complete = ops.where(here, END, beams.tokens), ops.where(here, own, beams.path)
    done_pieces, done_path, done_log_prob = (
        gather_along(ops.concatenate([old, new], axis=1), choice.pool)
        for old, new in (
            (beams.done_pieces, complete[0]),
            (beams.done_path, complete[1]),
            (beams.done_log_prob, choice.ended),
        )
    )
    pieces, path, runs = (
        gather_along(x, choice.parents) for x in (beams.tokens, beams.path, beams.runs)
    )
    return BeamState(
        choice.tokens,
        ops.where(here, choice.tokens[:, :, None], pieces),
        ops.where(here, choice.parents[:, :, None], path),
        ngram_blocking.extend(runs, pieces, choice.tokens),
        choice.log_prob,
        choice.progress,
        done_pieces,
        done_path,
        done_log_prob,
        gather_along(choice.scores, choice.pool),
    )


def pooled(beams: BeamState, ended: Any, score: Any) -> Any:
    """Return the scores of the pool and of beams that end, float32 [B, 2 K]; both [B, K]."""
    score = ops.where(ended > LOG_ZERO / 2, score, float(LOG_ZERO))
    return ops.concatenate([beams.done_score, score], axis=1)


def best(scores: Any, width: Any, groups: Any) -> Any:
    """Return the places int32 [B, K] of each group's best in the scores of `pooled`."""

    def of_all() -> Any:
        return ops.cast(ops.top_k(scores, width)[1], "int32")

    if isinstance(groups, int) and groups == 1:
        return of_all()
    return static_cond(groups == 1, of_all, lambda: _of_groups(scores, width, groups))


def _of_groups(scores: Any, width: Any, groups: Any) -> Any:
    batch, span = ops.shape(scores)[0], width // groups
    parted = ops.transpose(ops.reshape(scores, (batch, 2, groups, span)), (0, 2, 1, 3))
    _, found = ops.top_k(ops.reshape(parted, (batch, groups, 2 * span)), span)
    found, group = ops.cast(found, "int32"), ops.arange(groups, dtype="int32")[:, None]
    found = group * span + found + ops.where(found < span, 0, width - span)
    return ops.reshape(found, (batch, width))


def worst(width: Any, groups: Any) -> Any:
    """Return the last beam of each beam's group, int32 [K]: where the pool keeps the worst."""
    span = width // groups
    return ops.arange(width, dtype="int32") // span * span + span - 1


def still_open(beams: BeamState, worst: Any, longest: Any) -> Any:
    """Tell which documents have a beam that could still enter the pool, bool [B].

    Args:
        beams: of the documents.
        worst: from `worst`.
        longest: what the log-probability of the longest summary is divided by; no beam can do
            better than to get there without losing anything.
    """
    rivals = ops.take(beams.done_score, worst, axis=1)
    return ops.any((beams.log_prob > LOG_ZERO / 2) & (beams.log_prob / longest > rivals), axis=1)


def select_rows(values: Any, places: Any) -> Any:
    """Return rows of all tensors of a structure."""
    return tree.map_structure(lambda x: gather_rows(x, places), values)
