"""Compute once, before a loop, what is the same in each of its steps.

TensorFlow hands a loop all that it reads as state, and leaves shapes, masks and transposed weights
inside; onnxruntime copies such states and runs such nodes in every step. Branches keep theirs:
which one is taken is known inside only.
"""

from collections.abc import Iterable, Iterator
from typing import Any


def hoist(graph: Any) -> None:
    """Take out of loops what no step changes, from the innermost out.

    Args:
        graph: changed in place; each name in it and in the graphs within is of one value only.
    """
    nodes: list[Any] = []
    for node in graph.node:
        for inner in subgraphs(node):
            hoist(inner)
        if node.op_type == "Loop":
            nodes.extend((*_handed_through(node), *_taken(node, graph)))
        nodes.append(node)
    replace_nodes(graph, nodes)


def subgraphs(node: Any) -> Iterator[Any]:
    """Yield the bodies of a loop or the branches of a choice."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g


def taken(graph: Any) -> Iterator[str]:
    """Yield the names that nodes take, in the graphs within too."""
    for node in graph.node:
        yield from node.input
        for inner in subgraphs(node):
            yield from taken(inner)
    yield from (value.name for value in graph.output)


def _handed_through(loop: Any) -> list[Any]:
    """Drop the states that each step hands on as they are; nodes that give their last values."""
    import onnx

    (body,) = subgraphs(loop)
    before = {o: n.input[0] for n in body.node if n.op_type == "Identity" for o in n.output}
    names, last = {}, []
    for i in reversed(range(1, len(body.input) - 1)):  # place 0: whether to go on
        name, given = body.output[i].name, body.input[i + 1].name
        while name in before and name != given:
            name = before[name]
        if name != given:
            continue
        names[given] = loop.input[i + 1]
        if loop.output[i - 1]:
            last.append(onnx.helper.make_node("Identity", [names[given]], [loop.output[i - 1]]))
        for values, place in (
            (loop.input, i + 1), (body.input, i + 1), (body.output, i), (loop.output, i - 1),
        ):  # fmt: skip
            del values[place]
    _rename(body, names)
    return last


def _rename(graph: Any, names: dict[str, str]) -> None:
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        for inner in subgraphs(node):
            _rename(inner, names)
    for value in graph.output:
        value.name = names.get(value.name, value.name)


def _taken(loop: Any, around: Any) -> list[Any]:
    """Take from a loop's body the nodes that may stand before it, and its constants."""
    (body,) = subgraphs(loop)
    around.initializer.extend(body.initializer)
    del body.initializer[:]
    changing = {value.name for value in body.input}
    results = {value.name for value in body.output}
    taken, kept = [], []
    for node in body.node:
        free = not any(subgraphs(node)) and results.isdisjoint(node.output)
        if free and changing.isdisjoint(node.input):
            taken.append(node)
        else:
            kept.append(node)
            changing.update(node.output)
    replace_nodes(body, kept)
    return taken


def replace_nodes(graph: Any, nodes: Iterable[Any]) -> None:
    """Give a graph other nodes, some of which may be its own."""
    copies = [type(node).FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(copies)
