"""Sampling: draw each token from the distribution of the model.

The temperature sharpens (below 1) or flattens (above 1) the distribution. Then only the `top_k`
most probable tokens remain, and of these the smallest set with total probability `top_p`. The K
beams are independent samples. The random numbers are an input, one for each token, so a seed gives
the same summaries on every backend. The score is the log-probability of the whole distribution of
the model, without temperature, top-k and top-p.

Sources: Fan, Lewis, Dauphin (2018), arXiv:1805.04833, section 5.2 (top-k); Holtzman et al. (2020),
arXiv:1904.09751, section 3 (top-p).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from keras import ops

from summarizer.decoding.candidates import AllCandidates
from summarizer.decoding.strategies._base import Continuations
from summarizer.model.indexing import gather_rows
from summarizer.model.pointer import LOG_ZERO
from summarizer.types import Tensor
from summarizer.vocabulary import END

_MAX_POSITIONS = 4096  # no summary is longer

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
    """Options of sampling.

    Attributes:
        width: number of samples of each document; the best of them is its summary.
        temperature: divisor of the logits, above 0.
        top_k: number of tokens to draw from; 0: all.
        top_p: total probability of the tokens to draw from, above 0 and at most 1.
        seed: seed of the random numbers.
    """

    width: int = 1
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 1

    def __post_init__(self) -> None:
        for name, minimum in (("width", 1), ("top_k", 0), ("seed", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or value < minimum:
                raise ValueError(f"{name}={value!r}: must be a whole number, {minimum} or more")
        if not 0 < self.temperature < float("inf"):
            raise ValueError(f"temperature={self.temperature!r}: must be above 0")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p={self.top_p!r}: must be above 0 and at most 1")


def build(options: Options) -> "Sample":
    """Return the strategy; all documents get the same random numbers."""
    noise = np.random.default_rng(options.seed).random(
        (1, options.width, _MAX_POSITIONS), "float32"
    )
    return Sample(options.width, options.temperature, options.top_k, options.top_p, noise)


def from_inputs(inputs: Mapping[str, Tensor]) -> "Sample":
    """Return the strategy of an exported graph, made of the graph's inputs."""
    names = ("beam", "temperature", "top_k", "top_p", "noise")
    return Sample(*(inputs[name] for name in names))


class Sample:
    """Draws the next token of K samples."""

    needs_only_top_k = False

    def __init__(
        self, width: Tensor, temperature: Tensor, top_k: Tensor, top_p: Tensor, noise: Tensor
    ):
        """Store the options, numbers or tensors.

        Args:
            width: K.
            temperature: above 0.
            top_k: number of tokens; 0: all.
            top_p: above 0, at most 1.
            noise: float32 [B, K, T], uniform on [0, 1); B of 1 serves all documents.
        """
        self.width = self.groups = width
        self.temperature, self.top_k, self.top_p, self.noise = temperature, top_k, top_p, noise

    def choose(self, t: Tensor, log_prob: Tensor, candidates: AllCandidates) -> Continuations:
        """Continue the samples of each document; see `Strategy.choose`."""
        log_probs, noise = candidates.all, ops.take(self.noise, t, axis=2)
        if noise.shape[0] != 1:
            noise = gather_rows(noise, candidates.documents)
        tokens = self._draw(log_probs, noise)
        drawn = ops.take_along_axis(log_probs, tokens[:, :, None], axis=2)[:, :, 0]
        total = ops.maximum(log_prob + drawn, LOG_ZERO)
        beams = ops.arange(ops.shape(tokens)[1], dtype="int32")
        return Continuations(
            end_log_prob=ops.where(tokens == END, total, float(LOG_ZERO)),
            parents=ops.broadcast_to(beams, ops.shape(tokens)),
            tokens=tokens,
            log_prob=ops.where(tokens == END, float(LOG_ZERO), total),
        )

    def _draw(self, log_probs: Tensor, noise: Tensor) -> Tensor:
        """Draw a token for each sample by inverting the cumulative distribution.

        Args:
            log_probs: float32 [B, K, N].
            noise: float32 [B, K].

        Returns:
            int32 [B, K].
        """
        size = ops.shape(log_probs)[2]
        scaled = ops.softmax(log_probs / ops.cast(self.temperature, "float32"), axis=-1)
        probs, order = ops.top_k(scaled, size)
        rank = ops.arange(size, dtype="int32")
        probs = ops.where((rank < self.top_k) | (ops.equal(self.top_k, 0)), probs, 0.0)
        cumulative = ops.cumsum(probs, axis=-1)
        nucleus = ops.cast(self.top_p, "float32") * cumulative[:, :, -1:]
        probs = ops.where((cumulative - probs < nucleus) | (rank == 0), probs, 0.0)
        cumulative = ops.cumsum(probs, axis=-1)
        target = noise[:, :, None] * cumulative[:, :, -1:]
        last = ops.sum(ops.cast(probs > 0, "int32"), axis=-1) - 1
        drawn = ops.sum(ops.cast(cumulative <= target, "int32"), axis=-1)
        drawn = ops.minimum(drawn, ops.maximum(last, 0))
        return ops.cast(ops.take_along_axis(order, drawn[:, :, None], axis=2)[:, :, 0], "int32")
