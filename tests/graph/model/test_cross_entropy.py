"""The loss of known pieces against a softmax in NumPy and plain differentiation; fused kernels."""

import keras
import numpy as np
import pytest
from keras import ops

from summarizer.model import xla
from summarizer.model.cross_entropy import log_prob, score_targets
from tests.gradients import gradients

M, N = 6, 9
NEVER = -1e9


@pytest.fixture
def data():
    random = np.random.default_rng(0)
    scores = random.normal(size=(M, N)).astype("float32") * 5
    bias = random.normal(size=N).astype("float32")
    bias[0] = NEVER
    return scores, bias, random.integers(1, N, M).astype("int32"), random.normal(size=M)


def plain(scores, bias, target):
    return ops.take_along_axis(ops.log_softmax(scores + bias), target[:, None], axis=-1)[:, 0]


def test_it_is_the_log_softmax_at_the_target(data):
    scores, bias, target, _ = data
    logits = (scores + bias).astype("float64")
    expected = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    found = log_prob(*map(ops.convert_to_tensor, (scores, bias, target)))
    np.testing.assert_allclose(found, expected[np.arange(M), target], atol=1e-5)


def test_scores_of_any_size_stay_finite(data):
    _, bias, target, _ = data
    scores = np.full((M, N), 3e4, "float32")
    found = np.asarray(log_prob(*map(ops.convert_to_tensor, (scores, bias, target))))
    assert np.isfinite(found).all()
    assert (found <= 0).all()


def test_the_gradient_is_that_of_plain_differentiation(data):
    scores, bias, target, weight = data
    weight = weight.astype("float32")

    def weighed(function):
        return lambda s, b: ops.sum(function(s, b, ops.convert_to_tensor(target)) * weight)

    found = gradients(weighed(log_prob), (scores, bias), [])
    expected = gradients(weighed(plain), (scores, bias), [])
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_half_precision_scores_get_gradients_of_their_kind(data):
    scores, bias, target, _ = data
    half = ops.cast(ops.convert_to_tensor(scores), "bfloat16")
    found = gradients(lambda s, b: ops.sum(log_prob(s, b, target)), (half, bias), [])
    assert keras.backend.standardize_dtype(found[0].dtype) == "bfloat16"
    exact = gradients(lambda s, b: ops.sum(log_prob(s, b, target)), (scores, bias), [])
    np.testing.assert_allclose(found[0].astype("float32"), exact[0], atol=0.05)
    assert found[1].dtype == np.float32


@pytest.mark.parametrize("how", [xla.OFF, xla.PARTIAL, xla.FULL])
def test_parts_are_kernels_of_xla_where_parts_are_compiled_tensorflow_only(data, how):
    import tensorflow as tf

    def run(scores, bias, target):
        with xla.xla_scope(how):
            return log_prob(scores, bias, target)

    traced = tf.function(run, jit_compile=how == xla.FULL).get_concrete_function(*data[:3])
    nodes = traced.graph.as_graph_def().node
    compiled = [node for node in nodes if node.attr["_XlaMustCompile"].b]
    assert len(compiled) == (1 if how == xla.PARTIAL else 0)
    expected = plain(*map(ops.convert_to_tensor, data[:3]))
    np.testing.assert_allclose(traced(*map(tf.constant, data[:3])), expected, atol=1e-5)


@pytest.mark.parametrize("rows", [1, 5])
def test_halves_side_by_side_give_what_the_whole_gives(rows):
    random = np.random.default_rng(rows)
    features = random.normal(size=(rows, 3, 4)).astype("float32")
    output = random.normal(size=(4, N)).astype("float32"), np.zeros(N, "float32")
    target = random.integers(1, N, (rows, 3)).astype("int32")
    whole, logits = score_targets(features, output, target)
    with xla.xla_scope(xla.PARTIAL):
        halves, pieces = score_targets(features, output, target)
    np.testing.assert_allclose(halves, whole, atol=1e-6)
    np.testing.assert_allclose(pieces(2), logits()[::2], atol=1e-6)


def test_a_product_of_halves_is_summed_in_float32():
    ones = ops.ones((1, 4096), "bfloat16")
    total = xla.product(ones, ops.transpose(ones))
    assert keras.backend.standardize_dtype(total.dtype) == "float32"
    assert float(total[0, 0]) == 4096
