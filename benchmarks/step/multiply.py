"""Time the matrix products of a step in one library, and nothing else."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from step.shape import Product

CHAIN = 16  # maximum number of products in one timed call
OPERANDS = 4  # left factors that alternate, so that no result is reused
Run = Callable[[], Any]


def forms(product: Product) -> list[tuple[Product, bool]]:
    """Return the ways to compute a product, and whether the right factor is transposed.

    The two directions of the encoder may be one batch.
    """
    ways = [(product, False), (product, True)]
    if product.part.startswith("encoder, a step"):
        both = product._replace(count=product.count // 2, batch=2)
        ways += [(both, False), (both, True)]
    return ways


class Timer:
    """The products of a step in one library.

    Args:
        library: numpy, tensorflow, torch or jax.
        products: of a step.
        dtype: float32 or bfloat16.
        enough: GFLOP of one timed call, if the product has as many.
    """

    def __init__(self, library: str, products: list[Product], dtype: str, enough: float = 1.0):
        make = {"numpy": _numpy, "tensorflow": _tensorflow, "torch": _torch, "jax": _jax}[library]
        self._forms: list[list[tuple[Product, int, Run]]] = []
        for product in products:
            timed = []
            for form, transposed in forms(product):
                flop = form.gflop / form.count
                length = max(1, min(form.count, CHAIN, int(enough / flop)))
                run = make(*_factors(form, transposed), transposed, dtype, length)
                timed.append((form, length, run))
            self._forms.append(timed)
        self._best: list[int] = []

    def seconds(self) -> list[float]:
        """Return the seconds of each product, from the second call on in its fastest form."""
        if self._best:
            chosen = zip(self._forms, self._best, strict=True)
            return [_timed(*forms[best]) for forms, best in chosen]
        seconds = []
        for forms_ in self._forms:
            for _, _, run in forms_:
                run()  # traces, compiles
            taken = [_timed(*form) for form in forms_]
            self._best.append(int(np.argmin(taken)))
            seconds.append(min(taken))
        return seconds


def _timed(form: Product, length: int, run: Run) -> float:
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * form.count / length


def _factors(form: Product, transposed: bool) -> tuple[list[Any], Any]:
    lead = (form.batch,) if form.batch > 1 else ()
    noise = np.random.default_rng(0).standard_normal(1021, np.float32)
    last = (form.n, form.k) if transposed else (form.k, form.n)
    left = [np.resize(np.roll(noise, i), (*lead, form.m, form.k)) for i in range(OPERANDS)]
    return left, np.resize(noise, (*lead, *last))


def _numpy(left: list[Any], right: Any, transposed: bool, dtype: str, length: int) -> Run:
    right = right.swapaxes(-1, -2) if transposed else right
    out = left[0] @ right

    def run() -> None:
        for i in range(length):
            np.matmul(left[i % OPERANDS], right, out=out)

    return run


def _torch(left: list[Any], right: Any, transposed: bool, dtype: str, length: int) -> Run:
    import torch

    kind = getattr(torch, dtype)
    left = [torch.from_numpy(x).to(kind) for x in left]
    right = torch.from_numpy(right).to(kind)
    right = right.transpose(-1, -2) if transposed else right
    out = left[0] @ right

    def run() -> None:
        for i in range(length):
            torch.matmul(left[i % OPERANDS], right, out=out)

    return run


def _tensorflow(left: list[Any], right: Any, transposed: bool, dtype: str, length: int) -> Run:
    import tensorflow as tf

    left = [tf.cast(x, dtype) for x in left]
    right = tf.cast(right, dtype)

    @tf.function(autograph=False)
    def chain(left: Any, right: Any) -> Any:
        out = tf.matmul(left[0], right, transpose_b=transposed)
        for i in range(1, length):
            with tf.control_dependencies([out]):  # in sequence, and none removed
                out = tf.matmul(left[i % OPERANDS], right, transpose_b=transposed)
        return out

    return lambda: chain(left, right)


def _jax(left: list[Any], right: Any, transposed: bool, dtype: str, length: int) -> Run:
    import jax
    import jax.numpy as jnp

    stacked = jnp.stack([jnp.asarray(x, dtype) for x in left])
    right = jnp.asarray(right, dtype)

    @jax.jit
    def chain(stacked: Any, right: Any) -> Any:
        def one(i: Any, before: Any) -> Any:
            # Each product reads the one before, so that XLA removes none.
            factor = stacked[i % OPERANDS] + 0 * before[..., :1, :1]
            return jnp.matmul(factor, right.swapaxes(-1, -2) if transposed else right)

        shape = (*stacked.shape[1:-1], right.shape[-2 if transposed else -1])
        return jax.lax.fori_loop(0, length, one, jnp.zeros(shape, dtype))

    return lambda: chain(stacked, right).block_until_ready()
