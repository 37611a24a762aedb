"""Choose which parts of a training step XLA compiles on a CPU.

A TensorFlow graph runs large bfloat16 products fast, but executes every sum and every gate as a
kernel of its own. XLA merges such small operations into one kernel. While a graph is traced within
`xla_scope(PARTIAL)`, each function passed through `xla_kernel` becomes one XLA kernel, its matrix
product included. Elsewhere (a graph for export, JAX, a step that XLA compiles as a whole) functions
are left as they are. docs/decisions/0010 has the measurements.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import keras
from keras import ops

from summarizer.types import Tensor

OFF, PARTIAL, FULL = "off", "partial", "full"
_INSIDE = "inside"  # within a kernel of a partially compiled graph
_MAX_TERMS = 512  # terms of a sum whose factors fit into a core's cache
_compiled: ContextVar[str] = ContextVar("compiled", default=OFF)


@contextlib.contextmanager
def xla_scope(mode: str) -> Iterator[None]:
    """Set what is compiled by XLA within this context.

    Args:
        mode: OFF, nothing; PARTIAL, functions passed through `xla_kernel`; FULL, everything.
    """
    token = _compiled.set(mode)
    try:
        yield
    finally:
        _compiled.reset(token)


def xla_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function as one XLA kernel in a PARTIAL scope, and unchanged elsewhere.

    Args:
        function: of tensors; it is compiled again for each new combination of shapes.
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
    """Tell whether two kernels run at a time, each on half of the cores.

    If so, a kernel that the rest of the step waits for is better cut in halves. See
    `training.hardware.set_threads`.
    """
    return _compiled.get() == PARTIAL


def product(a: Tensor, b: Tensor) -> Tensor:
    """Return the matrix product a · b, float32, of matrices in half precision or float32.

    Terms are summed in float32, whatever the factors are. XLA on a CPU multiplies bfloat16 fast
    only in this form, and at half the speed where sums are long.
    """
    if keras.backend.backend() == "jax":
        import jax.numpy as jnp

        return jnp.matmul(a, b, preferred_element_type="float32")
    if _compiled.get() in (FULL, _INSIDE):
        return _xla_product(a, b)
    return ops.cast(ops.matmul(a, b), "float32")


def _xla_product(a: Tensor, b: Tensor) -> Tensor:
    """Return the product in the form that XLA compiles well, with gradients of that form."""
    import tensorflow as tf

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def multiply(a: Tensor, b: Tensor) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, Tensor]]]:
        cuts = [slice(None)]
        if _compiled.get() == _INSIDE:
            cuts = [slice(at, at + _MAX_TERMS) for at in range(0, b.shape[0], _MAX_TERMS)]
        parts = [tf.raw_ops.BatchMatMulV3(x=a[:, c], y=b[c], Tout=tf.float32) for c in cuts]

        def backward(gradient: Tensor) -> tuple[Tensor, Tensor]:
            d_a = product(ops.cast(gradient, a.dtype), ops.transpose(b))
            # XLA on a CPU has no bfloat16 product whose first factor is transposed.
            d_b = ops.matmul(ops.transpose(ops.cast(a, "float32")), gradient)
            return ops.cast(d_a, a.dtype), ops.cast(d_b, b.dtype)

        return sum(parts[1:], parts[0]), backward

    return multiply(a, b)
