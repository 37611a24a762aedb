"""Lexical constraints: prefix, required and banned phrases, and length in words.

A phrase is a row of tokens. The element `BOUNDARY` stands for any token that does not continue a
word: the end, or a token that begins a word or is no word. So "net" is the phrase
[▁net, BOUNDARY], and "network", written ▁net work, does not contain it. For each beam and phrase a
matcher stores which prefixes of the phrase the beam ends with, as the bits of the shift-and
algorithm (Baeza-Yates and Gonnet 1992, CACM 35(10), section 3). This is exact for self-overlapping
phrases too.
"""

from typing import NamedTuple

from keras import ops

from summarizer.decoding.graph_inputs import BOUNDARY, UNLIMITED
from summarizer.types import Tensor
from summarizer.vocabulary import END, PAD


class LexicalConstraints(NamedTuple):
    """Constraints on summaries; phrases are padded with 0 at their ends.

    Attributes:
        active: bool [] or bool; False: there are no constraints.
        prefix: int32 [B, P], the first tokens of the summary.
        required: int32 [B, F, L], phrases that the summary must contain.
        banned: int32 [B, Q, M], phrases that the summary must not contain.
        boundary_tokens: bool [N], True for tokens that do not continue a word.
        words: int32 [B, N], number of words that each token adds; -1: a space, after which a token
            that adds 0 begins a word.
        min_words: int32 [].
        max_words: int32 [].
    """

    active: Tensor
    prefix: Tensor
    required: Tensor
    banned: Tensor
    boundary_tokens: Tensor
    words: Tensor
    min_words: Tensor
    max_words: Tensor


class ConstraintState(NamedTuple):
    """The progress of each beam on its constraints.

    Attributes:
        required: bool [B, K, F, L], whether the beam ends with each prefix of a required phrase.
        satisfied: bool [B, K, F], whether the beam contains the phrase.
        banned: bool [B, K, Q, M], whether the beam ends with each prefix of a banned phrase.
    """

    required: Tensor
    satisfied: Tensor
    banned: Tensor


def prefix_constraint(prefix: Tensor, size: int) -> LexicalConstraints:
    """Return constraints that only set the first tokens.

    Args:
        prefix: int32 [B, P].
        size: N, the size of the vocabulary.
    """
    batch = ops.shape(prefix)[0]
    no_phrase = ops.zeros((batch, 1, 1), "int32")
    return LexicalConstraints(
        active=True,
        prefix=prefix,
        required=no_phrase,
        banned=no_phrase,
        boundary_tokens=ops.ones((size,), "bool"),
        words=ops.zeros((batch, size), "int32"),
        min_words=0,
        max_words=UNLIMITED,
    )


def begin(constraints: LexicalConstraints, width: Tensor) -> ConstraintState:
    """Return the progress of K beams before the first token."""

    def no_match(phrases: Tensor) -> Tensor:
        batch, count, length = ops.shape(phrases)
        return ops.zeros((batch, width, count, length), "bool")

    required = no_match(constraints.required)
    return ConstraintState(required, required[:, :, :, 0], no_match(constraints.banned))


def extend(
    constraints: LexicalConstraints, state: ConstraintState, parents: Tensor, tokens: Tensor
) -> ConstraintState:
    """Return the progress after the beams `parents` continue with `tokens`, both int32 [B, K]."""
    required, satisfied, banned = (_select_beams(x, parents) for x in state)
    at_boundary = is_boundary(constraints, tokens)
    required = _match(constraints.required[:, None], required, tokens, at_boundary)
    satisfied = satisfied | _completed(constraints.required[:, None], required)
    banned = _match(constraints.banned[:, None], banned, tokens, at_boundary)
    return ConstraintState(required, satisfied, banned)


def _select_beams(values: Tensor, parents: Tensor) -> Tensor:
    """Return rows `parents`, int32 [B, K], of values [B, K, ...]."""
    shape = ops.shape(values)
    rows = ops.reshape(values, (shape[0], shape[1], -1))
    return ops.reshape(ops.take_along_axis(rows, parents[:, :, None], axis=1), shape)


def matches_after(
    constraints: LexicalConstraints, state: ConstraintState, tokens: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the progress on required phrases after each of C candidate tokens.

    Args:
        constraints: gives the phrases.
        state: of the K beams.
        tokens: int32 [B, K, C].

    Returns:
        Matched prefixes, bool [B, K * C, F, L], and satisfied phrases, bool [B, K * C, F].
    """
    batch, width, count = ops.shape(tokens)
    _, phrases, length = ops.shape(constraints.required)
    tokens = ops.reshape(tokens, (batch, width * count))
    before = state.required[:, :, None]
    before = ops.broadcast_to(before, (batch, width, count, phrases, length))
    before = ops.reshape(before, (batch, width * count, phrases, length))
    satisfied = ops.broadcast_to(state.satisfied[:, :, None], (batch, width, count, phrases))
    satisfied = ops.reshape(satisfied, (batch, width * count, phrases))
    at_boundary = is_boundary(constraints, tokens)
    matched = _match(constraints.required[:, None], before, tokens, at_boundary)
    return matched, satisfied | _completed(constraints.required[:, None], matched)


def is_boundary(constraints: LexicalConstraints, tokens: Tensor) -> Tensor:
    """Return which tokens, of any shape, do not continue a word.

    Ids from N on are whole words of the document and never continue a word.
    """
    size = ops.shape(constraints.boundary_tokens)[0]
    in_vocabulary = ops.take(constraints.boundary_tokens, ops.minimum(tokens, size - 1), axis=0)
    return in_vocabulary | (tokens == END) | (tokens >= size)


def _match(phrases: Tensor, matched: Tensor, tokens: Tensor, at_boundary: Tensor) -> Tensor:
    """Return the matched prefixes after one more token: one step of shift-and.

    Args:
        phrases: int32 [B, 1, P, L].
        matched: bool [B, J, P, L].
        tokens: int32 [B, J].
        at_boundary: bool [B, J].
    """
    equal = phrases == tokens[:, :, None, None]
    equal = equal | ((phrases == BOUNDARY) & at_boundary[:, :, None, None])
    return may_come_next(matched) & equal


def may_come_next(matched: Tensor) -> Tensor:
    """Return which elements of phrases may come next, bool [B, K, P, L]: always the first."""
    first = ops.ones_like(matched[:, :, :, :1])
    return ops.concatenate([first, matched[:, :, :, :-1]], axis=3)


def is_last(phrases: Tensor) -> Tensor:
    """Return whether each element is the last of its phrase, bool [B, 1, P, L]."""
    real = phrases != PAD
    next_real = ops.concatenate([real[:, :, :, 1:], ops.zeros_like(real[:, :, :, :1])], axis=3)
    return real & ~next_real


def _completed(phrases: Tensor, matched: Tensor) -> Tensor:
    """Return which phrases are complete at this position, bool [..., P]."""
    return ops.any(matched & is_last(phrases), axis=-1)


def unsatisfied(constraints: LexicalConstraints, state: ConstraintState) -> Tensor:
    """Return which required phrases each beam lacks, bool [B, K, F]; padding is no phrase."""
    return (constraints.required[:, None, :, 0] != PAD) & ~state.satisfied


def next_required(constraints: LexicalConstraints, state: ConstraintState) -> Tensor:
    """Return the token that advances each required phrase, int32 [B, K, F].

    It is 0 if the phrase is satisfied or only its boundary is missing.
    """
    # The longest prefix that the beam ends with determines the next element.
    steps = ops.arange(1, ops.shape(constraints.required)[2] + 1, dtype="int32")
    position = ops.max(ops.where(may_come_next(state.required), steps, 0), axis=3)
    is_next = steps == position[:, :, :, None]
    token = ops.sum(ops.where(is_next, constraints.required[:, None], 0), axis=3)
    return ops.where(unsatisfied(constraints, state), ops.maximum(token, 0), 0)
