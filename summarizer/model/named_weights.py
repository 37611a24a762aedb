"""Give every weight of a network a name that is the same in every process."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from summarizer.errors import ModelError

Arrays = Mapping[str, npt.NDArray[np.generic]]


def named_variables(
    layer: keras.layers.Layer, prefix: str = ""
) -> Iterator[tuple[str, keras.Variable]]:
    """Yield (name, variable); names are like `encoder.left.kernel` or `decoder.bridge.0.bias`.

    Names are built from the attributes that hold the layers, so these are part of the file format.
    """
    inner: set[int] = set()
    for attribute, value in vars(layer).items():
        if attribute.startswith("_"):
            continue
        for suffix, child in _layers(value):
            inner.update(id(v) for v in child.weights)
            yield from named_variables(child, f"{prefix}{attribute}{suffix}.")
    for variable in layer.weights:
        if id(variable) not in inner:
            yield prefix + variable.name, variable


def _layers(value: object) -> Iterator[tuple[str, keras.layers.Layer]]:
    if isinstance(value, keras.layers.Layer):
        yield "", value
    elif isinstance(value, list):
        for i, item in enumerate(value):
            if isinstance(item, keras.layers.Layer):
                yield f".{i}", item


def assign_weights(model: keras.Model, arrays: Arrays, path: Path) -> None:
    """Set the weights of a network from the arrays of a file.

    Raises:
        ModelError: a weight is missing or has another shape; the file belongs to another model.
    """
    for name, variable in named_variables(model):
        if name not in arrays:
            raise ModelError(f"{path}: has no weight {name!r}; the file belongs to another model")
        value = np.asarray(arrays[name])
        if value.shape != tuple(variable.shape):
            raise ModelError(
                f"{path}: weight {name!r} has shape {list(value.shape)}, "
                f"the configuration requires {list(variable.shape)}"
            )
        variable.assign(value.astype("float32"))


def weight_arrays(model: keras.Model) -> dict[str, npt.NDArray[np.generic]]:
    """Return the weights as NumPy arrays."""
    return {name: np.asarray(variable.value) for name, variable in named_variables(model)}
