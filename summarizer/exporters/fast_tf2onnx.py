"""Make tf2onnx fast for branches in loops.

Three methods of tf2onnx 1.17 take time that is quadratic in the size or the depth of such a graph;
they were two thirds of an export. The replacements give the same nodes.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias
from unittest import mock

TfGraph: TypeAlias = Any
"""A `tf2onnx.graph.Graph`; tf2onnx is imported lazily and has no types."""
TfNode: TypeAlias = Any
"""A `tf2onnx.graph.Node`."""


@contextlib.contextmanager
def fast_tf2onnx() -> Iterator[None]:
    """Use the replacements inside a `with` block."""
    from tf2onnx.graph import Graph
    from tf2onnx.optimizer.optimizer_base import GraphOptimizerBase

    with (
        mock.patch.object(Graph, "extract_sub_graph_nodes", _extract_sub_graph_nodes),
        mock.patch.object(Graph, "replace_all_inputs", _replace_all_inputs),
        mock.patch.object(GraphOptimizerBase, "optimize", _optimize),
    ):
        yield


def _extract_sub_graph_nodes(
    graph: TfGraph,
    outputs_name: Sequence[str],
    input_checker: Callable[[TfNode], bool] | None = None,
    remove_unused_inputs: bool = True,
) -> list[TfNode]:
    """Return the nodes that the outputs need. tf2onnx walks once per output, this once in all."""
    names = list(outputs_name)
    if not remove_unused_inputs:
        names += [node.output[0] for node in graph.inputs]
    needed = set()
    while names:
        node = graph.get_node_by_output(names.pop(), search_in_parent_graphs=False)
        if not node or node in needed or (input_checker and input_checker(node) is False):
            continue
        needed.add(node)
        names += [*node.input, *node.get_implicit_inputs()]
    return list(needed)


def _replace_all_inputs(
    graph: TfGraph, old_input: str, new_input: str, ops: Sequence[TfNode] | None = None
) -> None:
    """Let nodes read another value. tf2onnx also registers nodes that never read the old one."""
    if old_input == new_input:
        return
    graph._output_to_consumers.setdefault(new_input, set())
    nodes = ops
    if nodes is None:
        consumers = graph._output_to_consumers.get(old_input, ())
        nodes = [node for node in map(graph.get_node_by_name, consumers) if node is not None]
    for node in nodes:
        if old_input not in node.input:
            continue
        if new_input in node.output:
            raise RuntimeError(f"creating a circle in the graph is not allowed: {node.name}")
        for index, name in enumerate(node.input):
            if name == old_input:
                graph.replace_input(node, name, new_input, index)
    for subgraph in list(graph._input_to_graph.get(old_input, {}).values()):
        subgraph.replace_all_inputs(
            old_input, new_input, ops=None if ops is None else subgraph.get_nodes()
        )


def _optimize(optimizer: Any, graph: TfGraph, iteration: int) -> TfGraph:
    """Run one pass. tf2onnx also serializes the whole graph after each."""
    optimizer.opt_iteration = iteration
    graph = optimizer._optimize(graph)
    graph.delete_unused_nodes(graph.outputs)
    return graph
