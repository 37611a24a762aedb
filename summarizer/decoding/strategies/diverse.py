"""Diverse beam search: groups of beams that avoid each other's tokens.

At each position the groups choose one after the other. A token costs `strength` for each time that
an earlier group chose it. The cost affects the choice and not the score. Each group has its own
part of the finished hypotheses, so no group displaces another. One group is plain beam search.

Source: Vijayakumar et al. (2016), arXiv:1610.02424, algorithm 1 with Hamming diversity.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from keras import ops

from summarizer.decoding.candidates import AllCandidates
from summarizer.decoding.strategies._base import Continuations
from summarizer.model.pointer import LOG_ZERO, add_at
from summarizer.types import Tensor
from summarizer.vocabulary import END

# Input of the exported graph: the option that sets it.
GRAPH_INPUTS = {"groups": "groups", "diversity": "strength"}


@dataclass(frozen=True)
class Options:
    """Options of diverse beam search.

    Attributes:
        width: number of beams of all groups, K.
        groups: number of groups, a divisor of K.
        strength: cost of a repeated token, as a natural logarithm of probability.
    """

    width: int = 4
    groups: int = 4
    strength: float = 0.5

    def __post_init__(self) -> None:
        for name in ("width", "groups"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name}={value!r}: must be a whole number above 0")
        if self.width % self.groups:
            raise ValueError(f"groups={self.groups}: must divide width={self.width}")
        if not 0 <= self.strength < float("inf"):
            raise ValueError(f"strength={self.strength!r}: must be 0 or more")


def build(options: Options) -> "Diverse":
    """Return the strategy."""
    return Diverse(options.width, options.groups, options.strength)


def from_inputs(inputs: Mapping[str, Tensor]) -> "Diverse":
    """Return the strategy of an exported graph, made of the graph's inputs."""
    return Diverse(inputs["beam"], inputs["groups"], inputs["diversity"])


class _Chosen(NamedTuple):
    """New beams of the groups that have chosen.

    Attributes:
        parents: int32 [B, K].
        tokens: int32 [B, K].
        log_prob: float32 [B, K].
    """

    parents: Tensor
    tokens: Tensor
    log_prob: Tensor


class Diverse:
    """Chooses the continuations of K beams, group by group."""

    needs_only_top_k = False

    def __init__(self, width: Tensor, groups: Tensor, strength: Tensor):
        """Store numbers or tensors: K, the number of groups, and the cost of a repeated token."""
        self.width, self.groups, self.strength = width, groups, strength

    def choose(self, t: Tensor, log_prob: Tensor, candidates: AllCandidates) -> Continuations:
        """Continue the beams of each document; see `Strategy.choose`."""
        total = ops.maximum(log_prob[:, :, None] + candidates.all, LOG_ZERO)

        def groups_left(group: Tensor, counts: Tensor, chosen: _Chosen) -> Tensor:
            return group < self.groups

        def next_group(group: Tensor, counts: Tensor, chosen: _Chosen) -> tuple[Tensor, ...]:
            new = self._choose_for_group(group, counts, total)
            _, width = ops.shape(chosen.tokens)
            span, beams = width // self.groups, ops.arange(width, dtype="int32")
            in_group, place = beams // span == group, beams % span
            chosen = _Chosen(
                *(
                    ops.where(in_group, ops.take(value, place, axis=1), old)
                    for value, old in zip(new, chosen, strict=True)
                )
            )
            once = ops.ones_like(new.log_prob)[:, None, :]
            return group + 1, add_at(counts, new.tokens[:, None, :], once), chosen

        unchosen = ops.zeros_like(log_prob, "int32")
        start = (
            ops.convert_to_tensor(0, "int32"),
            ops.zeros_like(total[:, :1]),
            _Chosen(unchosen, unchosen, ops.zeros_like(log_prob)),
        )
        *_, chosen = ops.while_loop(groups_left, next_group, start)
        return Continuations(total[:, :, END], *chosen)

    def _choose_for_group(self, group: Tensor, counts: Tensor, total: Tensor) -> _Chosen:
        """Choose the K / groups continuations of one group.

        Args:
            group: int32 [].
            counts: float32 [B, 1, N], how often earlier groups chose each token.
            total: float32 [B, K, N], log-probability of all continuations.
        """
        batch, width, size = ops.shape(total)
        span = width // self.groups
        is_end = ops.arange(size, dtype="int32") == END
        in_group = (ops.arange(width, dtype="int32") // span == group)[:, None]
        cost = ops.cast(self.strength, "float32") * counts
        reduced = ops.maximum(total - cost, LOG_ZERO)
        reduced = ops.where(in_group & ~is_end, reduced, float(LOG_ZERO))
        best, tokens = ops.top_k(reduced, span)
        _, chosen = ops.top_k(ops.reshape(best, (batch, width * span)), span)
        chosen = ops.cast(chosen, "int32")
        tokens = ops.reshape(ops.cast(tokens, "int32"), (batch, width * span))
        parents, tokens = chosen // span, ops.take_along_axis(tokens, chosen, axis=1)
        flat = ops.reshape(total, (batch, width * size))
        log_prob = ops.take_along_axis(flat, parents * size + tokens, axis=1)
        return _Chosen(parents, tokens, log_prob)
