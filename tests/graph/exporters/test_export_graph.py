"""What the exported graph is made of: native recurrences, lean loops, products of eight bits."""

from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import onnx as onnx_library
import onnxruntime
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from summarizer.exporters import (
    hoist_invariants,
    int8,
    onnx_convert,
    onnx_export,
    onnx_ops,
    weight_formats,
)
from summarizer.model import recurrence
from summarizer.model.cells import lstm
from summarizer.model.encoders import bidirectional


def converted(run: Any, *signature: Any) -> Any:
    """The ONNX graph of a function that returns a dict of tensors."""
    return onnx_convert.convert(tf.function(run, autograph=False).get_concrete_function(*signature))


def opened(proto: Any) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(
        proto.SerializeToString(), providers=["CPUExecutionProvider"]
    )


def everywhere(graph: Any) -> Iterator[Any]:
    for node in graph.node:
        yield node
        for inner in hoist_invariants.subgraphs(node):
            yield from everywhere(inner)


def operations(graph: Any) -> Counter[str]:
    return Counter(node.op_type for node in everywhere(graph))


# --- recurrences -------------------------------------------------------------------------------

LENGTHS = [7, 1, 4]
B, S, E, H = 3, 7, 4, 5


class Unknown(lstm.LSTM):
    """A cell that ONNX has no operator for, as far as the export knows."""


@pytest.fixture(scope="module")
def recurrences() -> Any:
    """A deep encoder, a cell from given states without a mask, and a cell without an operator."""
    encoder = bidirectional.Bidirectional(bidirectional.Options(H, layers=2), E)
    cell, unknown = lstm.LSTM(H, E), Unknown(H, E)
    random = np.random.default_rng(1)
    layers = (encoder, cell, unknown)
    variables = [v for layer in layers for v in layer.variables]
    weights = [random.normal(size=v.shape).astype(np.float32) for v in variables]
    for variable, weight in zip(variables, weights, strict=True):
        variable.assign(weight)

    def run(inputs: Any, mask: Any, hidden: Any, state: Any) -> dict[str, Any]:
        outputs, final = encoder(inputs, mask)
        given, last = recurrence.unroll(cell, inputs, (hidden, state), None)
        other, _ = recurrence.unroll(unknown, inputs, (hidden, state), mask, reverse=True)
        names = (
            "outputs", "final_hidden", "final_state", "given", "last_hidden", "last_state", "other",
        )  # fmt: skip
        found = zip(names, (outputs, *final, given, *last, other), strict=True)
        return {name: tf.identity(value, name) for name, value in found}

    def traced(*values: Any) -> dict[str, Any]:
        held = [(v, tf.constant(w)) for v, w in zip(variables, weights, strict=True)]
        replaced = recurrence.override_unroll(onnx_ops.trace_lstm)
        with replaced, keras.StatelessScope(state_mapping=held):
            return run(*values)

    states = tf.TensorSpec([None, H], tf.float32)
    proto = converted(
        traced,
        tf.TensorSpec([None, None, E], tf.float32, "inputs"),
        tf.TensorSpec([None, None], tf.bool, "mask"),
        tf.TensorSpec(states.shape, tf.float32, "hidden"),
        tf.TensorSpec(states.shape, tf.float32, "state"),
    )
    values = {
        "inputs": random.normal(size=(B, S, E)).astype(np.float32),
        "mask": np.arange(S) < np.array(LENGTHS)[:, None],
        "hidden": random.normal(size=(B, H)).astype(np.float32),
        "state": random.normal(size=(B, H)).astype(np.float32),
    }
    expected = {k: np.asarray(v) for k, v in run(**values).items()}
    return SimpleNamespace(proto=proto, session=opened(proto), values=values, expected=expected)


def test_recurrences_are_operators_unless_onnx_has_none(recurrences):
    found = operations(recurrences.proto.graph)
    assert found["LSTM"] == 2 * 2 + 1
    assert found["Loop"] == 1  # the cell that is not known


def test_native_recurrences_say_what_keras_says(recurrences):
    names = list(recurrences.expected)
    found = dict(zip(names, recurrences.session.run(names, recurrences.values), strict=True))
    for name, value in recurrences.expected.items():
        np.testing.assert_allclose(found[name], value, atol=1e-5, err_msg=name)
    assert not found["outputs"][~recurrences.values["mask"]].any()


def test_padding_and_the_batch_change_nothing(recurrences):
    names = ["outputs", "final_hidden", "final_state"]
    for row, length in enumerate(LENGTHS):
        alone = {name: value[row : row + 1] for name, value in recurrences.values.items()}
        alone |= {name: alone[name][:, :length] for name in ("inputs", "mask")}
        outputs, *final = recurrences.session.run(names, alone)
        expected = recurrences.expected
        np.testing.assert_allclose(outputs[0], expected["outputs"][row, :length], atol=1e-5)
        for name, value in zip(names[1:], final, strict=True):
            np.testing.assert_allclose(value[0], expected[name][row], atol=1e-5)


def test_recurrences_are_traced_so_only_while_exporting(recurrences):
    cell = lstm.LSTM(H, E)
    states = (tf.zeros((1, H)),) * 2

    def run(inputs: Any) -> Any:
        return recurrence.unroll(cell, inputs, states, None)[0]

    traced = tf.function(run).get_concrete_function(tf.TensorSpec([1, S, E], tf.float32))
    assert "PyFunc" not in {operation.type for operation in traced.graph.get_operations()}


def test_an_exported_model_reads_documents_with_native_recurrences(digits):
    graph = onnx_library.load(digits.folder / "model.onnx").graph
    recurrent = [node for node in graph.node if node.op_type == "LSTM"]
    directions = {a.s for node in recurrent for a in node.attribute if a.name == "direction"}
    assert directions == {b"forward", b"reverse"}
    assert sum(node.op_type == "Loop" for node in graph.node) == 1  # the search


# --- loops -------------------------------------------------------------------------------------


def summed(count: Any, table: Any) -> dict[str, Any]:
    """A loop that is handed `table`, and has a transposed product that no step changes."""

    def body(i: Any, total: Any, passed: Any) -> Any:
        fixed = tf.matmul(passed, passed, transpose_b=True)
        moved = tf.cond(i > 1, lambda: fixed * 2.0, lambda: fixed + tf.cast(i, tf.float32))
        return i + 1, total + tf.cast(tf.shape(passed)[0], tf.float32) * moved, passed

    zero = tf.zeros((tf.shape(table)[0], tf.shape(table)[0]))
    _, total, passed = tf.while_loop(lambda i, *_: i < count, body, (0, zero, table))
    return {"total": tf.identity(total, "total"), "passed": tf.identity(passed + 1, "passed")}


@pytest.fixture(scope="module")
def loops() -> Any:
    """The same loop with all that stands in it, and without what no step changes."""
    signature = (tf.TensorSpec([], tf.int32, "count"), tf.TensorSpec([None, 3], tf.float32, "t"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hoist_invariants, "hoist", lambda _: None)
        whole = converted(summed, *signature)
    return whole, converted(summed, *signature)


def test_what_no_step_changes_stands_before_the_loop(loops):
    bodies = [
        next(hoist_invariants.subgraphs(n))
        for p in loops
        for n in p.graph.node
        if n.op_type == "Loop"
    ]
    whole, lean = bodies
    assert {"MatMul", "Shape"} & operations(whole).keys() == {"MatMul", "Shape"}
    assert not {"MatMul", "Shape", "Transpose"} & operations(lean).keys()
    assert len(lean.input) < len(whole.input)  # the table is no state
    assert not lean.initializer


@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_lean_loop_gives_the_same(loops, count):
    table = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)
    given = {"count": np.array(count, np.int32), "t": table}
    whole, lean = (opened(proto).run(["total", "passed"], given) for proto in loops)
    for one, other in zip(whole, lean, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    np.testing.assert_array_equal(lean[1], table + 1)


def choices(flag: Any, first: Any, second: Any) -> dict[str, Any]:
    logic = tf.where(flag, first > second, first > 0)
    return {
        "chosen": tf.identity(tf.where(flag, first, second), "chosen"),
        "whole": tf.identity(tf.where(logic, 1, 0), "whole"),
    }


def test_a_choice_is_exact_also_beside_numbers_that_are_none():
    row = tf.TensorSpec([None, None], tf.float32)
    proto = converted(
        choices,
        tf.TensorSpec([None, 1], tf.bool, "flag"),
        *(tf.TensorSpec(row.shape, tf.float32, name) for name in ("first", "second")),
    )
    assert operations(proto.graph)["Where"] == 2
    flag = np.array([[True], [False]])
    first = np.array([[1e9, -1, 1], [np.nan, 2, -np.inf]], np.float32)
    second = np.array([[np.inf, -2, 3], [1, 0.1, 1e-30]], np.float32)
    given = {"flag": flag, "first": first, "second": second}
    chosen, whole = opened(proto).run(["chosen", "whole"], given)
    np.testing.assert_array_equal(chosen, np.where(flag, first, second))
    logic = np.where(flag, first > second, first > 0)
    np.testing.assert_array_equal(whole, logic.astype(int))


# --- eight bits --------------------------------------------------------------------------------

WIDTH, SIZE, STEPS = 64, 100, 2


def stepped(inputs: Any, ids: Any, kernel: Any, table: Any) -> dict[str, Any]:
    """Products with a matrix and with a transposed one, and a look-up, in each of two steps."""

    def body(i: Any, *_: Any) -> Any:
        found = tf.gather(table, ids)
        return i + 1, tf.matmul(inputs, kernel), tf.matmul(inputs, table, transpose_b=True), found

    shapes = ((None, WIDTH), (None, SIZE), (None, WIDTH))
    empty = (tf.zeros([tf.shape(inputs)[0], s[1]]) for s in shapes)
    _, *found = tf.while_loop(
        lambda i, *_: i < STEPS,
        body,
        (0, *empty),
        (tf.TensorShape([]), *map(tf.TensorShape, shapes)),
    )
    outside = tf.matmul(inputs, kernel)
    names = ("product", "transposed", "found", "outside")
    return {n: tf.identity(v, n) for n, v in zip(names, (*found, outside), strict=True)}


@pytest.fixture(scope="module")
def whole_numbers() -> Any:
    """A graph with weights of eight bits, and the weights as they are read back from it."""
    random = np.random.default_rng(1)
    held = {
        "kernel": random.normal(size=(WIDTH, WIDTH)) * random.gamma(1, size=WIDTH),
        "embeddings": random.normal(size=(SIZE, WIDTH)) * random.gamma(1, size=(SIZE, 1)),
    }
    held = {name: array.astype(np.float32) for name, array in held.items()}
    proto = converted(
        stepped,
        tf.TensorSpec([None, WIDTH], tf.float32, "inputs"),
        tf.TensorSpec([None], tf.int32, "ids"),
        tf.TensorSpec([WIDTH, WIDTH], tf.float32, "weight_0"),
        tf.TensorSpec([SIZE, WIDTH], tf.float32, "weight_1"),
    )
    onnx_export._embed_weights(proto, held, "int8")
    weights = weight_formats.round_trip(held, "int8")
    return SimpleNamespace(proto=proto, session=opened(proto), held=held, weights=weights)


@st.composite
def rows(draw: Any) -> Any:
    """Rows of very different sizes, some of them 0."""
    random = np.random.default_rng(draw(st.integers(0, 999)))
    size = 10.0 ** random.integers(-9, 9, (draw(st.integers(1, 5)), 1))
    values = random.normal(size=(len(size), WIDTH)) * random.integers(0, 2, (1, WIDTH))
    return (values * size * random.integers(0, 2, size.shape)).astype(np.float32)


def products(graph: Any, values: Any) -> tuple[Any, Any]:
    given = {"inputs": values, "ids": np.zeros(len(values), np.int32)}
    product, transposed = graph.session.run(["product", "transposed"], given)
    return product, transposed


@settings(max_examples=40)
@given(values=rows())
def test_products_of_whole_numbers_are_as_near_as_said(whole_numbers, values):
    kernel, table = whole_numbers.weights["kernel"], whole_numbers.weights["embeddings"].T
    far = np.abs(values).max(axis=1, keepdims=True)
    for found, matrix in zip(products(whole_numbers, values), (kernel, table), strict=True):
        bound = far * np.abs(matrix).sum(axis=0) / (2 * int8.LEVELS)
        assert (np.abs(found - values @ matrix) <= bound * 1.001).all()


@settings(max_examples=20)
@given(values=rows())
def test_a_row_of_eight_bits_does_not_depend_on_the_others(whole_numbers, values):
    among = products(whole_numbers, values)
    for i in range(len(values)):
        for together, alone in zip(among, products(whole_numbers, values[i : i + 1]), strict=True):
            np.testing.assert_array_equal(together[i], alone[0])


def test_no_sum_of_two_products_leaves_sixteen_bits():
    """Where a processor adds them so: the greatest value and weight, twice."""
    assert np.iinfo(np.int16).max >= 2 * (2 * int8.LEVELS + 1) * 127


def test_looked_up_rows_are_those_of_the_weights_and_other_products_are_exact(whole_numbers):
    rows = np.random.default_rng(2).normal(size=(3, WIDTH)).astype(np.float32)
    given = {"inputs": rows, "ids": np.array([99, 0, 7], np.int32)}
    found, outside = whole_numbers.session.run(["found", "outside"], given)
    np.testing.assert_array_equal(found, whole_numbers.weights["embeddings"][[99, 0, 7]])
    np.testing.assert_allclose(outside, rows @ whole_numbers.weights["kernel"], atol=1e-4)


def test_weights_stay_in_eight_bits_while_the_graph_runs(whole_numbers, tmp_path):
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "folded.onnx")
    options.log_severity_level = 3
    proto = whole_numbers.proto.SerializeToString()
    onnxruntime.InferenceSession(proto, options, providers=["CPUExecutionProvider"])
    folded = onnx_library.load(tmp_path / "folded.onnx").graph
    assert operations(folded)["MatMulIntegerToFloat"] == 2
    shapes = [(i.data_type, tuple(i.dims)) for i in folded.initializer]
    assert (onnx_library.TensorProto.INT8, (SIZE, WIDTH)) in shapes
    assert (onnx_library.TensorProto.FLOAT, (SIZE, WIDTH)) not in shapes
    assert "Transpose" not in operations(folded)


def test_a_file_of_eight_bits_has_a_third_of_the_bytes_at_most():
    shapes = {"embeddings": (2000, 256), "kernel": (256, 1024), "gate": (1280, 1), "bias": (1024,)}
    held = {name: np.ones(shape, np.float32) for name, shape in shapes.items()}
    size = {
        kind: sum(
            kept.nbytes
            for n, a in held.items()
            for kept in weight_formats.quantize(n, a, kind).values()
        )
        for kind in weight_formats.WEIGHT_FORMATS
    }
    assert size["int8"] < size["float32"] / 3
