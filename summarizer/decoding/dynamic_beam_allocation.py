"""Beam search that writes every forced phrase: the beams are shared among stages of completion.

A beam's stage is how many elements of the phrases it has. The best candidate of every stage comes
first, the furthest stage before the others, then the second best of each, until K are chosen. The
furthest stage always goes one element on, so a hypothesis with all phrases is always found where
the length allows one.

Source: Post and Vilar (2018), arXiv:1804.06609, section 3.
"""

from typing import Any

from keras import ops

from summarizer.decoding import lexical_constraints
from summarizer.decoding.lexical_constraints import ConstraintState, LexicalConstraints
from summarizer.model.pointer import LOG_ZERO
from summarizer.vocabulary import END, PAD


def allocate_beams(
    demands: LexicalConstraints, progress: ConstraintState, log_prob: Any, log_probs: Any
) -> Any:
    """Continue the beams of each document; shapes as in `Beam.choose`."""
    _, width, size = ops.shape(log_probs)
    total = ops.maximum(log_prob[:, :, None] + log_probs, LOG_ZERO)
    pieces, scores = _candidates(demands, progress, total, width, size)
    count = ops.shape(pieces)[2]
    stages = _stages(demands, progress, pieces)
    flat, scores = (ops.reshape(x, (-1, width * count)) for x in (pieces, scores))
    chosen = _share(stages, scores, width, _elements(demands))
    parents = chosen // count
    kept = (ops.take_along_axis(x, chosen, axis=1) for x in (flat, scores))
    return total[:, :, END], parents, *kept


def _candidates(
    demands: LexicalConstraints, progress: ConstraintState, total: Any, width: Any, size: Any
) -> tuple[Any, Any]:
    """Pieces that may come next and their log-probabilities [B, K, C], none of them twice.

    Those that take a phrase further; and of the others the best that go on with a word and the
    best that do not, as a phrase may need just that.
    """
    ids = ops.arange(size, dtype="int32")
    wanted = lexical_constraints.next_required(demands, progress)  # [B, K, F]
    phrases = ops.arange(ops.shape(wanted)[2])
    same = wanted[:, :, :, None] == wanted[:, :, None, :]
    again = ops.any(same & (phrases[None, :] < phrases[:, None]), axis=3)
    forced = ops.take_along_axis(total, wanted, axis=2)
    forced = ops.where(again | (wanted == PAD), float(LOG_ZERO), forced)
    taken = ops.any(wanted[:, :, :, None] == ids, axis=2) | (ids == END)
    ends = lexical_constraints.boundary(demands, ids)
    few = min(width, size) if isinstance(width, int) and isinstance(size, int) else width
    scores, pieces = [forced], [wanted]
    for kind in (ends, ~ends):
        best, which = ops.top_k(ops.where(taken | ~kind, float(LOG_ZERO), total), few)
        scores.append(best)
        pieces.append(ops.cast(which, "int32"))
    return ops.concatenate(pieces, axis=2), ops.concatenate(scores, axis=2)


def _stages(demands: LexicalConstraints, progress: ConstraintState, pieces: Any) -> Any:
    """How many elements of phrases each candidate has, int32 [B, K * C].

    Those of phrases that are met, and of the phrase that it is furthest in.
    """
    matched, met = lexical_constraints.after(demands, progress, pieces)
    lengths = ops.sum(ops.cast(demands.forced != PAD, "int32"), axis=2)[:, None]
    done = ops.sum(ops.where(met, lengths, 0), axis=2)
    steps = ops.arange(1, ops.shape(demands.forced)[2] + 1, dtype="int32")
    inside = ops.max(ops.where(matched, steps, 0), axis=3)
    return done + ops.max(ops.where(met, 0, inside), axis=2)


def _elements(demands: LexicalConstraints) -> Any:
    """No candidate is at a later stage than this."""
    _, count, longest = ops.shape(demands.forced)
    return count * longest


def _share(stages: Any, scores: Any, width: Any, last: Any) -> Any:
    """Choose K candidates, one of each stage by turns; their places int32 [B, K].

    Args:
        stages: int32 [B, C].
        scores: float32 [B, C].
        width: K.
        last: the greatest stage.
    """
    scores, order = ops.top_k(scores, ops.shape(scores)[1])
    order = ops.cast(order, "int32")
    stages = ops.take_along_axis(stages, order, axis=1)
    same = ops.cast(stages[:, :, None] == ops.arange(last + 1, dtype="int32"), "int32")
    turn = ops.sum(ops.cumsum(same, axis=1) * same, axis=2)
    key = ops.cast(stages - turn * (last + 1), "float32")
    _, first = ops.top_k(ops.where(scores > LOG_ZERO / 2, key, float(LOG_ZERO)), width)
    return ops.take_along_axis(order, ops.cast(first, "int32"), axis=1)
