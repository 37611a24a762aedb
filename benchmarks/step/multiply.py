"""How long a library takes for the matrix products of a step, and nothing else."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from step.shape import Product

CHAIN = 16  # products called one after another to be timed, at most
OPERANDS = 4  # left ones that take turns, so that none is found ready
Run = Callable[[], Any]


def forms(product: Product) -> list[tuple[Product, bool]]:
    """How a product may be computed: the right factor transposed or not, two directions at once."""
    found = [(product, False), (product, True)]
    if product.part.startswith("encoder, a step"):
        both = product._replace(count=product.count // 2, batch=2)
        found += [(both, False), (both, True)]
    return found


class Timer:
    """The products of a step in one library.

    Args:
        library: numpy, tensorflow, torch or jax.
        products: of a step.
        dtype: float32 or bfloat16.
        enough: GFLOP that one timing is of, where there are as many.
    """

    def __init__(self, library: str, products: list[Product], dtype: str, enough: float = 1.0):
        make = {"numpy": _numpy, "tensorflow": _tensorflow, "torch": _torch, "jax": _jax}[library]
        self._forms: list[list[tuple[Product, int, Run]]] = []
        for product in products:
            found = []
            for form, transposed in forms(product):
                flop = form.gflop / form.count
                length = max(1, min(form.count, CHAIN, int(enough / flop)))
                run = make(*_factors(form, transposed), transposed, dtype, length)
                found.append((form, length, run))
            self._forms.append(found)
        self._best: list[int] = []

    def seconds(self) -> list[float]:
        """Return the seconds for all of each product; from the second call on in the best form."""
        if self._best:
            chosen = zip(self._forms, self._best, strict=True)
            return [_timed(*forms[best]) for forms, best in chosen]
        found = []
        for forms_ in self._forms:
            for _, _, run in forms_:
                run()  # traces, compiles
            taken = [_timed(*form) for form in forms_]
            self._best.append(int(np.argmin(taken)))
            found.append(min(taken))
        return found


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
            with tf.control_dependencies([out]):  # one after another, and none left out
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
            # What comes of the one before goes in, by nothing, so that none is left out.
            mine = stacked[i % OPERANDS] + 0 * before[..., :1, :1]
            return jnp.matmul(mine, right.swapaxes(-1, -2) if transposed else right)

        shape = (*stacked.shape[1:-1], right.shape[-2 if transposed else -1])
        return jax.lax.fori_loop(0, length, one, jnp.zeros(shape, dtype))

    return lambda: chain(stacked, right).block_until_ready()
