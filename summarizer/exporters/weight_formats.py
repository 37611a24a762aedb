"""How an exported file stores the weights: float32, float16, or int8 with scales."""

from collections.abc import Mapping

import numpy as np

from summarizer.types import Tensor

WEIGHT_FORMATS = ("float32", "float16", "int8")
SCALE = ":scale"  # suffix of the name of a weight: the factors of its int8 values
MIN_INT8_SIZE = 4096  # matrices with fewer values stay in float16 in an int8 file


def quantize(name: str, array: Tensor, weight_format: str) -> dict[str, Tensor]:
    """Return the arrays that a file stores for one weight, by name.

    Vectors stay in float32. Every row of embeddings and every column of other matrices has its own
    scale.

    Args:
        name: of the weight.
        array: float32.
        weight_format: one of `WEIGHT_FORMATS`.
    """
    if weight_format == "float32" or array.ndim < 2:
        return {name: array}
    if weight_format == "float16" or array.size < MIN_INT8_SIZE or min(array.shape) == 1:
        return {name: array.astype(np.float16)}
    scale = np.abs(array).max(axis=1 - scale_axis(name), keepdims=True) / np.float32(127)
    scale = np.where(scale > 0, scale, np.float32(1))
    return {name: np.rint(array / scale).astype(np.int8), name + SCALE: scale}


def scale_axis(name: str) -> int:
    """Return the axis of a matrix along which each index has its own scale."""
    return 0 if name.endswith("embeddings") else 1


def dequantize(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights that a file stores, by name; int8 values as float32."""
    return {
        name: array.astype(np.float32) * stored[name + SCALE] if name + SCALE in stored else array
        for name, array in stored.items()
        if not name.endswith(SCALE)
    }


def round_trip(arrays: Mapping[str, Tensor], weight_format: str) -> dict[str, Tensor]:
    """Return weights as they are read from a file in this format."""
    stored: dict[str, Tensor] = {}
    for name, array in arrays.items():
        stored |= quantize(name, array, weight_format)
    return dequantize(stored)


def format_of(stored: Mapping[str, Tensor]) -> str:
    """Return the format of the arrays that a file stores, one of `WEIGHT_FORMATS`."""
    if any(name.endswith(SCALE) for name in stored):
        return "int8"
    return "float16" if any(a.dtype == np.float16 for a in stored.values()) else "float32"
