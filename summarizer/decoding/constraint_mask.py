"""Exclude next tokens that would violate a lexical constraint."""

from keras import ops

from summarizer.decoding.graph_inputs import BOUNDARY
from summarizer.decoding.lexical_constraints import (
    ConstraintState,
    LexicalConstraints,
    is_boundary,
    is_last,
    may_come_next,
    next_required,
    unsatisfied,
)
from summarizer.model.pointer import LOG_ZERO, add_at
from summarizer.types import Tensor
from summarizer.vocabulary import END, PAD

MIN_REQUIRED = -70.0  # log-probability of a required token that the model itself excludes

# A summary that runs out of positions before its minimum length may only contain tokens that add or
# begin a word. This is the case when each missing word needs so many of the positions left.
TOKENS_PER_FORCED_WORD = 2  # at worst a space and the token after it
RESERVED_POSITIONS = 2  # the current position, and the position of the end
# The rule is for summaries with at least so many positions for each word. Then it cannot apply in
# the first half of the positions; with fewer it could dictate the whole text.
MIN_POSITIONS_PER_WORD = 4


def apply(
    constraints: LexicalConstraints,
    state: ConstraintState,
    t: Tensor,
    raw: Tensor,
    log_probs: Tensor,
    tokens: Tensor,
) -> Tensor:
    """Return the log-probabilities with tokens excluded that violate a constraint.

    Args:
        constraints: of the documents.
        state: of the beams.
        t: int32 [], the position.
        raw: float32 [B, K, N], log-probabilities of the model.
        log_probs: float32 [B, K, N], after n-gram blocking and the rules for the end. Required
            tokens are exempt from both.
        tokens: int32 [B, K, T], written before t.
    """
    size = ops.shape(log_probs)[2]
    ids = ops.arange(size, dtype="int32")
    end, boundaries = (ids == END)[None, None, :], is_boundary(constraints, ids)[None, None, :]
    required = next_required(constraints, state)
    ones = ops.ones_like(required, "float32")
    is_required = add_at(ops.zeros_like(raw), required, ones) > 0
    log_probs = ops.where(is_required & (ids != PAD), ops.maximum(raw, MIN_REQUIRED), log_probs)
    log_probs = _exclude_banned(constraints, state, log_probs, boundaries)
    log_probs = _limit_words(constraints, t, log_probs, tokens, end)
    missing = unsatisfied(constraints, state) & ~_satisfied_by_end(constraints, state)
    missing = ops.any(missing, axis=-1)[:, :, None]
    log_probs = ops.where(end & missing, float(LOG_ZERO), log_probs)
    return _force_prefix(constraints, t, raw, log_probs, boundaries)


def _force_prefix(
    constraints: LexicalConstraints, t: Tensor, raw: Tensor, log_probs: Tensor, boundaries: Tensor
) -> Tensor:
    """Exclude all tokens but that of the prefix at position t; after the prefix none."""
    ids, length = ops.arange(ops.shape(raw)[2], dtype="int32"), ops.shape(constraints.prefix)[1]
    prefix = ops.take(constraints.prefix, ops.minimum(t, length - 1), axis=1)[:, None, None]
    prefix = ops.where(t < length, prefix, PAD)
    log_probs = ops.where((prefix == BOUNDARY) & ~boundaries, float(LOG_ZERO), log_probs)
    forced = ops.where(ids == prefix, ops.maximum(raw, MIN_REQUIRED), float(LOG_ZERO))
    return ops.where(prefix > PAD, forced, log_probs)


def _satisfied_by_end(constraints: LexicalConstraints, state: ConstraintState) -> Tensor:
    """Return which phrases lack only a boundary, bool [B, K, F]."""
    phrases = constraints.required[:, None]
    is_next = may_come_next(state.required) & is_last(phrases)
    return ops.any(is_next & (phrases == BOUNDARY), axis=3)


def _exclude_banned(
    constraints: LexicalConstraints, state: ConstraintState, log_probs: Tensor, boundaries: Tensor
) -> Tensor:
    """Exclude tokens that would complete a banned phrase."""
    phrases = constraints.banned[:, None]
    one_missing = ops.any(may_come_next(state.banned) & is_last(phrases), axis=3)
    last = ops.sum(ops.where(is_last(phrases), phrases, 0), axis=3)
    amounts = ops.where(one_missing & (last > PAD), float(LOG_ZERO), 0.0)
    log_probs = add_at(log_probs, ops.maximum(last, PAD), amounts)
    by_boundary = ops.any(one_missing & (last == BOUNDARY), axis=-1)[:, :, None]
    log_probs = ops.where(by_boundary & boundaries, float(LOG_ZERO), log_probs)
    return ops.maximum(log_probs, LOG_ZERO)


def _limit_words(
    constraints: LexicalConstraints, t: Tensor, log_probs: Tensor, tokens: Tensor, end: Tensor
) -> Tensor:
    """Exclude words above the maximum, and the end below the minimum number of words."""
    batch, width, steps = ops.shape(tokens)
    size, columns = ops.shape(constraints.words)[1], ops.shape(log_probs)[2]
    # An id from N on is a word of the document and adds one word.
    document_words = ops.ones((batch, columns - size), constraints.words.dtype)
    words = ops.concatenate([constraints.words, document_words], axis=1)
    flat = ops.reshape(tokens, (batch, width * steps))
    written = ops.reshape(ops.take_along_axis(words, flat, axis=1), (batch, width, steps))
    space = ops.full_like(written[:, :, :1], -1)  # the start of a text counts as a space
    shifted = ops.concatenate([space, written], axis=2)
    is_written = ops.arange(steps, dtype="int32") < t
    count = ops.where(is_written, _words_added(written, shifted[:, :, :-1]), 0)
    count = ops.sum(count, axis=2)[:, :, None]
    last = ops.take(shifted, t, axis=2)[:, :, None]
    words = words[:, None, :]
    added = ops.where(end, 0, _words_added(words, last))
    too_long = (count + added > constraints.max_words) & (added > 0)
    missing = constraints.min_words - count
    positions_left = steps - RESERVED_POSITIONS - t
    must_add_words = (
        (TOKENS_PER_FORCED_WORD * missing >= positions_left)
        & (missing > 0)
        & (MIN_POSITIONS_PER_WORD * constraints.min_words <= steps)
    )
    begins_word = (words < 0) & (last >= 0)  # a space that does not follow a space
    adds_no_word = (added == 0) & ~begins_word & ~end
    log_probs = ops.where(too_long | (must_add_words & adds_no_word), float(LOG_ZERO), log_probs)
    return ops.where(end & (missing > 0), float(LOG_ZERO), log_probs)


def _words_added(words: Tensor, before: Tensor) -> Tensor:
    """Return the number of words that tokens add, after the tokens `before`.

    Args:
        words: entries of `LexicalConstraints.words` of the tokens.
        before: those of the tokens before them.
    """
    return ops.where((words == 0) & (before < 0), 1, ops.maximum(words, 0))
