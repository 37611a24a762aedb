"""Gradients as NumPy arrays, on whichever backend runs."""

import keras
import numpy as np


def gradients(function, inputs, variables):
    """Differentiate a scalar function of arrays with respect to them and to variables."""
    if keras.backend.backend() == "jax":
        import jax

        def of(arrays, values):
            with keras.StatelessScope(state_mapping=zip(variables, values, strict=True)):
                return function(*arrays)

        differentiate = jax.jit(jax.grad(of, argnums=(0, 1)))
        found = differentiate(list(inputs), [v.value for v in variables])
        return [np.asarray(g) for part in found for g in part]

    import tensorflow as tf

    tensors = [tf.convert_to_tensor(x) for x in inputs]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = function(*tensors)
    found = tape.gradient(value, tensors + [v.value for v in variables])
    return [np.asarray(tf.convert_to_tensor(g)) for g in found]


def compiled(function):
    """On JAX, compile a pure function: each operation alone would be compiled too."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    return function


def differentiable(function, variables):
    """Make of a function of data, to (scalar, more), one that also returns the gradients.

    It is differentiated with respect to the variables; on JAX it is compiled once per shape.
    """
    if keras.backend.backend() == "jax":
        import jax

        def of(values, data):
            with keras.StatelessScope(state_mapping=zip(variables, values, strict=True)):
                return function(data)

        run = jax.jit(jax.value_and_grad(of, has_aux=True))

        def call(data):
            (value, more), found = run([v.value for v in variables], data)
            return value, more, [np.asarray(g) for g in found]

        return call

    import tensorflow as tf

    def call(data):
        with tf.GradientTape() as tape:
            value, more = function({k: tf.convert_to_tensor(v) for k, v in data.items()})
        found = tape.gradient(value, [v.value for v in variables])
        return value, more, [np.asarray(tf.convert_to_tensor(g)) for g in found]

    return call
