"""Gather, scatter and branch with one operation each, on both backends.

`keras.ops.take` and its relatives also handle negative indices, which takes several operations per
call: too many inside a loop whose steps are small.
"""

from collections.abc import Callable
from typing import TypeVar

import keras
from keras import ops

from summarizer.types import Tensor

Result = TypeVar("Result")


def gather_rows(table: Tensor, indices: Tensor) -> Tensor:
    """Return rows of a table [J, ...] by index, int32 of any shape."""
    if keras.backend.backend() == "jax":
        return table[indices]

    import tensorflow as tf

    return tf.gather(table, indices)


def gather_along(table: Tensor, indices: Tensor) -> Tensor:
    """Return rows [B, K, ...] of a table [B, J, ...] by index, int32 [B, K]."""
    if keras.backend.backend() == "jax":
        return table[ops.arange(table.shape[0])[:, None], indices]

    import tensorflow as tf

    return tf.gather(table, indices, batch_dims=1)


def scatter_rows(table: Tensor, indices: Tensor, values: Tensor) -> Tensor:
    """Return the table with entries replaced by `values` [J, ...] at indices int32 [J, D].

    Indices must be distinct: with repeated ones, the exported ONNX graph is silently wrong.
    """
    if keras.backend.backend() == "jax":
        return table.at[tuple(indices[:, i] for i in range(indices.shape[1]))].set(values)

    import tensorflow as tf

    return tf.tensor_scatter_nd_update(table, indices, values)


def scatter_add(flat: Tensor, indices: Tensor, amounts: Tensor) -> Tensor:
    """Return a table [M] with amounts [J] added at indices int64 [J]; repeated ones add up."""
    if keras.backend.backend() == "jax":
        return flat.at[indices].add(amounts)

    import tensorflow as tf

    return tf.tensor_scatter_nd_add(flat, indices[:, None], amounts)


def static_cond(flag: Tensor, yes: Callable[[], Result], no: Callable[[], Result]) -> Result:
    """Return the result of `yes()` or `no()`; only one of them is computed.

    Args:
        flag: a bool, decided while tracing; or a bool tensor [], decided when the graph runs.
        yes: returns tensors of the same shapes and dtypes as `no`.
        no: called if the flag is False.
    """
    if isinstance(flag, bool):
        return yes() if flag else no()
    result: Result = ops.cond(flag, yes, no)
    return result
