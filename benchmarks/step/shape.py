"""The batch of one training step, and the matrix products that the step needs."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

LEARNING_RATE, EPSILON, CLIP = 1e-3, 1e-7, 2.0  # of Adam; maximum global norm of the gradient
FIRST = 260  # ids below it are special tokens and bytes


@dataclass(frozen=True)
class Shape:
    """Sizes of batch and model; the defaults are the reference."""

    batch: int = 64
    document: int = 200
    summary: int = 20
    vocabulary: int = 8000
    embedding: int = 256
    encoder: int = 256  # of each direction
    decoder: int = 512


REFERENCE = Shape()
SMALL = Shape(4, 9, 5, 320, 16, 16, 32)


class Product(NamedTuple):
    """`count` products of [batch, m, k] with [batch, k, n]."""

    part: str
    count: int
    m: int
    k: int
    n: int
    batch: int = 1

    @property
    def gflop(self) -> float:
        """Return the GFLOP of all of them; a multiplication and an addition count as two."""
        return 2e-9 * self.count * self.batch * self.m * self.k * self.n


def products(shape: Shape) -> list[Product]:
    """Return all matrix products of a step: forward, and the gradients of both factors.

    The gradient of recurrent weights is one product after the loop.
    """
    B, S, T, N = shape.batch, shape.document, shape.summary, shape.vocabulary
    E, H, D = shape.embedding, shape.encoder, shape.decoder
    listed = []
    for part, count, length, width in (("encoder", 2, S, H), ("decoder", 1, T, D)):
        rows, gates = B * length, 4 * width
        listed += [
            *dense(f"{part}, inputs", rows, E, gates, count),
            Product(f"{part}, a step forward", count * length, B, width, gates),
            Product(f"{part}, a step backward", count * length, B, gates, width),
            Product(f"{part}, recurrent weights", count, width, rows, gates),
        ]
    listed += [
        *dense("bridge", B, 2 * H, D, 2),
        Product("attention, scores", 1, T, D, S, B),
        Product("attention, scores to queries", 1, T, S, D, B),
        Product("attention, scores to keys", 1, S, T, D, B),
        Product("attention, average", 1, T, S, D, B),
        Product("attention, average to weights", 1, T, D, S, B),
        Product("attention, average to values", 1, S, T, D, B),
        *dense("combine", B * T, 2 * D, E),
        *dense("output", B * T, E, N),
    ]
    return listed


def dense(part: str, rows: int, inputs: int, outputs: int, count: int = 1) -> list[Product]:
    """Return the three products of a dense layer."""
    return [
        Product(part, count, rows, inputs, outputs),
        Product(f"{part}, to inputs", count, rows, outputs, inputs),
        Product(f"{part}, to weights", count, inputs, rows, outputs),
    ]


def batch(shape: Shape, seed: int = 0) -> dict[str, Any]:
    """Return a batch of random tokens without padding."""
    random = np.random.default_rng(seed)
    size = (shape.batch, shape.document)
    document = random.integers(FIRST, shape.vocabulary, size).astype(np.int32)
    size = (shape.batch, shape.summary + 1)
    summary = random.integers(FIRST, shape.vocabulary, size).astype(np.int32)
    return {
        "document": document,
        "summary_in": np.ascontiguousarray(summary[:, :-1]),
        "summary_out": np.ascontiguousarray(summary[:, 1:]),
        "weight": np.ones((shape.batch, shape.summary), np.float32),
        "row": np.arange(shape.batch, dtype=np.int32),
    }


def longer(shape: Shape, document: int) -> Shape:
    """Return the shape with documents of another length."""
    return replace(shape, document=document)


def regated(array: Any, order: tuple[int, int, int, int]) -> Any:
    """Return the columns of gates i, f, o, g in another order; (0, 1, 3, 2) is i, f, g, o."""
    parts = np.split(np.asarray(array), 4, axis=-1)
    return np.concatenate([parts[i] for i in order], axis=-1)
