"""The recurrence against a slow NumPy oracle and against plain differentiation."""

import keras
import numpy as np
import pytest
from keras import ops

from summarizer import plugins
from summarizer.model.fusion import PARTS, fusing
from summarizer.model.recurrence import unroll
from tests.gradients import gradients

B, S, INPUTS, H = 3, 5, 4, 6


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_oracle(x, lengths, kernel, recurrent, bias, h, c, reverse):
    """One sequence, one step at a time, only its real steps; gates in the order i, f, o, g."""
    out = np.zeros((x.shape[0], x.shape[1], recurrent.shape[0]))
    h, c = h.copy(), c.copy()
    for b, length in enumerate(lengths):
        steps = range(length - 1, -1, -1) if reverse else range(length)
        for t in steps:
            i, f, o, g = np.split(x[b, t] @ kernel + h[b] @ recurrent + bias, 4)
            c[b] = sigmoid(f) * c[b] + sigmoid(i) * np.tanh(g)
            h[b] = sigmoid(o) * np.tanh(c[b])
            out[b, t] = h[b]
    return out, h, c


@pytest.fixture
def data():
    random = np.random.default_rng(0)
    x = random.normal(size=(B, S, INPUTS)).astype("float32")
    states = [random.normal(size=(B, H)).astype("float32") for _ in range(2)]
    return x, states, np.array([5, 1, 3])


@pytest.mark.parametrize("reverse", [False, True])
def test_lstm_is_the_textbook_lstm(data, reverse):
    x, states, lengths = data
    cell = plugins.build("cell", "lstm", INPUTS, width=H)
    mask = np.arange(S)[None] < lengths[:, None]
    outputs, final = unroll(cell, ops.convert_to_tensor(x), states, mask, reverse)
    weights = [np.asarray(w) for w in (cell.kernel, cell.recurrent_kernel, cell.bias)]
    expected, h, c = lstm_oracle(x, lengths, *weights, *states, reverse)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    np.testing.assert_allclose(final[0], h, atol=1e-5)
    np.testing.assert_allclose(final[1], c, atol=1e-5)


def plain(cell, x, states, mask, reverse):
    """The same cell with an unrolled loop that the backend differentiates by itself."""
    outputs, order = [None] * S, range(S - 1, -1, -1) if reverse else range(S)
    states = tuple(states)
    for t in order:
        sums = ops.matmul(x[:, t], cell.kernel) + ops.matmul(states[0], cell.recurrent_kernel)
        new, _ = cell.forward(sums + cell.bias, states)
        m = mask[:, t, None]
        states = tuple(ops.where(m, n, s) for n, s in zip(new, states, strict=True))
        outputs[t] = ops.where(m, new[0], 0.0)
    return ops.stack(outputs, axis=1), states


@pytest.mark.parametrize("name", plugins.names("cell"))
@pytest.mark.parametrize("reverse", [False, True])
def test_written_gradient_equals_plain_differentiation(data, name, reverse):
    x, states, lengths = data
    cell = plugins.build("cell", name, INPUTS, width=H)
    mask = np.arange(S)[None] < lengths[:, None]
    weigh = np.random.default_rng(1).normal(size=(B, S, H)).astype("float32")

    def objective(run):
        def value(x, *states):
            outputs, final = run(cell, x, states, ops.convert_to_tensor(mask), reverse)
            last = sum(ops.sum(ops.sin(state)) for state in final)
            return ops.sum(ops.tanh(outputs) * weigh) + last

        return value

    ours = gradients(objective(unroll), [x, *states], cell.trainable_variables)
    theirs = gradients(objective(plain), [x, *states], cell.trainable_variables)
    assert len(ours) == 1 + len(states) + 3
    for a, b in zip(ours, theirs, strict=True):
        assert np.abs(b).max() > 1e-3
        np.testing.assert_allclose(a, b, atol=2e-5)


def test_padding_changes_nothing(data):
    x, states, lengths = data
    cell = plugins.build("cell", "lstm", INPUTS, width=H)
    for reverse in (False, True):
        mask = np.arange(S)[None] < lengths[:, None]
        _, short = unroll(cell, ops.convert_to_tensor(x), states, mask, reverse)
        wide = np.concatenate([x, np.full((B, 3, INPUTS), 7, "float32")], axis=1)
        mask = np.arange(S + 3)[None] < lengths[:, None]
        outputs, long = unroll(cell, ops.convert_to_tensor(wide), states, mask, reverse)
        np.testing.assert_allclose(short[1], long[1], atol=1e-6)
        assert not np.asarray(outputs)[~mask].any()


def test_products_run_in_the_policy_and_states_in_float32(data):
    x, states, _ = data
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        cell = plugins.build("cell", "lstm", INPUTS, width=H)
        outputs, final = unroll(cell, ops.convert_to_tensor(x), states, None)
    finally:
        keras.config.set_dtype_policy(policy)
    assert keras.backend.standardize_dtype(outputs.dtype) == "bfloat16"
    assert keras.backend.standardize_dtype(final[1].dtype) == "float32"


def test_each_step_has_one_product_and_is_one_kernel_tensorflow_only(data):
    import tensorflow as tf

    x, states, _ = data
    cell = plugins.build("cell", "lstm", INPUTS, width=H)

    def run(x, *states):
        with fusing(PARTS):
            with tf.GradientTape() as tape:
                tape.watch(x)
                outputs, _ = unroll(cell, x, states, None)
            return tape.gradient(outputs, [x, cell.recurrent_kernel.value])

    functions = tf.function(run).get_concrete_function(x, *states).graph.as_graph_def().library
    inside = [f for f in functions.function if f.attr["_XlaMustCompile"].b]
    assert len(inside) == 2  # a step forward and a step back
    for function in inside:
        assert [n.op for n in function.node_def if "MatMul" in n.op] == ["BatchMatMulV3"]
    bodies = [f for f in functions.function if "_body_" in f.signature.name]
    assert len(bodies) == 2
    assert not [n.op for f in bodies for n in f.node_def if "MatMul" in n.op]
