"""Move nodes whose result is the same in every step out of loops.

TensorFlow passes everything that a loop reads as loop state, and leaves shapes, masks and
transposed weights in the body. onnxruntime copies these states and runs these nodes in every step.
Nodes in the branches of a condition stay: only the body knows which branch runs.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

GraphProto: TypeAlias = Any
"""An `onnx.GraphProto`; ONNX is imported lazily and has no types."""
NodeProto: TypeAlias = Any
"""An `onnx.NodeProto`."""


def hoist(graph: GraphProto) -> None:
    """Move invariant nodes out of all loops, from the innermost out.

    Args:
        graph: changed in place; each name in it and in its subgraphs stands for one value.
    """
    nodes: list[NodeProto] = []
    for node in graph.node:
        for subgraph in subgraphs(node):
            hoist(subgraph)
        if node.op_type == "Loop":
            nodes.extend((*_remove_constant_states(node), *_remove_invariant_nodes(node, graph)))
        nodes.append(node)
    replace_nodes(graph, nodes)


def subgraphs(node: NodeProto) -> Iterator[GraphProto]:
    """Yield the body of a loop or the branches of a condition."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g


def names_read(graph: GraphProto) -> Iterator[str]:
    """Yield the names that the nodes and outputs of a graph read, with its subgraphs."""
    for node in graph.node:
        yield from node.input
        for subgraph in subgraphs(node):
            yield from names_read(subgraph)
    yield from (value.name for value in graph.output)


def _remove_constant_states(loop: NodeProto) -> list[NodeProto]:
    """Remove the states that each step passes on unchanged.

    Returns:
        Nodes that compute the final values of these states, for readers after the loop.
    """
    import onnx

    (body,) = subgraphs(loop)
    sources = {o: n.input[0] for n in body.node if n.op_type == "Identity" for o in n.output}
    outer_names, final_nodes = {}, []
    for i in reversed(range(1, len(body.input) - 1)):  # output 0 is the condition to continue
        result, state = body.output[i].name, body.input[i + 1].name
        while result in sources and result != state:
            result = sources[result]
        if result != state:
            continue
        outer = outer_names[state] = loop.input[i + 1]
        if loop.output[i - 1]:
            final_nodes.append(onnx.helper.make_node("Identity", [outer], [loop.output[i - 1]]))
        del loop.input[i + 1], body.input[i + 1], body.output[i], loop.output[i - 1]
    _rename(body, outer_names)
    return final_nodes


def _rename(graph: GraphProto, names: Mapping[str, str]) -> None:
    """Rename the values that a graph and its subgraphs read."""
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        for subgraph in subgraphs(node):
            _rename(subgraph, names)
    for value in graph.output:
        value.name = names.get(value.name, value.name)


def _remove_invariant_nodes(loop: NodeProto, outer: GraphProto) -> list[NodeProto]:
    """Remove the invariant nodes from the body of a loop, and move its constants to `outer`.

    Returns:
        The removed nodes, which must stand before the loop.
    """
    (body,) = subgraphs(loop)
    outer.initializer.extend(body.initializer)
    del body.initializer[:]
    variant = {value.name for value in body.input}
    results = {value.name for value in body.output}
    invariant_nodes, variant_nodes = [], []
    for node in body.node:
        is_movable = not any(subgraphs(node)) and results.isdisjoint(node.output)
        if is_movable and variant.isdisjoint(node.input):
            invariant_nodes.append(node)
        else:
            variant_nodes.append(node)
            variant.update(node.output)
    replace_nodes(body, variant_nodes)
    return invariant_nodes


def replace_nodes(graph: GraphProto, nodes: Iterable[NodeProto]) -> None:
    """Replace all nodes of a graph; the new nodes may include old ones."""
    copies = [type(node).FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(copies)
