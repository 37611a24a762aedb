"""The state of a search between two positions: live beams and the pool of finished hypotheses."""

from typing import NamedTuple, TypeVar

from keras import ops, tree

from summarizer.decoding import ngram_blocking
from summarizer.decoding.lexical_constraints import ConstraintState
from summarizer.decoding.strategies._base import Continuations
from summarizer.model.indexing import gather_along, gather_rows, static_cond
from summarizer.model.pointer import LOG_ZERO
from summarizer.types import Tensor
from summarizer.vocabulary import END, START

Structure = TypeVar("Structure")


class Pool(NamedTuple):
    """The K finished hypotheses of each document, sorted by score within each beam group.

    A path names the beam that wrote each position, because beams change places.

    Attributes:
        tokens: int32 [B, K, T].
        path: int32 [B, K, T].
        log_prob: float32 [B, K].
        score: float32 [B, K]; LOG_ZERO where there are fewer than K.
    """

    tokens: Tensor
    path: Tensor
    log_prob: Tensor
    score: Tensor


class BeamState(NamedTuple):
    """K live beams and K finished hypotheses of each document.

    Attributes:
        last: int32 [B, K], the last token of each beam.
        tokens: int32 [B, K, T].
        path: int32 [B, K, T], see `Pool`.
        suffix_matches: int32 [B, K, T], see `ngram_blocking`.
        log_prob: float32 [B, K].
        constraints: progress on lexical constraints; () without constraints.
        pool: the finished hypotheses.
    """

    last: Tensor
    tokens: Tensor
    path: Tensor
    suffix_matches: Tensor
    log_prob: Tensor
    constraints: ConstraintState | tuple[()]
    pool: Pool


class StepChoice(NamedTuple):
    """The decisions at one position.

    Attributes:
        continuations: what the beams end with and continue with.
        scores: float32 [B, 2 K], of the pool and of the beams that end.
        best: int32 [B, K], indices of the best of these: the new pool.
        constraints: progress on lexical constraints of the new beams; () without constraints.
    """

    continuations: Continuations
    scores: Tensor
    best: Tensor
    constraints: ConstraintState | tuple[()]


def begin(
    batch: Tensor,
    width: Tensor,
    groups: Tensor,
    max_tokens: Tensor,
    constraints: ConstraintState | tuple[()],
    start: Tensor | None = None,
) -> BeamState:
    """Return the state before the first position: one live beam in each group, an empty pool.

    Args:
        batch: B.
        width: K.
        groups: number of beam groups.
        max_tokens: T.
        constraints: progress on lexical constraints; () without constraints.
        start: int32 [B], the token before each summary; None: START.
    """
    no_tokens = ops.zeros((batch, width, max_tokens), "int32")
    log_zero = ops.full((batch, width), LOG_ZERO, "float32")
    is_first = ops.arange(width) % (width // groups) == 0
    last = ops.full((batch, width), START, "int32")
    if start is not None:
        last = ops.zeros((batch, width), "int32") + start[:, None]
    return BeamState(
        last=last,
        tokens=no_tokens,
        path=no_tokens,
        suffix_matches=no_tokens,
        log_prob=ops.where(is_first[None, :], 0.0, log_zero),
        constraints=constraints,
        pool=Pool(no_tokens, no_tokens, log_zero, log_zero),
    )


def extend(beams: BeamState, choice: StepChoice, t: Tensor) -> BeamState:
    """Return the state after the choice at position t is written."""
    new = choice.continuations
    at_t = ops.arange(ops.shape(beams.tokens)[2], dtype="int32") == t
    tokens, path, suffix_matches = (
        gather_along(x, new.parents) for x in (beams.tokens, beams.path, beams.suffix_matches)
    )
    return BeamState(
        last=new.tokens,
        tokens=ops.where(at_t, new.tokens[:, :, None], tokens),
        path=ops.where(at_t, new.parents[:, :, None], path),
        suffix_matches=ngram_blocking.extend(suffix_matches, tokens, new.tokens),
        log_prob=new.log_prob,
        constraints=choice.constraints,
        pool=_extend_pool(beams, choice, at_t),
    )


def _extend_pool(beams: BeamState, choice: StepChoice, at_t: Tensor) -> Pool:
    """Return the best of the pool and of the beams that end at the position `at_t`, bool [T]."""
    indices = ops.arange(ops.shape(beams.last)[1], dtype="int32")[:, None]
    ended_tokens = ops.where(at_t, END, beams.tokens)
    ended_path = ops.where(at_t, indices, beams.path)
    tokens, path, log_prob = (
        gather_along(ops.concatenate([old, new], axis=1), choice.best)
        for old, new in (
            (beams.pool.tokens, ended_tokens),
            (beams.pool.path, ended_path),
            (beams.pool.log_prob, choice.continuations.end_log_prob),
        )
    )
    return Pool(tokens, path, log_prob, gather_along(choice.scores, choice.best))


def pool_scores(pool: Pool, end_log_prob: Tensor, score: Tensor) -> Tensor:
    """Return the scores of the pool and of the beams that end, float32 [B, 2 K].

    Args:
        pool: the finished hypotheses.
        end_log_prob: float32 [B, K], LOG_ZERO for beams that do not end.
        score: float32 [B, K], of the beams if they end.
    """
    score = ops.where(end_log_prob > LOG_ZERO / 2, score, float(LOG_ZERO))
    return ops.concatenate([pool.score, score], axis=1)


def best(scores: Tensor, width: Tensor, groups: Tensor) -> Tensor:
    """Return the indices of the best scores of each group, int32 [B, K].

    Args:
        scores: float32 [B, 2 K], from `pool_scores`.
        width: K.
        groups: number of groups.
    """

    def best_of_all() -> Tensor:
        return ops.cast(ops.top_k(scores, width)[1], "int32")

    if isinstance(groups, int) and groups == 1:
        return best_of_all()
    return static_cond(groups == 1, best_of_all, lambda: _best_of_groups(scores, width, groups))


def _best_of_groups(scores: Tensor, width: Tensor, groups: Tensor) -> Tensor:
    batch, span = ops.shape(scores)[0], width // groups
    by_group = ops.transpose(ops.reshape(scores, (batch, 2, groups, span)), (0, 2, 1, 3))
    _, index = ops.top_k(ops.reshape(by_group, (batch, groups, 2 * span)), span)
    index, group = ops.cast(index, "int32"), ops.arange(groups, dtype="int32")[:, None]
    # The first `span` scores of a group are in the pool, the others in the K after it.
    index = group * span + index + ops.where(index < span, 0, width - span)
    return ops.reshape(index, (batch, width))


def last_of_group(width: Tensor, groups: Tensor) -> Tensor:
    """Return the last beam of each beam's group, int32 [K]: the place of the worst in the pool."""
    span = width // groups
    return ops.arange(width, dtype="int32") // span * span + span - 1


def unfinished(beams: BeamState, last_of_group: Tensor, max_normalizer: Tensor) -> Tensor:
    """Return which documents have a beam that could still enter the pool, bool [B].

    Args:
        beams: state of the documents.
        last_of_group: int32 [K].
        max_normalizer: divisor of the log-probability of the longest summary. The best possible
            score of a beam is that of the longest summary without any further loss.
    """
    worst = ops.take(beams.pool.score, last_of_group, axis=1)
    is_live = beams.log_prob > LOG_ZERO / 2
    return ops.any(is_live & (beams.log_prob / max_normalizer > worst), axis=1)


def select_rows(values: Structure, rows: Tensor) -> Structure:
    """Return the given rows of all tensors of a structure."""
    selected: Structure = tree.map_structure(lambda x: gather_rows(x, rows), values)
    return selected
