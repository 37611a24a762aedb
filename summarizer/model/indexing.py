"""Read and write rows of a table by their numbers, in one operation each.

`keras.ops.take` and its like also serve negative numbers, at several operations a call: too many in
a loop whose every step is small.
"""

from typing import Any

import keras
from keras import ops


def gather_rows(table: Any, places: Any) -> Any:
    """Return the rows that int32 places of any shape name."""
    if keras.backend.backend() == "jax":
        return table[places]

    import tensorflow as tf

    return tf.gather(table, places)


def gather_along(table: Any, places: Any) -> Any:
    """Return rows [B, K, ...] of a table [B, J, ...], those that places int32 [B, K] name."""
    if keras.backend.backend() == "jax":
        return table[ops.arange(table.shape[0])[:, None], places]

    import tensorflow as tf

    return tf.gather(table, places, batch_dims=1)


def scatter_rows(table: Any, places: Any, values: Any) -> Any:
    """Return the table with other entries: `values` [J, ...] at the places int32 [J, D].

    No place is named twice: such a scatter exports to ONNX silently wrong.
    """
    if keras.backend.backend() == "jax":
        return table.at[tuple(places[:, i] for i in range(places.shape[1]))].set(values)

    import tensorflow as tf

    return tf.tensor_scatter_nd_update(table, places, values)


def scatter_add(flat: Any, places: Any, amounts: Any) -> Any:
    """Return a table [M] with amounts [J] added at the places int64 [J]; repeated ones add up."""
    if keras.backend.backend() == "jax":
        return flat.at[places].add(amounts)

    import tensorflow as tf

    return tf.tensor_scatter_nd_add(flat, places[:, None], amounts)
