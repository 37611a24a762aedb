"""Matrix products with 8-bit weights inside the loop of the search, where its time goes.

A product becomes a product of integers:

    x W ≈ m ∘ (q(x / m) Q) ∘ s        m: greatest |x| of a row, s: scale of a column of W ≈ Q ∘ s

Each row is scaled to [-1, 1] and rounded to multiples of 1/63, so its result does not depend on the
other rows of the batch. The number is 63 and not 127, because processors without VNNI add pairs of
products in 16 bits, which cannot hold 2 · 127 · 127. The error, apart from the rounding of W, is at
most m s Σ|Q| / 126. Embeddings are looked up in 8 bits and then converted. All other nodes read
weights that were converted to float32 beforehand.

Source: Jacob et al. (2018), arXiv:1712.05877, section 2, with one scale for each row.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from summarizer.exporters.hoist_invariants import (
    GraphProto,
    NodeProto,
    replace_nodes,
    subgraphs,
)

DOMAIN = "com.microsoft"  # of the operator that multiplies integers and scales the result
LEVELS = 63  # levels of a value on either side of 0
_CONSTANTS = {
    "level": np.float32(1 / LEVELS),
    "middle": np.uint8(LEVELS + 1),
    "zero": np.int8(0),
    "least": np.float32(1e-30),
    "last": np.array([-1]),
}


class Int8Matrix(NamedTuple):
    """A matrix of 8-bit integers with scales.

    Attributes:
        values: name of its values, int8.
        scale: name of its scales, float32, that broadcast with the values.
        axis: 0: one scale for each row; 1: one scale for each column.
    """

    values: str
    scale: str
    axis: int


def use_int8_products(graph: GraphProto, matrices: Mapping[str, Int8Matrix]) -> None:
    """Replace products in loops and look-ups by those of 8-bit weights.

    Args:
        graph: changed in place, with its subgraphs.
        matrices: by the names under which nodes read the weights in float32.
    """
    import onnx

    by_columns = {name: matrix for name, matrix in matrices.items() if matrix.axis == 1}
    prepared = []
    for node in graph.node:  # a product with the transposed matrix needs the scales of the rows
        matrix = matrices.get(node.input[0]) if node.op_type == "Transpose" else None
        if matrix is not None and matrix.axis == 0:
            transposed = matrix._replace(values=f"{matrix.values}:turned", axis=1)
            prepared.append(
                onnx.helper.make_node("Transpose", [matrix.values], [transposed.values])
            )
            by_columns[node.output[0]] = transposed
    rewriter = _Rewriter(matrices, by_columns)
    rewriter.rewrite(graph, in_loop=False)
    if not rewriter.used:
        return
    used_values = {matrix.values for matrix in rewriter.used}
    prepared = [node for node in prepared if node.output[0] in used_values]
    for scale in sorted({matrix.scale for matrix in rewriter.used}):
        prepared.append(
            onnx.helper.make_node("Reshape", [scale, _constant("last")], [f"{scale}:flat"])
        )
    replace_nodes(graph, [*prepared, *graph.node])
    graph.initializer.extend(
        onnx.numpy_helper.from_array(np.asarray(value), _constant(name))
        for name, value in _CONSTANTS.items()
    )


def _constant(name: str) -> str:
    """Return the name that a constant has in the graph."""
    return f"eight_bits:{name}"


class _Rewriter:
    """Replaces the nodes of a graph.

    Attributes:
        used: matrices that products in loops read.
    """

    def __init__(
        self, matrices: Mapping[str, Int8Matrix], by_columns: Mapping[str, Int8Matrix]
    ) -> None:
        """Store matrices by the names under which nodes read them.

        Args:
            matrices: for look-ups.
            by_columns: second factors of products, with one scale for each column.
        """
        self._matrices, self._by_columns = matrices, by_columns
        self.used: set[Int8Matrix] = set()

    def rewrite(self, graph: GraphProto, in_loop: bool) -> None:
        """Replace the nodes of a graph and of its subgraphs, in place."""
        nodes: list[NodeProto] = []
        for node in graph.node:
            for subgraph in subgraphs(node):
                self.rewrite(subgraph, in_loop or node.op_type == "Loop")
            if in_loop and node.op_type == "MatMul" and node.input[1] in self._by_columns:
                matrix = self._by_columns[node.input[1]]
                self.used.add(matrix)
                nodes.extend(_product_nodes(node, matrix))
            elif _gathers_rows(node) and node.input[0] in self._matrices:
                nodes.extend(_look_up_nodes(node, self._matrices[node.input[0]]))
            else:
                nodes.append(node)
        replace_nodes(graph, nodes)


def _gathers_rows(node: NodeProto) -> bool:
    if node.op_type != "Gather":
        return False
    return all(attribute.i == 0 for attribute in node.attribute if attribute.name == "axis")


def _product_nodes(node: NodeProto, matrix: Int8Matrix) -> list[NodeProto]:
    """Return the nodes that replace a MatMul whose second factor has one scale for each column."""
    from onnx.helper import make_node

    value, result = node.input[0], node.output[0]
    level, middle, zero, least, last = map(_constant, _CONSTANTS)
    size, most, greatest, even, whole, out = (
        f"{result}:{name}" for name in ("size", "most", "greatest", "even", "whole", "out")
    )
    factors = [whole, matrix.values, level, f"{matrix.scale}:flat", middle, zero]
    return [
        make_node("Abs", [value], [size]),
        make_node("ReduceMax", [size, last], [most], keepdims=1),
        make_node("Max", [most, least], [greatest]),
        make_node("Div", [value, greatest], [even]),
        make_node("QuantizeLinear", [even, level, middle], [whole]),
        make_node("MatMulIntegerToFloat", factors, [out], domain=DOMAIN),
        make_node("Mul", [out, greatest], [result]),
    ]


def _look_up_nodes(node: NodeProto, matrix: Int8Matrix) -> list[NodeProto]:
    """Return the nodes that replace a Gather of rows."""
    from onnx import TensorProto
    from onnx.helper import make_node

    ids, result = node.input[1], node.output[0]
    packed, value, scale = (f"{result}:{name}" for name in ("packed", "value", "scale"))
    nodes = [
        make_node("Gather", [matrix.values, ids], [packed]),
        make_node("Cast", [packed], [value], to=TensorProto.FLOAT),
    ]
    if matrix.axis == 1:
        return [*nodes, make_node("Mul", [value, matrix.scale], [result])]
    return [
        *nodes,
        make_node("Gather", [matrix.scale, ids], [scale]),
        make_node("Mul", [value, scale], [result]),
    ]
