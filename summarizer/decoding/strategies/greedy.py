"""Greedy search: take the most probable token at each position. Validation uses it."""

from dataclasses import dataclass

from keras import ops

from summarizer.decoding.candidates import Candidates
from summarizer.decoding.strategies._base import Continuations
from summarizer.model.pointer import LOG_ZERO
from summarizer.types import Tensor
from summarizer.vocabulary import END

# An exported graph runs this strategy as sampling from the one best token.
EXPORTED_AS = "sample"
GRAPH_INPUTS = {"top_k": 1, "noise": 0}


@dataclass(frozen=True)
class Options:
    """Greedy search has no options."""


def build(options: Options) -> "Greedy":
    """Return the strategy."""
    return Greedy()


class Greedy:
    """Keeps the best continuation of one beam, which ends when the end is the best."""

    width = groups = 1
    needs_only_top_k = True

    def choose(self, t: Tensor, log_prob: Tensor, candidates: Candidates) -> Continuations:
        """Continue the beam of each document; see `Strategy.choose`."""
        scores, tokens = candidates.best(1)
        best = ops.max(scores, axis=2)
        tokens = ops.max(ops.where(scores == best[:, :, None], tokens, 0), axis=2)
        ends = candidates.end >= best
        tokens = ops.where(ends, END, tokens)
        ended = ops.maximum(log_prob + candidates.end, LOG_ZERO)
        continued = ops.maximum(log_prob + best, LOG_ZERO)
        return Continuations(
            end_log_prob=ops.where(ends, ended, float(LOG_ZERO)),
            parents=ops.zeros_like(tokens),
            tokens=tokens,
            log_prob=ops.where(ends, float(LOG_ZERO), continued),
        )
