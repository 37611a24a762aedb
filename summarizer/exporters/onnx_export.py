"""The whole search as one ONNX graph whose weights can be read back by name.

The graph is traced with the weights as inputs. These inputs then become initializers with the names
of `named_weights`, in float32, float16, or int8 with scales, so one file serves both the runtime
and Keras. Except for int8 products in the search, nodes compute in float32: onnxruntime converts
the weights once, when it opens the file.
"""

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import keras

from summarizer.decoding.graph_inputs import (
    SEARCH_INPUTS,
    STRATEGIES_KEY,
    exported_strategies,
    input_types,
)
from summarizer.decoding.graph_search import graph_search
from summarizer.errors import ModelError
from summarizer.exporters import hoist_invariants, int8, onnx_convert, onnx_ops
from summarizer.exporters.onnx_convert import ModelProto
from summarizer.exporters.weight_formats import (
    SCALE,
    WEIGHT_FORMATS,
    dequantize,
    format_of,
    quantize,
    scale_axis,
)
from summarizer.model import named_weights, recurrence
from summarizer.model.tagger import Tagger
from summarizer.storage import atomic_path
from summarizer.types import Tensor


def export(
    model: keras.Model, path: Path, metadata: Mapping[str, str], weight_format: str = "float16"
) -> None:
    """Write the search of a model, or the probabilities of a tagger, as an ONNX file.

    Args:
        model: a `Seq2Seq`, an `Ensemble` or a `Tagger` in float32, on the TensorFlow backend.
        path: the file; written aside and renamed.
        metadata: stored in the file, such as the fingerprint of the vocabulary.
        weight_format: how matrices are stored, one of `WEIGHT_FORMATS`.

    Raises:
        ModelError: the file cannot be written.
    """
    arrays = named_weights.weight_arrays(model)
    _save(_trace(model), arrays, path, {**metadata, **_graph_metadata(model)}, weight_format)


def export_each(model: keras.Model, folder: Path, metadata: Mapping[str, str]) -> dict[str, Path]:
    """Write one file for each weight format, for comparison; see `export`."""
    paths = {name: folder / f"{name}.onnx" for name in WEIGHT_FORMATS}
    proto, arrays = _trace(model), named_weights.weight_arrays(model)
    for name, path in paths.items():
        stored = {**metadata, **_graph_metadata(model)}
        _save(copy.deepcopy(proto), arrays, path, stored, name)
    return paths


def _graph_metadata(model: keras.Model) -> dict[str, str]:
    """Return what the runtime must know of the graph itself."""
    if isinstance(model, Tagger):
        return {}
    return {STRATEGIES_KEY: json.dumps(exported_strategies())}


def _save(
    proto: ModelProto,
    arrays: Mapping[str, Tensor],
    path: Path,
    metadata: Mapping[str, str],
    weight_format: str,
) -> None:
    """Write a traced search with these weights; see `export`."""
    import onnx

    _embed_weights(proto, arrays, weight_format)
    onnx.helper.set_model_props(proto, dict(metadata))
    onnx.checker.check_model(proto)
    with atomic_path(path) as aside:
        onnx.save(proto, aside)


def _trace(model: keras.Model) -> ModelProto:
    """Return the search as an ONNX model that has the weights among its inputs."""
    import tensorflow as tf

    variables = [variable for _, variable in named_weights.named_variables(model)]
    types, compute = _graph_function(model)
    count = len(types)

    def run(*values):  # type: ignore[no-untyped-def]
        mapping = list(zip(variables, values[count:], strict=True))
        lstm_nodes = recurrence.override_unroll(onnx_ops.trace_lstm)
        with lstm_nodes, keras.StatelessScope(state_mapping=mapping):
            outputs = compute(dict(zip(types, values[:count], strict=True)))
        return {name: tf.identity(value, name) for name, value in outputs.items()}

    signature = [tf.TensorSpec([None] * rank, dtype, name) for name, (dtype, rank) in types.items()]
    signature += [
        tf.TensorSpec(variable.shape, tf.float32, f"weight_{i}")
        for i, variable in enumerate(variables)
    ]
    return onnx_convert.convert(tf.function(run, autograph=False).get_concrete_function(*signature))


def _graph_function(
    model: keras.Model,
) -> tuple[dict[str, tuple[str, int]], Callable[[dict[str, Tensor]], dict[str, Tensor]]]:
    """Return the inputs of a model's graph, as dtype and rank by name, and its function.

    The function makes the outputs of the inputs, both by name.
    """
    if isinstance(model, Tagger):
        types = {"document": SEARCH_INPUTS["document"]}
        return types, lambda inputs: {"keep": model.probabilities(inputs["document"])}

    def run_search(inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        return graph_search(model, inputs)

    return input_types(), run_search


def _embed_weights(proto: ModelProto, arrays: Mapping[str, Tensor], weight_format: str) -> None:
    """Turn the weights among the inputs into initializers.

    Nodes that read a weight in float32 get one that is converted when the file is opened.
    """
    import onnx

    graph, make_node = proto.graph, onnx.helper.make_node
    names = {f"weight_{i}": name for i, name in enumerate(arrays)}  # by input
    stored = {name: quantize(name, array, weight_format) for name, array in arrays.items()}
    for parts in stored.values():
        graph.initializer.extend(onnx.numpy_helper.from_array(a, n) for n, a in parts.items())
    matrices = {
        source: int8.Int8Matrix(name, name + SCALE, scale_axis(name))
        for source, name in names.items()
        if name + SCALE in stored[name]
    }
    int8.use_int8_products(graph, matrices)
    still_read, conversions = set(hoist_invariants.names_read(graph)), []
    for source, name in names.items():
        if source not in still_read:
            continue
        unscaled = source + SCALE if source in matrices else source
        conversions.append(make_node("Cast", [name], [unscaled], to=onnx.TensorProto.FLOAT))
        if source in matrices:  # not DequantizeLinear, which is not folded and runs in every call
            conversions.append(make_node("Mul", [unscaled, name + SCALE], [source]))
    inputs = [value for value in graph.input if value.name not in names]
    del graph.input[:]
    graph.input.extend(inputs)
    hoist_invariants.replace_nodes(graph, [*conversions, *graph.node])


class StoredWeights(NamedTuple):
    """What an exported file stores beside its graph.

    Attributes:
        weights: arrays by name; int8 weights as float32.
        weight_format: how they are stored, one of `WEIGHT_FORMATS`.
        metadata: strings by key, see `export`.
    """

    weights: dict[str, Tensor]
    weight_format: str
    metadata: dict[str, str]


def read_graph(path: Path) -> StoredWeights:
    """Return what an exported file stores beside its graph.

    Raises:
        ModelError: the file is missing, truncated or no ONNX file.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        proto = onnx.load(path)
        stored = {i.name: onnx.numpy_helper.to_array(i) for i in proto.graph.initializer}
    except (OSError, DecodeError, ValueError) as error:
        raise ModelError(f"{path}: truncated or not an ONNX file ({error})") from None
    metadata = {entry.key: entry.value for entry in proto.metadata_props}
    return StoredWeights(dequantize(stored), format_of(stored), metadata)


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the weights that an exported file stores, by name; see `read_graph`."""
    return read_graph(path).weights
