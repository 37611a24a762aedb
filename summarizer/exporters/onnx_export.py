"""The whole search as one ONNX graph whose weights can be read back by name.

The graph is traced with the weights as inputs; these inputs then become initializers under the
names that `model.weights` gives them, as they are, in half precision, or as int8 with scales. So
one file serves the runtime and Keras both. Products run in float32 all the same: onnxruntime
unpacks the weights once, when it opens the file.
"""

import copy
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from summarizer.decoding.graph_inputs import OUTPUTS, SEARCH_INPUTS, input_types
from summarizer.decoding.graph_search import graph_search
from summarizer.errors import ModelError
from summarizer.exporters import hoist_invariants, int8, onnx_ops
from summarizer.model import named_weights, recurrence
from summarizer.model.tagger import Tagger
from summarizer.storage import atomic_path

OPSET = 18
PASSES = ("fold_constants", "loop_optimizer", "remove_identity", "remove_back_to_back")
WEIGHTS = ("float32", "float16", "int8")
SCALE = ":scale"  # behind a weight's name: what its int8 values are multiplied with
SMALL = 4096  # matrices with fewer values stay in float16 where the others are int8


def export(model: Any, path: Path, about: dict[str, str], kind: str = "float16") -> None:
    """Write a model's search, or the probabilities of a tagger, as an ONNX file.

    Args:
        model: a `Seq2Seq`, an `Ensemble` or a `Tagger` in float32, on the TensorFlow backend.
        path: the file; written aside and renamed.
        about: kept in the file, such as the fingerprint of the vocabulary it goes with.
        kind: how the matrices are kept, one of `WEIGHTS`.

    Raises:
        ModelError: the file cannot be written.
    """
    _save(_trace(model), named_weights.weight_arrays(model), path, about, kind)


def export_each(model: Any, folder: Path, about: dict[str, str]) -> dict[str, Path]:
    """Write a file for each kind of weights, for comparison; see `export`."""
    paths = {kind: folder / f"{kind}.onnx" for kind in WEIGHTS}
    proto, arrays = _trace(model), named_weights.weight_arrays(model)
    for kind, path in paths.items():
        _save(copy.deepcopy(proto), arrays, path, about, kind)
    return paths


def _save(proto: Any, arrays: dict[str, Any], path: Path, about: dict[str, str], kind: str) -> None:
    """Write a traced search with these weights; see `export`."""
    import onnx

    _embed_weights(proto, arrays, kind)
    onnx.helper.set_model_props(proto, about)
    onnx.checker.check_model(proto)
    with atomic_path(path) as aside:
        onnx.save(proto, aside)


def _trace(model: Any) -> Any:
    """Convert the search, the weights among its inputs."""
    import keras
    import tensorflow as tf

    pairs = list(named_weights.named_variables(model))
    inputs, serve = _served(model)
    count = len(inputs)

    def run(*values):  # type: ignore[no-untyped-def]
        mapping = [(v, value) for (_, v), value in zip(pairs, values[count:], strict=True)]
        native = recurrence.override_unroll(onnx_ops.trace_lstm)
        with native, keras.StatelessScope(state_mapping=mapping):
            found = serve(dict(zip(inputs, values[:count], strict=True)))
        return {k: tf.identity(v, k) for k, v in found.items()}

    signature = [
        tf.TensorSpec([None] * rank, dtype, name) for name, (dtype, rank) in inputs.items()
    ]
    signature += [
        tf.TensorSpec(v.shape, tf.float32, f"weight_{i}") for i, (_, v) in enumerate(pairs)
    ]
    return _convert(tf.function(run, autograph=False).get_concrete_function(*signature))


def _served(model: Any) -> tuple[dict[str, tuple[str, int]], Callable[[dict[str, Any]], Any]]:
    """The inputs of a model's graph, dtype and rank by name, and what makes its outputs of them."""
    if isinstance(model, Tagger):
        inputs = {"document": SEARCH_INPUTS["document"]}
        return inputs, lambda given: {"keep": model.keep(given["document"])}
    return input_types(), lambda given: dict(zip(OUTPUTS, graph_search(model, given), strict=True))


def _convert(traced: Any) -> Any:
    """What `tf2onnx.convert.from_function` does, each pass of its optimizer but once.

    It would copy the graph for each pass and repeat them all while one finds something: minutes
    where branches lie in loops, for what onnxruntime does when it opens the file.
    """
    import tensorflow as tf
    import tf2onnx
    from tf2onnx import optimizer, tf_loader, tfonnx

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)  # it warns of shapes nobody needs
    inputs, outputs = ([x.name for x in side] for side in (traced.inputs, traced.outputs))
    names = tf2onnx.convert.tensor_names_from_structed(traced, inputs, outputs)
    whole = traced.graph.as_graph_def(add_shapes=True)  # nothing to freeze: weights are inputs
    for nodes in (whole.node, *(function.node_def for function in whole.library.function)):
        for node in nodes:  # a loop stays a loop, a branch a branch
            node.attr.pop("_lower_using_switch_merge", None)
    with tf.Graph().as_default():
        tf.import_graph_def(whole, name="")
        plain = tf_loader.tf_optimize(inputs, outputs, whole)
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(plain, name="")
        found = tfonnx.process_tf_graph(
            graph, opset=OPSET, input_names=inputs, output_names=outputs, tensors_to_rename=names,
            custom_op_handlers=onnx_ops.HANDLERS,
        )  # fmt: skip
        passes = optimizer._get_optimizers()
        for name in PASSES:
            found = passes[name]().optimize(found, 0)
        proto = found.make_model("search")
    _count_in_scalars(proto.graph)
    hoist_invariants.hoist(proto.graph)
    _shorten(proto.graph, {x.name: x.name for x in (*proto.graph.input, *proto.graph.output)})
    proto.opset_import.append(tf2onnx.utils.make_opsetid(int8.DOMAIN, 1))
    return proto


def _count_in_scalars(graph: Any) -> None:
    """Give the counter of each loop its shape, which gets lost where branches lie in the loop."""
    for node in graph.node:
        for body in (a.g for a in node.attribute if a.HasField("g")):
            if node.op_type == "Loop":
                body.input[0].type.tensor_type.shape.SetInParent()
            _count_in_scalars(body)


def _shorten(graph: Any, names: dict[str, str]) -> None:
    """Number what is inside: TensorFlow's names tell of every call around it, 2 MB in all.

    Args:
        graph: changed in place, and the graphs of its branches and loops.
        names: old name → new name, of the graphs around it too; "" is no name.
    """

    def short(name: str) -> str:
        return names.setdefault(name, f"n{len(names)}") if name else name

    for value in (*graph.input, *graph.output, *graph.initializer, *graph.value_info):
        value.name = short(value.name)
    for node in graph.node:
        node.name = ""
        for side in (node.input, node.output):
            side[:] = map(short, side)
        for attribute in node.attribute:
            if attribute.HasField("g"):
                _shorten(attribute.g, names)


def _embed_weights(proto: Any, arrays: dict[str, Any], kind: str) -> None:
    """Turn the weights' inputs into initializers, and unpack those that nodes take in float32."""
    import onnx

    graph, node = proto.graph, onnx.helper.make_node
    targets = {f"weight_{i}": name for i, name in enumerate(arrays)}
    keep = {name: quantize(name, array, kind) for name, array in arrays.items()}
    for kept in keep.values():
        graph.initializer.extend(onnx.numpy_helper.from_array(a, n) for n, a in kept.items())
    packed = {target: name for target, name in targets.items() if name + SCALE in keep[name]}
    int8.use_int8_products(
        graph, {t: int8.Int8Matrix(n, n + SCALE, _axis(n)) for t, n in packed.items()}
    )
    taken, unpacked = set(hoist_invariants.taken(graph)), []
    for target, name in targets.items():
        if target not in taken:
            continue
        whole = target + SCALE if target in packed else target
        unpacked.append(node("Cast", [name], [whole], to=onnx.TensorProto.FLOAT))
        if target in packed:  # a DequantizeLinear would run in every call: it is not folded
            unpacked.append(node("Mul", [whole, name + SCALE], [target]))
    inputs = [x for x in graph.input if x.name not in targets]
    del graph.input[:]
    graph.input.extend(inputs)
    hoist_invariants.replace_nodes(graph, [*unpacked, *graph.node])


def quantize(name: str, array: Any, kind: str) -> dict[str, Any]:
    """Return what a file keeps of one weight, by name; int8 with its scales beside it.

    Vectors stay as they are. Every row of embeddings and every column of other matrices has a
    scale of its own.
    """
    if kind == "float32" or array.ndim < 2:
        return {name: array}
    if kind == "float16" or array.size < SMALL or min(array.shape) == 1:
        return {name: array.astype(np.float16)}
    scale = np.abs(array).max(axis=1 - _axis(name), keepdims=True) / np.float32(127)
    scale = np.where(scale > 0, scale, np.float32(1))
    return {name: np.rint(array / scale).astype(np.int8), name + SCALE: scale}


def _axis(name: str) -> int:
    """Which axis of a matrix has the scales."""
    return 0 if name.endswith("embeddings") else 1


def round_trip(arrays: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return weights as they are read back from a file that keeps them so."""
    kept: dict[str, Any] = {}
    for name, array in arrays.items():
        kept |= quantize(name, array, kind)
    return _unpacked(kept)


def _unpacked(kept: dict[str, Any]) -> dict[str, Any]:
    return {
        name: array.astype(np.float32) * kept[name + SCALE] if name + SCALE in kept else array
        for name, array in kept.items()
        if not name.endswith(SCALE)
    }


class StoredWeights(NamedTuple):
    """What an exported file carries.

    Attributes:
        weights: arrays by name; int8 ones as float32.
        kind: how they are kept, one of `WEIGHTS`.
        about: what `export` was told.
    """

    weights: dict[str, Any]
    kind: str
    about: dict[str, str]


def read_graph(path: Path) -> StoredWeights:
    """Return what an exported file carries.

    Raises:
        ModelError: missing, cut or not an ONNX file.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        proto = onnx.load(path)
        kept = {i.name: onnx.numpy_helper.to_array(i) for i in proto.graph.initializer}
    except (OSError, DecodeError, ValueError) as error:
        raise ModelError(f"{path}: cut or not an ONNX file ({error})") from None
    kind = "float16" if any(array.dtype == np.float16 for array in kept.values()) else "float32"
    kind = "int8" if any(name.endswith(SCALE) for name in kept) else kind
    return StoredWeights(_unpacked(kept), kind, {p.key: p.value for p in proto.metadata_props})


def read_weights(path: Path) -> dict[str, Any]:
    """Return the weights that an exported file carries, by name; see `read`."""
    return read_graph(path).weights
