"""The whole search as one ONNX graph whose weights can be read back by name.

The graph is traced with the weights as inputs; these inputs then become initializers under the
names that `model.weights` gives them, in half precision or as they are. So one file serves the
runtime and Keras both.
"""

import os
from pathlib import Path
from typing import Any

from summarizer import plugins
from summarizer.decoding.search import Limits, search
from summarizer.errors import ModelError
from summarizer.model import weights

OPSET = 18


def export(model: Any, path: Path, about: dict[str, str], half: bool = True) -> None:
    """Write a model's search as an ONNX file.

    Args:
        model: a `Seq2Seq` in float32, on the TensorFlow backend.
        path: the file; written aside and renamed.
        about: kept in the file, such as the fingerprint of the vocabulary it goes with.
        half: keep the matrices in float16; products run in float32 all the same.

    Raises:
        ModelError: the file cannot be written.
    """
    import onnx

    proto = _trace(model)
    _embed_weights(proto, model, half)
    onnx.helper.set_model_props(proto, about)
    onnx.checker.check_model(proto)
    aside = path.with_name(path.name + ".part")
    try:
        onnx.save(proto, aside)
        os.replace(aside, path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise ModelError(f"{path}: cannot be written: {error.strerror}") from None


def _trace(model: Any) -> Any:
    """Convert the search, the weights among its inputs."""
    import keras
    import tensorflow as tf
    import tf2onnx

    pairs = list(weights.named(model))
    strategy = plugins.build("strategy", "beam")

    def run(document, beam, minimum, maximum, penalty, block, allowed, *values):  # type: ignore[no-untyped-def]
        mapping = [(variable, value) for (_, variable), value in zip(pairs, values, strict=True)]
        with keras.StatelessScope(state_mapping=mapping):
            limits = Limits(minimum, maximum, penalty, block)
            found = search(model, document, strategy, beam, limits, allowed)
        return {k: tf.identity(v, k) for k, v in found._asdict().items()}

    scalars = [tf.TensorSpec([], tf.int32, n) for n in ("beam", "minimum", "maximum")]
    signature = [
        tf.TensorSpec([None, None], tf.int32, "document"),
        *scalars,
        tf.TensorSpec([], tf.float32, "penalty"),
        tf.TensorSpec([], tf.int32, "block"),
        tf.TensorSpec([None, model.size], tf.bool, "allowed"),
    ]
    signature += [
        tf.TensorSpec(v.shape, tf.float32, f"weight_{i}") for i, (_, v) in enumerate(pairs)
    ]
    proto, _ = tf2onnx.convert.from_function(
        tf.function(run, autograph=False), input_signature=signature, opset=OPSET
    )
    return proto


def _embed_weights(proto: Any, model: Any, half: bool) -> None:
    """Turn the weights' inputs into initializers, matrices through a cast from float16."""
    import numpy as np
    import onnx

    graph = proto.graph
    casts = []
    for i, (name, array) in enumerate(weights.arrays(model).items()):
        target = f"weight_{i}"
        if half and array.ndim > 1:
            graph.initializer.append(onnx.numpy_helper.from_array(array.astype(np.float16), name))
            casts.append(onnx.helper.make_node("Cast", [name], [target], to=onnx.TensorProto.FLOAT))
        else:
            graph.initializer.append(onnx.numpy_helper.from_array(array, name))
            casts.append(onnx.helper.make_node("Identity", [name], [target]))
    kept = [x for x in graph.input if not x.name.startswith("weight_")]
    del graph.input[:]
    graph.input.extend(kept)
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def read_weights(path: Path) -> dict[str, Any]:
    """Return the weights that an exported file carries, by name.

    Raises:
        ModelError: missing, cut or not an ONNX file.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        proto = onnx.load(path)
    except (OSError, DecodeError) as error:
        raise ModelError(f"{path}: cut or not an ONNX file ({error})") from None
    return {i.name: onnx.numpy_helper.to_array(i) for i in proto.graph.initializer}
