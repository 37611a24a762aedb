"""Compile a function of a model's weights and one argument, on TensorFlow or on JAX."""

from collections.abc import Callable
from typing import Any, TypeVar

import keras
from keras import tree

Result = TypeVar("Result")


def compile_function(
    model: keras.Model, function: Callable[[Any], Result], dtype: str | None = None
) -> Callable[[Any], Result]:
    """Return `function` as one compiled graph.

    TensorFlow traces once for all shapes; JAX compiles once per shape.

    Args:
        model: the network whose current weights are used at each call.
        function: uses the weights of the model and one argument, a structure of arrays or tensors.
        dtype: of the argument, if it is a single tensor of two dimensions; this saves TensorFlow
            a second trace. None: the argument is any structure.
    """
    if keras.backend.backend() == "jax":
        import jax

        def pure(weights: Any, argument: Any) -> Result:
            with keras.StatelessScope(zip(model.variables, weights, strict=True)):
                return function(argument)

        jitted = jax.jit(pure)
        return lambda argument: jitted([v.value for v in model.variables], argument)

    import tensorflow as tf

    graph: Callable[[Any], Result]
    if dtype is not None:
        signature = [tf.TensorSpec([None, None], dtype)]
        graph = tf.function(function, input_signature=signature, autograph=False)
        return graph
    graph = tf.function(function, autograph=False, reduce_retracing=True)
    return lambda argument: graph(tree.map_structure(tf.convert_to_tensor, argument))
