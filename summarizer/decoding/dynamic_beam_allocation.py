"""Dynamic beam allocation: beam search that writes all required phrases.

The stage of a beam is the number of phrase elements that it contains. Selection takes the best
candidate of each stage, the highest stage first, then the second best of each, until K candidates
are selected. The highest stage always advances by one element, so a hypothesis with all phrases is
always found if the length permits one. The paper calls the beams of one stage a bank.

Source: Post and Vilar (2018), arXiv:1804.06609, section 3.
"""

from keras import ops

from summarizer.decoding import lexical_constraints
from summarizer.decoding.lexical_constraints import ConstraintState, LexicalConstraints
from summarizer.decoding.strategies._base import Continuations
from summarizer.model.pointer import LOG_ZERO
from summarizer.types import Tensor
from summarizer.vocabulary import END, PAD


def allocate_beams(
    constraints: LexicalConstraints, state: ConstraintState, log_prob: Tensor, log_probs: Tensor
) -> Continuations:
    """Continue the beams of each document.

    Args:
        constraints: of the documents.
        state: of the beams.
        log_prob: float32 [B, K], of the beams.
        log_probs: float32 [B, K, N], of all next tokens.
    """
    _, width, size = ops.shape(log_probs)
    total = ops.maximum(log_prob[:, :, None] + log_probs, LOG_ZERO)
    tokens, scores = _candidates(constraints, state, total, width, size)
    count = ops.shape(tokens)[2]
    stages = _stages(constraints, state, tokens)
    tokens, scores = (ops.reshape(x, (-1, width * count)) for x in (tokens, scores))
    chosen = _select_by_stage(stages, scores, width, _max_stage(constraints))
    tokens, scores = (ops.take_along_axis(x, chosen, axis=1) for x in (tokens, scores))
    return Continuations(total[:, :, END], chosen // count, tokens, scores)


def _candidates(
    constraints: LexicalConstraints,
    state: ConstraintState,
    total: Tensor,
    width: Tensor,
    size: Tensor,
) -> tuple[Tensor, Tensor]:
    """Return distinct candidate tokens and their log-probabilities, both [B, K, C].

    The candidates are the tokens that advance a phrase, the best other tokens that continue a word,
    and the best that do not, because a phrase may need either kind.

    Args:
        constraints: of the documents.
        state: of the beams.
        total: float32 [B, K, N], log-probability of all continuations.
        width: K.
        size: N.
    """
    ids = ops.arange(size, dtype="int32")
    required = lexical_constraints.next_required(constraints, state)  # [B, K, F]
    phrases = ops.arange(ops.shape(required)[2])
    equal = required[:, :, :, None] == required[:, :, None, :]
    is_repeated = ops.any(equal & (phrases[None, :] < phrases[:, None]), axis=3)
    required_scores = ops.take_along_axis(total, required, axis=2)
    excluded = is_repeated | (required == PAD)
    required_scores = ops.where(excluded, float(LOG_ZERO), required_scores)
    is_candidate = ops.any(required[:, :, :, None] == ids, axis=2) | (ids == END)
    boundaries = lexical_constraints.is_boundary(constraints, ids)
    static = isinstance(width, int) and isinstance(size, int)
    count = min(width, size) if static else width
    scores, tokens = [required_scores], [required]
    for kind in (boundaries, ~boundaries):
        others = ops.where(is_candidate | ~kind, float(LOG_ZERO), total)
        best, best_tokens = ops.top_k(others, count)
        scores.append(best)
        tokens.append(ops.cast(best_tokens, "int32"))
    return ops.concatenate(tokens, axis=2), ops.concatenate(scores, axis=2)


def _stages(constraints: LexicalConstraints, state: ConstraintState, tokens: Tensor) -> Tensor:
    """Return the number of phrase elements of each candidate, int32 [B, K * C].

    These are the elements of satisfied phrases, and those of the longest phrase prefix that the
    candidate ends with.
    """
    matched, satisfied = lexical_constraints.matches_after(constraints, state, tokens)
    lengths = ops.sum(ops.cast(constraints.required != PAD, "int32"), axis=2)[:, None]
    complete = ops.sum(ops.where(satisfied, lengths, 0), axis=2)
    steps = ops.arange(1, ops.shape(constraints.required)[2] + 1, dtype="int32")
    partial = ops.max(ops.where(matched, steps, 0), axis=3)
    return complete + ops.max(ops.where(satisfied, 0, partial), axis=2)


def _max_stage(constraints: LexicalConstraints) -> Tensor:
    """Return an upper bound of all stages."""
    _, count, length = ops.shape(constraints.required)
    return count * length


def _select_by_stage(stages: Tensor, scores: Tensor, width: Tensor, max_stage: Tensor) -> Tensor:
    """Return the indices of K candidates, taken from the stages in turn, int32 [B, K].

    Args:
        stages: int32 [B, C].
        scores: float32 [B, C].
        width: K.
        max_stage: upper bound of the stages.
    """
    scores, order = ops.top_k(scores, ops.shape(scores)[1])
    order = ops.cast(order, "int32")
    stages = ops.take_along_axis(stages, order, axis=1)
    in_stage = stages[:, :, None] == ops.arange(max_stage + 1, dtype="int32")
    in_stage = ops.cast(in_stage, "int32")
    rank = ops.sum(ops.cumsum(in_stage, axis=1) * in_stage, axis=2)  # within the stage, from 1
    key = ops.cast(stages - rank * (max_stage + 1), "float32")
    _, selected = ops.top_k(ops.where(scores > LOG_ZERO / 2, key, float(LOG_ZERO)), width)
    return ops.take_along_axis(order, ops.cast(selected, "int32"), axis=1)
