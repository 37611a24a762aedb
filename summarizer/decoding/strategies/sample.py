"""Draw each piece at random, as probable as the model finds it: summaries that differ each time.

Temperature sharpens (below 1) or flattens (above 1) the distribution; then all but the `top_k`
most probable pieces are dropped, then all but the fewest that together have the probability
`top_p`. Beams are samples of their own. What is random comes from outside, one number a piece, so
a seed gives the same summaries wherever they are written. The score is the model's own, as if
nothing had been dropped.

Sources: Fan, Lewis, Dauphin (2018), arXiv:1805.04833, section 5.2 (top-k); Holtzman et al. (2020),
arXiv:1904.09751, section 3 (top-p).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from summarizer.model.indexing import gather_rows
from summarizer.model.pointer import LOG_ZERO
from summarizer.vocabulary import END

_POSITIONS = 4096  # no summary is longer

# Input of the exported graph: the option that sets it.
GRAPH_INPUTS = {
    "groups": "width",
    "temperature": "temperature",
    "top_k": "top_k",
    "top_p": "top_p",
    "noise": "seed",
}


@dataclass(frozen=True)
class Options:
    """Settings of the strategy."""

    width: int = 1  # samples of each document; the best of them is its summary
    temperature: float = 1.0
    top_k: int = 0  # pieces; 0: all
    top_p: float = 1.0
    seed: int = 1

    def __post_init__(self) -> None:
        for name, least in (("width", 1), ("top_k", 0), ("seed", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise ValueError(f"{name}={value!r}: must be a whole number, {least} or more")
        if not 0 < self.temperature < float("inf"):
            raise ValueError(f"temperature={self.temperature!r}: must be above 0")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p={self.top_p!r}: must be above 0 and at most 1")


def build(options: Options) -> "Sample":
    """Make the strategy; the same numbers for every document."""
    noise = np.random.default_rng(options.seed).random((1, options.width, _POSITIONS), "float32")
    return Sample(options.width, options.temperature, options.top_k, options.top_p, noise)


class Sample:
    """Draws the next piece of K samples."""

    needs_only_top_k = False

    def __init__(self, width: Any, temperature: Any, top_k: Any, top_p: Any, noise: Any):
        """Keep numbers or tensors.

        Args:
            width: K.
            temperature: above 0.
            top_k: 0 for all pieces.
            top_p: above 0, at most 1.
            noise: float32 [B, K, T], evenly from [0, 1); B of 1 serves all documents.
        """
        self.width = self.groups = width
        self.temperature, self.top_k, self.top_p, self.noise = temperature, top_k, top_p, noise

    def choose(self, t: Any, log_prob: Any, nexts: Any) -> Any:
        """Continue the samples of each document; see `Beam.choose`."""
        log_probs, noise = nexts.all, ops.take(self.noise, t, axis=2)
        if noise.shape[0] != 1:
            noise = gather_rows(noise, nexts.documents)
        pieces = self._draw(log_probs, noise)
        drawn = ops.take_along_axis(log_probs, pieces[:, :, None], axis=2)[:, :, 0]
        total = ops.maximum(log_prob + drawn, LOG_ZERO)
        ended = ops.where(pieces == END, total, float(LOG_ZERO))
        kept = ops.where(pieces == END, float(LOG_ZERO), total)
        own = ops.broadcast_to(ops.arange(ops.shape(pieces)[1], dtype="int32"), ops.shape(pieces))
        return ended, own, pieces, kept

    def _draw(self, log_probs: Any, noise: Any) -> Any:
        """Draw one piece each, int32 [B, K], by inverting the cumulative distribution."""
        size = ops.shape(log_probs)[2]
        scaled = ops.softmax(log_probs / ops.cast(self.temperature, "float32"), axis=-1)
        probs, order = ops.top_k(scaled, size)
        place = ops.arange(size, dtype="int32")
        probs = ops.where((place < self.top_k) | (ops.equal(self.top_k, 0)), probs, 0.0)
        below = ops.cumsum(probs, axis=-1)
        top = ops.cast(self.top_p, "float32") * below[:, :, -1:]
        probs = ops.where((below - probs < top) | (place == 0), probs, 0.0)
        below = ops.cumsum(probs, axis=-1)
        target = noise[:, :, None] * below[:, :, -1:]
        last = ops.sum(ops.cast(probs > 0, "int32"), axis=-1) - 1
        drawn = ops.sum(ops.cast(below <= target, "int32"), axis=-1)
        drawn = ops.minimum(drawn, ops.maximum(last, 0))
        return ops.cast(ops.take_along_axis(order, drawn[:, :, None], axis=2)[:, :, 0], "int32")
