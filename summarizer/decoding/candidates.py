"""What may come next, as far as a strategy asks: the few best pieces, or all.

Most strategies look at a few pieces of each beam. For them nothing is made of the vocabulary's
width but the weights themselves: the best are found among these, and only theirs become
log-probabilities. The end is apart from all other pieces, as it never takes a beam's place.
"""

from typing import Any

from keras import ops

from summarizer.decoding import ngram_blocking
from summarizer.decoding.scoring import SearchLimits
from summarizer.model import pointer
from summarizer.model.pointer import LOG_ZERO, TokenScores
from summarizer.vocabulary import END


class TopCandidates:
    """The best pieces of each beam.

    Attributes:
        needs_only_top_k: True: there is no `all`.
        end: float32 [B, K], log-probability of the end.
    """

    needs_only_top_k = True

    def __init__(self, weights: TokenScores, count: Any, t: Any, limits: SearchLimits):
        """Find `count` pieces and the end.

        Args:
            weights: [B, K, N], after `blocking.block`.
            count: how many pieces a strategy asks for, at most.
            t: int32 [].
            limits: of the lengths.
        """
        values, share = weights
        size = ops.shape(values)[2]
        known = isinstance(count, int) and isinstance(size, int)
        found, pieces = ops.top_k(values, min(count + 1, size) if known else count + 1)
        self._pieces = ops.cast(pieces, "int32")
        late = t + 1 >= limits.maximum
        taken = (self._pieces == END) | late
        self._best = ops.where(taken, float(LOG_ZERO), pointer.to_log_probs(found, share))
        end = pointer.to_log_probs(values[:, :, END : END + 1], share)[:, :, 0]
        self.end = ngram_blocking.end_allowed(end, ops.max(self._best, axis=2), t, limits)

    def best(self, count: Any) -> tuple[Any, Any]:
        """Return at least the `count` best without the end, in no order.

        Returns:
            Their log-probabilities float32 [B, K, C] and the pieces int32 [B, K, C]; NEVER where
            there are fewer.
        """
        return self._best, self._pieces


class AllCandidates:
    """All pieces of each beam.

    Attributes:
        needs_only_top_k: False.
        all: float32 [B, K, N], log-probabilities.
        end: float32 [B, K], of the end.
        documents: int32 [B], places of the documents in what the search was given.
    """

    needs_only_top_k = False

    def __init__(self, log_probs: Any, documents: Any = None):
        self.all, self.documents = log_probs, documents
        self.end = log_probs[:, :, END]

    def best(self, count: Any) -> tuple[Any, Any]:
        """Return the `count` best without the end, see `Few.best`."""
        size = ops.shape(self.all)[2]
        known = isinstance(count, int) and isinstance(size, int)
        is_end = ops.arange(size, dtype="int32") == END
        others = ops.where(is_end, float(LOG_ZERO), self.all)
        best, pieces = ops.top_k(others, min(count, size) if known else count)
        return best, ops.cast(pieces, "int32")


def apply_end_rules(weights: TokenScores, t: Any, limits: SearchLimits) -> Any:
    """Return all log-probabilities, float32 [B, K, N], with the rules on the end kept."""
    log_probs = pointer.to_log_probs(*weights)
    is_end = ops.arange(ops.shape(log_probs)[2], dtype="int32") == END
    others = ops.where(is_end | (t + 1 >= limits.maximum), float(LOG_ZERO), log_probs)
    end = ngram_blocking.end_allowed(log_probs[:, :, END], ops.max(others, axis=2), t, limits)
    return ops.where(is_end, end[:, :, None], others)
