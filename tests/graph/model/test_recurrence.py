"""The recurrence against a slow NumPy oracle and against plain differentiation."""

import keras
import numpy as np
import pytest
from keras import ops

from summarizer import plugins
from summarizer.model.parallel_scan import parallel_scan
from summarizer.model.recurrence import step_cell, unroll
from summarizer.model.xla import PARTIAL, xla_scope
from tests.gradients import compiled, gradients

B, S, INPUTS, H = 3, 5, 4, 6


# Every cell, and those of its options that change how it is computed.
CELLS = [
    *((name, {}) for name in plugins.names("cell")),
    ("gru", {"reset_after": True}),
    ("peephole_lstm", {"output_sees": "old", "candidate": True}),
    ("peephole_lstm", {"full": True, "candidate": True}),
]
every_cell = pytest.mark.parametrize(
    ("name", "options"), CELLS, ids=["-".join([n, *o]) for n, o in CELLS]
)


def a_cell(name, options=(), inputs=INPUTS):
    """A cell whose weights are all at random, those too that would begin at 0 or 1."""
    cell = plugins.build("cell", name, inputs, width=H, **dict(options))
    random = np.random.default_rng(3)
    for variable in cell.trainable_variables:
        variable.assign(random.normal(size=variable.shape).astype("float32") * 0.7)
    return cell


@pytest.fixture
def data():
    random = np.random.default_rng(0)
    x = random.normal(size=(B, S, INPUTS)).astype("float32")
    states = [random.normal(size=(B, H)).astype("float32") for _ in range(2)]
    return x, states, np.array([5, 1, 3])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def normalised(x):
    return (x - x.mean()) / np.sqrt(x.var() + 1e-5)


def step_oracle(name, options, w, x, states):
    """One example, one step, as the paper writes it; w: the weights by name."""
    h, *c = states
    if name == "rnn":
        return (np.tanh(x @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"]),)
    if name == "min_lstm":
        f, i, candidate = np.split(x @ w["kernel"] + w["bias"], 3)
        f, i = sigmoid(f), sigmoid(i)
        return (f / (f + i) * h + i / (f + i) * candidate,)
    if name == "gru":
        wz, wr, wh = np.split(x @ w["kernel"] + w["bias"], 3)
        if options.get("reset_after"):
            uz, ur, uh = np.split(h @ w["recurrent_kernel"], 3)
            z, r = sigmoid(wz + uz), sigmoid(wr + ur)
            candidate = np.tanh(wh + r * uh)
        else:
            uz, ur = np.split(h @ w["recurrent_kernel"], 2)
            z, r = sigmoid(wz + uz), sigmoid(wr + ur)
            candidate = np.tanh(wh + (r * h) @ w["candidate_kernel"])
        return ((1 - z) * h + z * candidate,)
    (c,) = c
    if name == "layer_norm_lstm":
        sums = w["input_scale"] * normalised(x @ w["kernel"])
        sums = sums + w["recurrent_scale"] * normalised(h @ w["recurrent_kernel"]) + w["bias"]
        i, f, o, g = np.split(sums, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(w["cell_scale"] * normalised(c) + w["cell_shift"]), c
    i, f, o, g = np.split(x @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"], 4)
    if name == "lstm":
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c
    assert name == "peephole_lstm", "a new cell needs an oracle"

    def look(gate, cell):
        if gate == "g" and not options.get("candidate"):
            return 0
        peephole = w[f"peephole_{gate}"]
        return cell @ peephole if options.get("full") else cell * peephole

    new = sigmoid(f + look("f", c)) * c + sigmoid(i + look("i", c)) * np.tanh(g + look("g", c))
    seen = c if options.get("output_sees") == "old" else new
    return sigmoid(o + look("o", seen)) * np.tanh(new), new


def oracle(cell, name, options, x, lengths, states, reverse):
    """One sequence, one step at a time, only its real steps."""
    w = {v.name: np.asarray(v, "float64") for v in cell.weights}
    out = np.zeros((x.shape[0], x.shape[1], H))
    final = [np.array(s, "float64") for s in states]
    for b, length in enumerate(lengths):
        for t in range(length - 1, -1, -1) if reverse else range(length):
            new = step_oracle(name, options, w, x[b, t], [s[b] for s in final])
            for state, value in zip(final, new, strict=True):
                state[b] = value
            out[b, t] = new[0]
    return out, final


@every_cell
def test_a_cell_is_what_its_paper_says(data, name, options):
    x, states, lengths = data
    mask = np.arange(S)[None] < lengths[:, None]
    cell = a_cell(name, options)
    states = states[: cell.states]
    for reverse in (False, True):
        run = compiled(lambda x, *states, way=reverse: unroll(cell, x, states, mask, way))
        outputs, final = run(ops.convert_to_tensor(x), *states)
        expected, last = oracle(cell, name, options, x, lengths, states, reverse)
        np.testing.assert_allclose(outputs, expected, atol=2e-5)
        assert len(final) == len(last)
        for ours, theirs in zip(final, last, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=2e-5)


@every_cell
def test_two_layers_are_one_after_the_other(data, name, options):
    x, states, lengths = data
    mask = np.arange(S)[None] < lengths[:, None]
    below, above = a_cell(name, options), a_cell(name, options, H)
    states = states[: below.states]

    def run(x):
        hidden, _ = unroll(below, x, states, mask)
        return unroll(above, hidden, states, mask, True)[0]

    outputs = compiled(run)(ops.convert_to_tensor(x))
    first, _ = oracle(below, name, options, x, lengths, states, False)
    expected, _ = oracle(above, name, options, first, lengths, states, True)
    np.testing.assert_allclose(outputs, expected, atol=5e-5)


def plain(cell, x, states, mask, reverse):
    """The same cell with an unrolled loop that the backend differentiates by itself."""
    outputs, order = [None] * S, range(S - 1, -1, -1) if reverse else range(S)
    states = tuple(states)
    for t in order:
        new = step_cell(cell, x[:, t], states)
        m = mask[:, t, None]
        states = tuple(ops.where(m, n, s) for n, s in zip(new, states, strict=True))
        outputs[t] = ops.where(m, new[0], 0.0)
    return ops.stack(outputs, axis=1), states


@every_cell
def test_written_gradient_equals_plain_differentiation(data, name, options):
    x, states, lengths = data
    cell = a_cell(name, options)
    mask = np.arange(S)[None] < lengths[:, None]
    weigh = np.random.default_rng(1).normal(size=(B, S, H)).astype("float32")

    def objective(run):
        def value(x, *states):
            total = 0.0
            for reverse in (False, True):
                outputs, final = run(cell, x, states, ops.convert_to_tensor(mask), reverse)
                last = sum(ops.sum(ops.sin(state)) for state in final)
                total = total + ops.sum(ops.tanh(outputs) * (weigh + reverse)) + last
            return total

        return value

    inputs = [x, *states[: cell.states]]
    ours = gradients(objective(unroll), inputs, cell.trainable_variables)
    theirs = gradients(objective(plain), inputs, cell.trainable_variables)
    assert len(ours) == len(inputs) + len(cell.weights)
    for a, b in zip(ours, theirs, strict=True):
        assert np.abs(b).max() > 1e-3
        np.testing.assert_allclose(a, b, atol=1e-4 * max(1, np.abs(b).max()))


@pytest.mark.parametrize("steps", [1, 3, 9, 17])
@pytest.mark.parametrize("reverse", [False, True])
def test_a_scan_is_the_loop_that_it_stands_for(steps, reverse):
    random = np.random.default_rng(steps)
    a, b = (random.uniform(size=(steps, B, H)).astype("float32") for _ in range(2))
    hidden = initial = random.normal(size=(B, H)).astype("float32")
    expected = np.zeros_like(a)
    for t in range(steps)[::-1] if reverse else range(steps):
        expected[t] = hidden = a[t] * hidden + b[t]
    run = compiled(lambda a, b, initial: parallel_scan(a, b, initial, reverse))
    np.testing.assert_allclose(run(a, b, initial), expected, atol=1e-6)


@every_cell
def test_padding_changes_nothing(data, name, options):
    x, states, lengths = data
    cell = a_cell(name, options)
    states = states[: cell.states]

    def run(x, mask):
        return [unroll(cell, x, states, mask, reverse) for reverse in (False, True)]

    mask = np.arange(S)[None] < lengths[:, None]
    short = compiled(run)(ops.convert_to_tensor(x), ops.convert_to_tensor(mask))
    wide = np.concatenate([x, np.full((B, 3, INPUTS), 7, "float32")], axis=1)
    mask = np.arange(S + 3)[None] < lengths[:, None]
    long = compiled(run)(ops.convert_to_tensor(wide), ops.convert_to_tensor(mask))
    for (out, final), (outputs, last) in zip(short, long, strict=True):
        np.testing.assert_allclose(out, np.asarray(outputs)[:, :S], atol=1e-6)
        assert not np.asarray(outputs)[~mask].any()
        for a, b in zip(final, last, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)


@every_cell
def test_products_run_in_the_policy_and_states_in_float32(data, name, options):
    x, states, _ = data
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        cell = a_cell(name, options)
        states = states[: cell.states]

        def value(x, *states):
            outputs, final = unroll(cell, x, states, None)
            assert keras.backend.standardize_dtype(outputs.dtype) == "bfloat16"
            assert {keras.backend.standardize_dtype(s.dtype) for s in final} == {"float32"}
            return ops.sum(ops.cast(outputs, "float32")) + sum(ops.sum(s) for s in final)

        found = gradients(value, [x, *states], cell.trainable_variables)
    finally:
        keras.config.set_dtype_policy(policy)
    for slope in found:
        assert slope.dtype == "float32"
        assert np.isfinite(slope).all()
        assert slope.any()


def test_each_step_has_one_product_and_is_one_kernel_tensorflow_only(data):
    import tensorflow as tf

    x, states, _ = data
    cell = plugins.build("cell", "lstm", INPUTS, width=H)

    def run(x, *states):
        with xla_scope(PARTIAL):
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
