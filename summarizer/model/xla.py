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

OFF, PARTIAL, FULL = "nothing", "parts", "whole"
_INSIDE = "inside"  # one of the parts
_MAX_STEPS = 512  # terms of a sum whose factors stay in a core's cache
_compiled: ContextVar[str] = ContextVar("compiled", default=OFF)


@contextlib.contextmanager
def xla_scope(how: str) -> Iterator[None]:
    """Trace for XLA: WHOLE, all is compiled; PARTS, what goes through `fuse`; or NOTHING."""
    token = _compiled.set(how)
    try:
        yield
    finally:
        _compiled.reset(token)


def xla_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function as one compiled kernel, or as it is where parts are not compiled.

    Args:
        function: of tensors whose shapes seldom change, each new one being compiled again.
    """
    if keras.backend.backend() != "tensorflow" or _compiled.get() != PARTIAL:
        return function

    import tensorflow as tf

    def traced(*args: Any) -> Any:
        with xla_scope(_INSIDE):
            return function(*args)

    run: Callable[..., Any] = tf.function(traced, jit_compile=True, autograph=False)
    return run


def two_kernels_at_once() -> bool:
    """Whether kernels run two at a time: then what would keep others waiting is cut in halves.

    See `training.machine.share_cores`.
    """
    return _compiled.get() == PARTIAL


def product(a: Any, b: Any) -> Any:
    """Return a · b, float32, of matrices in half precision or in float32.

    Sums are float32 whatever the factors are; XLA on a CPU multiplies bfloat16 fast only so, and
    half as fast where a sum is long.
    """
    if keras.backend.backend() == "jax":
        import jax.numpy as jnp

        return jnp.matmul(a, b, preferred_element_type="float32")
    if _compiled.get() in (FULL, _INSIDE):
        return _mixed(a, b)
    return ops.cast(ops.matmul(a, b), "float32")


def _mixed(a: Any, b: Any) -> Any:
    """The product as XLA takes it; its gradients are such products, too."""
    import tensorflow as tf

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def multiplied(a: Any, b: Any) -> Any:
        cuts = [slice(None)]
        if _compiled.get() == _INSIDE:
            cuts = [slice(at, at + _MAX_STEPS) for at in range(0, b.shape[0], _MAX_STEPS)]
        found = [tf.raw_ops.BatchMatMulV3(x=a[:, c], y=b[c], Tout=tf.float32) for c in cuts]

        def slopes(gradient: Any) -> Any:
            of_a = product(ops.cast(gradient, a.dtype), ops.transpose(b))
            # XLA on a CPU has no such product of bfloat16 whose first factor is transposed.
            of_b = ops.matmul(ops.transpose(ops.cast(a, "float32")), gradient)
            return ops.cast(of_a, a.dtype), ops.cast(of_b, b.dtype)

        return sum(found[1:], found[0]), slopes

    return multiplied(a, b)
