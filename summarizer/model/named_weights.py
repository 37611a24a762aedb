"""Every weight of a network by a name that says where it stands, the same in every process."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from summarizer.errors import ModelError


def named_variables(layer: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (name, variable), the names like `encoder.left.kernel`, `decoder.bridge.0.bias`."""
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


def _layers(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, keras.layers.Layer):
        yield "", value
    elif isinstance(value, list):
        for i, item in enumerate(value):
            if isinstance(item, keras.layers.Layer):
                yield f".{i}", item


def assign_weights(model: Any, arrays: Mapping[str, Any], path: Path) -> None:
    """Give a network the weights of a file.

    Raises:
        ModelError: a weight is missing or has another shape: the file is of another model.
    """
    for name, variable in named_variables(model):
        if name not in arrays:
            raise ModelError(f"{path}: has no weight {name!r}; the file is of another model")
        value = np.asarray(arrays[name])
        if value.shape != tuple(variable.shape):
            raise ModelError(
                f"{path}: weight {name!r} has shape {list(value.shape)}, "
                f"the configuration asks for {list(variable.shape)}"
            )
        variable.assign(value.astype("float32"))


def weight_arrays(model: Any) -> dict[str, Any]:
    """Return the weights as NumPy arrays."""
    return {name: np.asarray(variable.value) for name, variable in named_variables(model)}
