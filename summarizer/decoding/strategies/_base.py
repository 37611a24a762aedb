"""The interface between the search and a decoding strategy."""

from typing import Any, NamedTuple, Protocol

from summarizer.types import Tensor


class Continuations(NamedTuple):
    """How K beams of each document continue at one position.

    Attributes:
        end_log_prob: float32 [B, K], log-probability of each beam if it ends here; LOG_ZERO if it
            does not end.
        parents: int32 [B, K], the beam that each new beam continues.
        tokens: int32 [B, K], the token that each new beam adds.
        log_prob: float32 [B, K], log-probability of the new beams.
    """

    end_log_prob: Tensor
    parents: Tensor
    tokens: Tensor
    log_prob: Tensor


class Strategy(Protocol):
    """A decoding strategy: `build(options)` of its file returns one.

    Attributes:
        width: K, the number of beams.
        groups: number of beam groups; each group has its own part of the finished hypotheses.
        needs_only_top_k: whether `choose` needs only the best K candidates of each beam. In an
            exported graph a bool tensor [].
    """

    width: Tensor
    groups: Tensor
    needs_only_top_k: Tensor

    def choose(self, t: Tensor, log_prob: Tensor, candidates: Any) -> Continuations:
        """Continue the beams of each document.

        Args:
            t: int32 [], the position.
            log_prob: float32 [B, K], log-probability of the beams.
            candidates: next tokens, a `candidates.TopCandidates` or an `AllCandidates`; always
                `AllCandidates` unless `needs_only_top_k`.
        """
        ...
