"""Weights of eight bits that stay so while the graph runs, where a search spends its time.

Products in its loop become products of whole numbers:

    x W ≈ m ∘ (q(x / m) Q) ∘ s        m: greatest |x| of a row, s: scale of a column of W ≈ Q ∘ s

A row is brought into [-1, 1] and rounded to multiples of 1/63, so what it gives does not depend on
the others of a batch. 63, not 127: processors without VNNI add products by twos in 16 bits, which
hold no more than 2 · 127 · 127. What is lost beside the rounding of W is at most m s Σ|Q| / 126.
Embeddings are looked up as they are and unpacked then. All else gets weights unpacked beforehand.

Source: Jacob et al. (2018), arXiv:1712.05877, section 2, with rows of one scale each.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from summarizer.exporters.hoist_invariants import replace_nodes, subgraphs

DOMAIN = "com.microsoft"  # of the operator that multiplies whole numbers and scales the result
LEVELS = 63  # of a value, on either side of 0
_CONSTANTS = {
    "level": np.float32(1 / LEVELS),
    "middle": np.uint8(LEVELS + 1),
    "zero": np.int8(0),
    "least": np.float32(1e-30),
    "last": np.array([-1]),
}


class Int8Matrix(NamedTuple):
    """A matrix of eight bits.

    Attributes:
        values: name of its values, int8.
        scale: name of its scales, float32, to broadcast with the values.
        axis: 0: each row has a scale; 1: each column.
    """

    values: str
    scale: str
    axis: int


def use_int8_products(graph: Any, packed: Mapping[str, Int8Matrix]) -> None:
    """Let products in loops and look-ups take weights packed.

    Args:
        graph: changed in place, and the graphs within.
        packed: by the names under which nodes take the weights in float32.
    """
    import onnx

    columns = {name: one for name, one in packed.items() if one.axis == 1}
    once = []
    for node in graph.node:  # a transposed product wants the rows' scales
        one = packed.get(node.input[0]) if node.op_type == "Transpose" else None
        if one is not None and one.axis == 0:
            turned = one._replace(values=f"{one.values}:turned", axis=1)
            once.append(onnx.helper.make_node("Transpose", [one.values], [turned.values]))
            columns[node.output[0]] = turned
    used: set[Int8Matrix] = set()
    _rewrite(graph, packed, columns, used, inside=False)
    if not used:
        return
    once = [node for node in once if node.output[0] in {one.values for one in used}]
    for scale in sorted({one.scale for one in used}):
        once.append(onnx.helper.make_node("Reshape", [scale, _own("last")], [f"{scale}:flat"]))
    replace_nodes(graph, [*once, *graph.node])
    constants = [
        onnx.numpy_helper.from_array(np.asarray(v), _own(n)) for n, v in _CONSTANTS.items()
    ]
    graph.initializer.extend(constants)


def _own(name: str) -> str:
    return f"eight_bits:{name}"


def _rewrite(graph: Any, rows: Any, columns: Any, used: set[Int8Matrix], inside: bool) -> None:
    nodes: list[Any] = []
    for node in graph.node:
        for inner in subgraphs(node):
            _rewrite(inner, rows, columns, used, inside or node.op_type == "Loop")
        if inside and node.op_type == "MatMul" and node.input[1] in columns:
            used.add(columns[node.input[1]])
            nodes.extend(_product(node, columns[node.input[1]]))
        elif node.op_type == "Gather" and node.input[0] in rows and _of_rows(node):
            nodes.extend(_look_up(node, rows[node.input[0]]))
        else:
            nodes.append(node)
    replace_nodes(graph, nodes)


def _of_rows(node: Any) -> bool:
    return all(a.i == 0 for a in node.attribute if a.name == "axis")


def _product(node: Any, one: Int8Matrix) -> list[Any]:
    """Nodes for a MatMul whose second factor's columns have scales."""
    from onnx.helper import make_node

    value, result = node.input[0], node.output[0]
    level, middle, zero, least, last = map(_own, _CONSTANTS)
    size, most, greatest, even, whole, out = (
        f"{result}:{x}" for x in ("size", "most", "greatest", "even", "whole", "out")
    )
    scaled = [whole, one.values, level, f"{one.scale}:flat", middle, zero]
    return [
        make_node("Abs", [value], [size]),
        make_node("ReduceMax", [size, last], [most], keepdims=1),
        make_node("Max", [most, least], [greatest]),
        make_node("Div", [value, greatest], [even]),
        make_node("QuantizeLinear", [even, level, middle], [whole]),
        make_node("MatMulIntegerToFloat", scaled, [out], domain=DOMAIN),
        make_node("Mul", [out, greatest], [result]),
    ]


def _look_up(node: Any, one: Int8Matrix) -> list[Any]:
    """Nodes for a Gather of rows."""
    from onnx import TensorProto
    from onnx.helper import make_node

    ids, result = node.input[1], node.output[0]
    packed, value, scale = (f"{result}:{x}" for x in ("packed", "value", "scale"))
    found = [
        make_node("Gather", [one.values, ids], [packed]),
        make_node("Cast", [packed], [value], to=TensorProto.FLOAT),
    ]
    if one.axis == 1:
        return [*found, make_node("Mul", [value, one.scale], [result])]
    return [
        *found,
        make_node("Gather", [one.scale, ids], [scale]),
        make_node("Mul", [value, scale], [result]),
    ]
