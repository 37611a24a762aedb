"""The result of a search, read from the pools and from what the beams saw."""

from typing import NamedTuple

from keras import ops

from summarizer.decoding.beam_state import Pool
from summarizer.model.indexing import gather_along, gather_rows
from summarizer.types import Tensor
from summarizer.vocabulary import END, PAD


class SearchResult(NamedTuple):
    """The K best hypotheses of each document, the best first.

    Attributes:
        tokens: int32 [B, K, T], the end included if it fits; 0 after the end.
        log_prob: float32 [B, K]; below -1e8 where there are fewer than K.
        score: float32 [B, K].
        attention: float32 [B, K, T, S]; 0 after the end.
        gate: float32 [B, K, T], probability of generating; 0 after the end.
        token_log_probs: float32 [B, K, T], log-probability of each token given those before it; 0
            after the end. Their sum is `log_prob`.
    """

    tokens: Tensor
    log_prob: Tensor
    score: Tensor
    attention: Tensor
    gate: Tensor
    token_log_probs: Tensor


class Trace(NamedTuple):
    """What each beam saw at each position, in the order that the beams had there.

    Attributes:
        attention: float32 [T, B, K, S].
        gate: float32 [T, B, K].
        log_prob: float32 [T, B, K], of the beams before the position.
    """

    attention: Tensor
    gate: Tensor
    log_prob: Tensor


class Finished(NamedTuple):
    """Pools and trace of all documents of the batch."""

    pool: Pool
    trace: Trace


def to_result(finished: Finished, width: Tensor) -> SearchResult:
    """Sort the pools, and read the trace along the paths of their hypotheses."""
    score, order = ops.top_k(finished.pool.score, width)
    order = ops.cast(order, "int32")
    tokens, path, log_prob = (
        gather_along(x, order)
        for x in (finished.pool.tokens, finished.pool.path, finished.pool.log_prob)
    )
    trace = finished.trace
    steps, batch, _, positions = ops.shape(trace.attention)
    times, documents = ops.arange(steps, dtype="int32"), ops.arange(batch, dtype="int32")
    rows = (times * batch + documents[:, None])[:, None, :] * width + path
    written = ops.cast(tokens != PAD, "float32")
    attention = gather_rows(ops.reshape(trace.attention, (-1, positions)), rows)
    gate = gather_rows(ops.reshape(trace.gate, (-1,)), rows)
    before = gather_rows(ops.reshape(trace.log_prob, (-1,)), rows)
    after = ops.concatenate([before[:, :, 1:], ops.zeros_like(before[:, :, :1])], axis=2)
    after = ops.where(tokens == END, log_prob[:, :, None], after)
    return SearchResult(
        tokens=tokens,
        log_prob=log_prob,
        score=score,
        attention=attention * written[..., None],
        gate=gate * written,
        token_log_probs=(after - before) * written,
    )
