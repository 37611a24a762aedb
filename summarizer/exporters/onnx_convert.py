"""Convert a TensorFlow function to an ONNX model with lean loops and short names."""

import logging
from typing import Any, TypeAlias

from summarizer.exporters import hoist_invariants, int8, onnx_ops
from summarizer.exporters.fast_tf2onnx import fast_tf2onnx
from summarizer.exporters.hoist_invariants import GraphProto

OPSET = 18
PASSES = ("fold_constants", "loop_optimizer", "remove_identity", "remove_back_to_back")

ModelProto: TypeAlias = Any
"""An `onnx.ModelProto`."""


def convert(traced: Any) -> ModelProto:
    """Convert a concrete function as `tf2onnx.convert.from_function` does, with fewer passes.

    The optimizer of tf2onnx copies the graph for each pass and repeats all passes until none
    changes anything. That takes minutes for branches in loops, and onnxruntime does the same work
    when it opens the file. So each pass of `PASSES` runs once.

    Args:
        traced: a TensorFlow `ConcreteFunction`.
    """
    import tensorflow as tf
    import tf2onnx
    from tf2onnx import optimizer, tf_loader, tfonnx

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)  # it warns of shapes that nothing needs
    inputs, outputs = ([x.name for x in side] for side in (traced.inputs, traced.outputs))
    names = tf2onnx.convert.tensor_names_from_structed(traced, inputs, outputs)
    definition = traced.graph.as_graph_def(add_shapes=True)  # weights are inputs: no freezing
    for nodes in (definition.node, *(f.node_def for f in definition.library.function)):
        for node in nodes:  # a loop stays a loop, a branch a branch
            node.attr.pop("_lower_using_switch_merge", None)
    with tf.Graph().as_default():
        tf.import_graph_def(definition, name="")
        optimized = tf_loader.tf_optimize(inputs, outputs, definition)
    with fast_tf2onnx(), tf.Graph().as_default() as tf_graph:
        tf.import_graph_def(optimized, name="")
        graph = tfonnx.process_tf_graph(
            tf_graph,
            opset=OPSET,
            input_names=inputs,
            output_names=outputs,
            tensors_to_rename=names,
            custom_op_handlers=onnx_ops.HANDLERS,
        )
        passes = optimizer._get_optimizers()
        for name in PASSES:
            graph = passes[name]().optimize(graph, 0)
        proto = graph.make_model("search")
    _make_counters_scalar(proto.graph)
    hoist_invariants.hoist(proto.graph)
    _shorten_names(proto.graph, {x.name: x.name for x in (*proto.graph.input, *proto.graph.output)})
    proto.opset_import.append(tf2onnx.utils.make_opsetid(int8.DOMAIN, 1))
    return proto


def _make_counters_scalar(graph: GraphProto) -> None:
    """Set the shape of each loop's counter, which tf2onnx loses if the loop has branches."""
    for node in graph.node:
        for body in hoist_invariants.subgraphs(node):
            if node.op_type == "Loop":
                body.input[0].type.tensor_type.shape.SetInParent()
            _make_counters_scalar(body)


def _shorten_names(graph: GraphProto, names: dict[str, str]) -> None:
    """Number all inner values: the names of TensorFlow's call stacks take 2 MB in all.

    Args:
        graph: changed in place, with its subgraphs.
        names: old name → new name, of the enclosing graphs too; "" is no name.
    """

    def short(name: str) -> str:
        return names.setdefault(name, f"n{len(names)}") if name else name

    for value in (*graph.input, *graph.output, *graph.initializer, *graph.value_info):
        value.name = short(value.name)
    for node in graph.node:
        node.name = ""
        for side in (node.input, node.output):
            side[:] = map(short, side)
        for subgraph in hoist_invariants.subgraphs(node):
            _shorten_names(subgraph, names)
