"""What a summary must begin with, must hold and must not hold, and its length in words.

A phrase is a row of pieces. `BOUNDARY` in it stands for whatever does not go on with a word: the
end, or a piece that begins a word or is no word. So "net" is the phrase [▁net, BOUNDARY], and
"network", written ▁net work, does not hold it. A matcher remembers for every beam and phrase which
beginnings of the phrase the beam ends with, the bits of shift-and (Baeza-Yates and Gonnet 1992,
CACM 35(10), section 3): exact also where a phrase repeats itself.
"""

from typing import Any, NamedTuple

from keras import ops

from summarizer.decoding.graph_inputs import BOUNDARY, UNLIMITED
from summarizer.model.pointer import LOG_ZERO, add_at
from summarizer.vocabulary import END, PAD

LEAST = -70.0  # log-probability of what has to be written though the model excludes it


class LexicalConstraints(NamedTuple):
    """What is asked of a summary; phrases are padded with 0 at their ends.

    Attributes:
        active: bool [] or bool, False where nothing is asked.
        prefix: int32 [B, P], what the summary begins with.
        forced: int32 [B, F, L], phrases that it holds.
        banned: int32 [B, Q, M], phrases that it does not hold.
        begins: bool [N], pieces that do not go on with a word.
        words: int32 [B, N], how many words each piece adds; -1: a space, behind which a piece
            that adds 0 begins a word.
        shortest: int32 [], words at least.
        longest: int32 [], words at most.
    """

    active: Any
    prefix: Any
    forced: Any
    banned: Any
    begins: Any
    words: Any
    shortest: Any
    longest: Any


class ConstraintState(NamedTuple):
    """How far each beam is.

    Attributes:
        forced: bool [B, K, F, L], whether it ends with so much of the phrase.
        met: bool [B, K, F], whether it holds the phrase.
        banned: bool [B, K, Q, M], as `forced`.
    """

    forced: Any
    met: Any
    banned: Any


def prefix_constraint(prefix: Any, size: int) -> LexicalConstraints:
    """Return demands for nothing but what texts begin with, int32 [B, P], of a vocabulary of N."""
    batch = ops.shape(prefix)[0]
    none = ops.zeros((batch, 1, 1), "int32")
    every, words = ops.ones((size,), "bool"), ops.zeros((batch, size), "int32")
    return LexicalConstraints(True, prefix, none, none, every, words, 0, UNLIMITED)


def begin(demands: LexicalConstraints, width: Any) -> ConstraintState:
    """Return the progress before the first piece."""

    def nothing(phrases: Any) -> Any:
        batch, count, longest = ops.shape(phrases)
        return ops.zeros((batch, width, count, longest), "bool")

    forced = nothing(demands.forced)
    return ConstraintState(forced, forced[:, :, :, 0], nothing(demands.banned))


def extend(
    demands: LexicalConstraints, progress: ConstraintState, parents: Any, pieces: Any
) -> ConstraintState:
    """Return the progress after the beams `parents` go on with `pieces`, both int32 [B, K]."""
    forced, met, banned = (_pick(x, parents) for x in progress)
    ends = boundary(demands, pieces)
    forced = _match(demands.forced[:, None], forced, pieces, ends)
    met = met | completed(demands.forced[:, None], forced)
    return ConstraintState(forced, met, _match(demands.banned[:, None], banned, pieces, ends))


def _pick(values: Any, parents: Any) -> Any:
    """Rows `parents` int32 [B, K] of values [B, K, ...]."""
    shape = ops.shape(values)
    rows = ops.reshape(values, (shape[0], shape[1], -1))
    return ops.reshape(ops.take_along_axis(rows, parents[:, :, None], axis=1), shape)


def after(demands: LexicalConstraints, progress: ConstraintState, pieces: Any) -> tuple[Any, Any]:
    """Return the matches bool [B, K * C, F, L] and met bool [B, K * C, F] after each of C pieces.

    Args:
        demands: gives the phrases.
        progress: of the K beams.
        pieces: int32 [B, K, C], what may come next.
    """
    batch, width, count = ops.shape(pieces)
    _, phrases, longest = ops.shape(demands.forced)
    pieces = ops.reshape(pieces, (batch, width * count))
    forced = ops.broadcast_to(progress.forced[:, :, None], (batch, width, count, phrases, longest))
    forced = ops.reshape(forced, (batch, width * count, phrases, longest))
    met = ops.broadcast_to(progress.met[:, :, None], (batch, width, count, phrases))
    met = ops.reshape(met, (batch, width * count, phrases))
    matched = _match(demands.forced[:, None], forced, pieces, boundary(demands, pieces))
    return matched, met | completed(demands.forced[:, None], matched)


def boundary(demands: LexicalConstraints, pieces: Any) -> Any:
    """Tell which pieces, of any shape, do not go on with a word; words of the document do not."""
    size = ops.shape(demands.begins)[0]
    known = ops.take(demands.begins, ops.minimum(pieces, size - 1), axis=0)
    return known | (pieces == END) | (pieces >= size)


def _match(phrases: Any, matched: Any, pieces: Any, ends: Any) -> Any:
    """One step of shift-and: `matched` bool [B, J, P, L] after `pieces` [B, J] with `ends`."""
    same = phrases == pieces[:, :, None, None]
    same = same | ((phrases == BOUNDARY) & ends[:, :, None, None])
    return _open(matched) & same


def _open(matched: Any) -> Any:
    """Tell which elements of phrases may come next, bool [B, K, P, L]: always the first."""
    first = ops.ones_like(matched[:, :, :, :1])
    return ops.concatenate([first, matched[:, :, :, :-1]], axis=3)


def _last(phrases: Any) -> Any:
    """Mark the last element of each phrase, bool [B, 1, P, L]."""
    real = phrases != PAD
    behind = ops.concatenate([real[:, :, :, 1:], ops.zeros_like(real[:, :, :, :1])], axis=3)
    return real & ~behind


def completed(phrases: Any, matched: Any) -> Any:
    """Tell which phrases end here, bool [..., P]."""
    return ops.any(matched & _last(phrases), axis=-1)


def unsatisfied(demands: LexicalConstraints, progress: ConstraintState) -> Any:
    """Tell which forced phrases each beam still lacks, bool [B, K, F]; padding is no phrase."""
    return (demands.forced[:, None, :, 0] != PAD) & ~progress.met


def next_required(demands: LexicalConstraints, progress: ConstraintState) -> Any:
    """Return the piece that takes each forced phrase further, int32 [B, K, F]; 0: none does.

    None where the phrase is met, or lacks only its boundary.
    """
    # The longest beginning that the beam ends with says which element comes next.
    steps = ops.arange(1, ops.shape(demands.forced)[2] + 1, dtype="int32")
    at = ops.max(ops.where(_open(progress.forced), steps, 0), axis=3)
    here = steps == at[:, :, :, None]
    piece = ops.sum(ops.where(here, demands.forced[:, None], 0), axis=3)
    return ops.where(unsatisfied(demands, progress), ops.maximum(piece, 0), 0)


def apply(
    demands: LexicalConstraints,
    progress: ConstraintState,
    t: Any,
    raw: Any,
    log_probs: Any,
    pieces: Any,
) -> Any:
    """Take away what may not come at position t.

    Args:
        demands: what is asked.
        progress: of the beams.
        t: int32 [].
        raw: float32 [B, K, N], log-probabilities as the model gives them.
        log_probs: float32 [B, K, N], after `blocking.apply`; forced pieces come all the same.
        pieces: int32 [B, K, T], written before t.
    """
    size = ops.shape(log_probs)[2]
    ids = ops.arange(size, dtype="int32")
    end, ends = (ids == END)[None, None, :], boundary(demands, ids)[None, None, :]
    wanted = next_required(demands, progress)
    forced = add_at(ops.zeros_like(raw), wanted, ops.ones_like(wanted, "float32")) > 0
    log_probs = ops.where(forced & (ids != PAD), ops.maximum(raw, LEAST), log_probs)
    log_probs = _ban(demands, progress, log_probs, ends)
    log_probs = _count(demands, t, log_probs, pieces, end)
    lacking = ops.any(unsatisfied(demands, progress) & ~_met_by_end(demands, progress), axis=-1)
    log_probs = ops.where(end & lacking[:, :, None], float(LOG_ZERO), log_probs)
    length = ops.shape(demands.prefix)[1]
    given = ops.take(demands.prefix, ops.minimum(t, length - 1), axis=1)[:, None, None]
    given = ops.where(t < length, given, PAD)
    log_probs = ops.where((given == BOUNDARY) & ~ends, float(LOG_ZERO), log_probs)
    only = ops.where(ids == given, ops.maximum(raw, LEAST), float(LOG_ZERO))
    return ops.where(given > PAD, only, log_probs)


def _met_by_end(demands: LexicalConstraints, progress: ConstraintState) -> Any:
    """Tell which phrases lack only a boundary, bool [B, K, F]."""
    phrases = demands.forced[:, None]
    return ops.any(_open(progress.forced) & _last(phrases) & (phrases == BOUNDARY), axis=3)


def _ban(demands: LexicalConstraints, progress: ConstraintState, log_probs: Any, ends: Any) -> Any:
    """Take away what would complete a banned phrase."""
    phrases = demands.banned[:, None]
    armed = ops.any(_open(progress.banned) & _last(phrases), axis=3)
    last = ops.sum(ops.where(_last(phrases), phrases, 0), axis=3)
    amounts = ops.where(armed & (last > PAD), float(LOG_ZERO), 0.0)
    log_probs = add_at(log_probs, ops.maximum(last, PAD), amounts)
    word = ops.any(armed & (last == BOUNDARY), axis=-1)[:, :, None]
    return ops.maximum(ops.where(word & ends, float(LOG_ZERO), log_probs), LOG_ZERO)


def _count(demands: LexicalConstraints, t: Any, log_probs: Any, pieces: Any, end: Any) -> Any:
    """Take away words beyond the longest, and the end before the shortest."""
    batch, width, steps = ops.shape(pieces)
    size, more = ops.shape(demands.words)[1], ops.shape(log_probs)[2]
    # A word of the document, beyond the vocabulary, is one word.
    kinds = ops.concatenate(
        [demands.words, ops.ones((batch, more - size), demands.words.dtype)], axis=1
    )
    flat = ops.reshape(pieces, (batch, width * steps))
    written = ops.reshape(ops.take_along_axis(kinds, flat, axis=1), (batch, width, steps))
    space = ops.full_like(written[:, :, :1], -1)  # a text begins as if a space came before it
    spaced = ops.concatenate([space, written], axis=2)
    place = ops.arange(steps, dtype="int32")
    added = ops.where(place < t, _added(written, spaced[:, :, :-1]), 0)
    count = ops.sum(added, axis=2)[:, :, None]
    last = ops.take(spaced, t, axis=2)[:, :, None]
    adds = ops.where(end, 0, _added(kinds[:, None, :], last))
    too_long = (count + adds > demands.longest) & (adds > 0)
    # Where positions run short, only spaces and words; a word may take both.
    lacking = demands.shortest - count
    short = (2 * lacking >= steps - 2 - t) & (lacking > 0) & (4 * demands.shortest <= steps)
    idle = (adds == 0) & ((kinds[:, None, :] >= 0) | (last < 0)) & ~end
    log_probs = ops.where(too_long | (short & idle), float(LOG_ZERO), log_probs)
    return ops.where(end & (lacking > 0), float(LOG_ZERO), log_probs)


def _added(kinds: Any, before: Any) -> Any:
    """Words that pieces of these kinds add behind those of the kinds `before`; see `Demands`."""
    return ops.where((kinds == 0) & (before < 0), 1, ops.maximum(kinds, 0))
