"""Leave to XLA what it does best on a CPU: many small steps on numbers that are at hand.

A TensorFlow graph runs large products of bfloat16 fast, but every sum and every gate is a kernel of
its own. While a graph is traced within `fusing`, what goes through `fuse` becomes one kernel that
XLA compiles, product included. Elsewhere (a graph to export, JAX, a step that XLA compiles whole)
nothing changes. docs/decisions/0010 has the numbers.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import keras
from keras import ops

NOTHING, PARTS, WHOLE = "nothing", "parts", "whole"
_compiled: ContextVar[str] = ContextVar("compiled", default=NOTHING)


@contextlib.contextmanager
def fusing(how: str) -> Iterator[None]:
    """Trace for XLA: WHOLE, all is compiled; PARTS, what goes through `fuse`; or NOTHING."""
    token = _compiled.set(how)
    try:
        yield
    finally:
        _compiled.reset(token)


def fuse(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function as one compiled kernel, or as it is where parts are not compiled.

    Args:
        function: of tensors whose shapes seldom change, each new one being compiled again.
    """
    if keras.backend.backend() != "tensorflow" or _compiled.get() != PARTS:
        return function

    import tensorflow as tf

    def traced(*args: Any) -> Any:
        with fusing(WHOLE):
            return function(*args)

    run: Callable[..., Any] = tf.function(traced, jit_compile=True, autograph=False)
    return run


def product(a: Any, b: Any) -> Any:
    """Return a · b, float32, of matrices in half precision or in float32.

    Sums are float32 whatever the factors are; XLA on a CPU multiplies bfloat16 fast only so.
    """
    if keras.backend.backend() == "jax":
        import jax.numpy as jnp

        return jnp.matmul(a, b, preferred_element_type="float32")
    if _compiled.get() == WHOLE:
        import tensorflow as tf

        return tf.raw_ops.BatchMatMulV3(x=a, y=b, Tout=tf.float32)
    return ops.cast(ops.matmul(a, b), "float32")
