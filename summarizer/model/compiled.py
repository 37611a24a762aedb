"""Compile a function that uses a model's weights, on TensorFlow or on JAX."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import keras
from keras import tree

Result = TypeVar("Result")


def compile_function(
    model: keras.Model,
    function: Callable[..., Result],
    signature: Sequence[tuple[int, str]] | None = None,
) -> Callable[..., Result]:
    """Return `function` as one compiled graph; each call uses the model's current weights.

    TensorFlow traces once for all shapes; JAX compiles once per shape.

    Args:
        model: the network.
        function: uses the model's weights; each argument is a structure of arrays or tensors.
        signature: number of dimensions and dtype of each argument, if they are all single tensors;
            this saves TensorFlow a second trace. None: arguments are any structures.
    """
    if keras.backend.backend() == "jax":
        import jax

        def pure(weights: Any, *arguments: Any) -> Result:
            with keras.StatelessScope(zip(model.variables, weights, strict=True)):
                return function(*arguments)

        jitted = jax.jit(pure)
        return lambda *arguments: jitted([v.value for v in model.variables], *arguments)

    import tensorflow as tf

    graph: Callable[..., Result]
    if signature is not None:
        specs = [tf.TensorSpec([None] * rank, dtype) for rank, dtype in signature]
        graph = tf.function(function, input_signature=specs, autograph=False)
        return graph
    graph = tf.function(function, autograph=False, reduce_retracing=True)
    return lambda *arguments: graph(*tree.map_structure(tf.convert_to_tensor, arguments))
