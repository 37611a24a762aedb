"""The faster methods of tf2onnx give the graph that its own methods give."""

import contextlib
from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

from summarizer.exporters import hoist_invariants, onnx_convert


def count_nodes(graph: hoist_invariants.GraphProto, counts: Counter[str]) -> Counter[str]:
    """Count the nodes of a graph and its subgraphs by kind."""
    for node in graph.node:
        counts[node.op_type] += 1
        for subgraph in hoist_invariants.subgraphs(node):
            count_nodes(subgraph, counts)
    return counts


def nested(values, limit):
    """Branches in a loop in a branch; some of their values are read outside, some are unused."""

    def step(i, x):
        unused = x * 3 + tf.cast(i, tf.float32)
        branch = tf.cond(
            tf.reduce_sum(x) > tf.reduce_sum(values),
            lambda: tf.identity(x) - values * tf.reduce_max(unused),
            lambda: tf.transpose(tf.transpose(x + tf.cast(i, tf.float32))) + values,
        )
        return i + 1, branch

    def loop():
        return tf.while_loop(lambda i, _: i < limit, step, (0, values))[1]

    return {"found": tf.cond(limit > 0, loop, lambda: -values), "same": tf.identity(values)}


def test_the_graph_is_that_of_tf2onnx_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime

    signature = (tf.TensorSpec([None, 3], name="values"), tf.TensorSpec([], tf.int32, name="limit"))
    traced = tf.function(nested, autograph=False).get_concrete_function(*signature)
    fast = onnx_convert.convert(traced)
    monkeypatch.setattr(onnx_convert, "fast_tf2onnx", contextlib.nullcontext)
    slow = onnx_convert.convert(traced)
    assert count_nodes(fast.graph, Counter()) == count_nodes(slow.graph, Counter())
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    sessions = [onnxruntime.InferenceSession(p.SerializeToString()) for p in (fast, slow)]
    for limit in (0, 1, 4):
        inputs = {"values": values, "limit": np.array(limit, np.int32)}
        expected = nested(tf.constant(values), tf.constant(limit))["found"].numpy()
        for session in sessions:
            np.testing.assert_allclose(session.run(["found"], inputs)[0], expected, rtol=1e-5)


def test_tf2onnx_is_as_it_was_afterwards() -> None:
    from tf2onnx.graph import Graph

    before = Graph.replace_all_inputs
    with onnx_convert.fast_tf2onnx():
        assert Graph.replace_all_inputs is not before
    assert Graph.replace_all_inputs is before
