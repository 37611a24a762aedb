"""No sequence of n pieces twice, and an end neither too early nor too late.

For every position j, `runs[j]` is how many pieces before j equal the last ones written. So the
piece at j may not come next where `runs[j] >= n - 1`, for any n, at a cost linear in the length.
Source of the rule: Paulus, Xiong, Socher (2017), arXiv:1705.04304, section 2.5.
"""

from typing import Any

from keras import ops

from summarizer.model.pointer import NEVER, add_at
from summarizer.vocabulary import END


def apply(log_probs: Any, pieces: Any, runs: Any, t: Any, limits: Any) -> Any:
    """Take away what may not come at position t.

    The end may always come where nothing else may, so a beam never runs into a dead end.

    Args:
        log_probs: float32 [B, K, N].
        pieces: int32 [B, K, T], written before t; 0 from t on.
        runs: int32 [B, K, T].
        t: int32 [].
        limits: `search.Limits`.
    """
    size, steps = ops.shape(log_probs)[2], ops.shape(pieces)[2]
    written = ops.arange(steps, dtype="int32")[None, None, :] < t
    again = written & (runs >= limits.block - 1) & (limits.block > 0)
    log_probs = add_at(log_probs, pieces, ops.where(again, float(NEVER), 0.0))
    log_probs = ops.maximum(log_probs, NEVER)
    end = (ops.arange(size, dtype="int32") == END)[None, None, :]
    others = ops.max(ops.where(end, float(NEVER), log_probs), axis=2, keepdims=True)
    early = (t < limits.minimum) & (others > NEVER / 2)
    late = t + 1 >= limits.maximum
    return ops.where((end & early) | (~end & late), float(NEVER), log_probs)


def extend(runs: Any, pieces: Any, chosen: Any) -> Any:
    """Return the runs after `chosen`, int32 [B, K], is written behind `pieces`."""
    same = ops.where(pieces == chosen[:, :, None], runs + 1, 0)
    return ops.concatenate([ops.zeros_like(same[:, :, :1]), same[:, :, :-1]], axis=2)
