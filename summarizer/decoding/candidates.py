"""Candidate next tokens: the top k of each beam, or the whole vocabulary if a strategy needs it.

With the top k, only the scores of the model have the width of the vocabulary: the best are selected
from these, and only the selected become log-probabilities. The end is separate from all other
tokens, because it takes no beam.
"""

from typing import TypeAlias

from keras import ops

from summarizer.decoding import ngram_blocking
from summarizer.decoding.scoring import SearchLimits
from summarizer.model import pointer
from summarizer.model.pointer import LOG_ZERO, TokenScores
from summarizer.types import Tensor
from summarizer.vocabulary import END


class TopCandidates:
    """The best next tokens of each beam.

    Attributes:
        needs_only_top_k: True: there is no `all`.
        end: float32 [B, K], log-probability of the end.
    """

    needs_only_top_k = True

    def __init__(self, scores: TokenScores, count: Tensor, t: Tensor, limits: SearchLimits):
        """Select `count` tokens and the end.

        Args:
            scores: [B, K, N], after `ngram_blocking.block_ngrams`.
            count: maximum number of tokens that a strategy asks for.
            t: int32 [].
            limits: minimum and maximum length.
        """
        values, share = scores
        best, tokens = _top_k(values, count + 1)  # one of them may be the end
        self._tokens = tokens
        excluded = (tokens == END) | (t + 1 >= limits.max_tokens)
        log_probs = pointer.to_log_probs(best, share)
        self._log_probs = ops.where(excluded, float(LOG_ZERO), log_probs)
        end = pointer.to_log_probs(values[:, :, END : END + 1], share)[:, :, 0]
        self.end = ngram_blocking.end_allowed(end, ops.max(self._log_probs, axis=2), t, limits)

    def best(self, count: Tensor) -> tuple[Tensor, Tensor]:
        """Return at least the `count` best tokens other than the end, in no order.

        Returns:
            Their log-probabilities float32 [B, K, C], LOG_ZERO for tokens that are not allowed,
            and the tokens int32 [B, K, C].
        """
        return self._log_probs, self._tokens


class AllCandidates:
    """All next tokens of each beam.

    Attributes:
        needs_only_top_k: False.
        all: float32 [B, K, N], log-probabilities.
        end: float32 [B, K], log-probability of the end.
        documents: int32 [B], indices of the documents in the batch of the search.
    """

    needs_only_top_k = False

    def __init__(self, log_probs: Tensor, documents: Tensor = None):
        self.all, self.documents = log_probs, documents
        self.end = log_probs[:, :, END]

    def best(self, count: Tensor) -> tuple[Tensor, Tensor]:
        """Return the `count` best tokens other than the end; see `TopCandidates.best`."""
        is_end = ops.arange(ops.shape(self.all)[2], dtype="int32") == END
        return _top_k(ops.where(is_end, float(LOG_ZERO), self.all), count)


Candidates: TypeAlias = TopCandidates | AllCandidates


def _top_k(values: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
    """Return the `count` greatest values [B, K, C] of [B, K, N], and their indices int32."""
    size = ops.shape(values)[2]
    if isinstance(count, int) and isinstance(size, int):
        count = min(count, size)
    best, indices = ops.top_k(values, count)
    return best, ops.cast(indices, "int32")


def apply_end_rules(scores: TokenScores, t: Tensor, limits: SearchLimits) -> Tensor:
    """Return all log-probabilities, float32 [B, K, N], with minimum and maximum length applied."""
    log_probs = pointer.to_log_probs(*scores)
    is_end = ops.arange(ops.shape(log_probs)[2], dtype="int32") == END
    others = ops.where(is_end | (t + 1 >= limits.max_tokens), float(LOG_ZERO), log_probs)
    end = ngram_blocking.end_allowed(log_probs[:, :, END], ops.max(others, axis=2), t, limits)
    return ops.where(is_end, end[:, :, None], others)
