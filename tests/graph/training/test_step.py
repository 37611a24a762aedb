"""One compiled step: in parts as whole, with averaged weights, in float16, on both back ends."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from summarizer.config import ModelConfig, Part, TrainConfig
from summarizer.model.seq2seq import Seq2Seq
from summarizer.training import averaging, compile_step, gradients, step

ROOT = Path(__file__).parents[3]
MODEL = ModelConfig(
    embedding_size=8,
    encoder=Part("bidirectional", {"width": 8}),
    decoder_cell=Part("lstm", {"width": 16}),
    dropout=0.0,
)
WHOLE = TrainConfig(
    batch_size=8, label_smoothing=0.1, coverage_loss=0.5, scheduled_sampling=0.5, ema_decay=0.75
)
PARTS = TrainConfig(
    batch_size=8,
    label_smoothing=0.1,
    coverage_loss=0.5,
    scheduled_sampling=0.5,
    ema_decay=0.75,
    gradient_accumulation=4,
)
NUMBERS = {"coverage": 0.5, "sampling": 0.0, "scale": 1024.0}


def batch() -> dict[str, Any]:
    """Eight pairs of very different lengths, so that parts have different numbers of pieces."""
    random = np.random.default_rng(3)
    document = random.integers(300, 400, (8, 12)).astype("int32")
    summary = random.integers(300, 400, (8, 7)).astype("int32")
    weight = (np.arange(6) < np.array([[1], [2], [6], [6], [1], [1], [3], [6]])).astype("float32")
    return {
        "document": document, "summary_in": summary[:, :-1], "summary_out": summary[:, 1:],
        "weight": weight,
    }  # fmt: skip


def made(config: TrainConfig) -> step.TrainStep:
    """A fresh model, the same each time, with its optimizer and compiled step."""
    model, random = Seq2Seq(MODEL, 400), np.random.default_rng(5)
    for variable in model.trainable_variables:  # each back end draws others
        variable.assign(random.normal(0, 0.3, variable.shape))
    optimizer = compile_step.make_optimizer(model, dataclasses.replace(config, learning_rate=1e-2))
    compiler = "graph" if keras.backend.backend() == "tensorflow" else "xla"
    return compile_step.make_train_step(model, optimizer, config, compiler)


def values(model: Any) -> list[Any]:
    return [np.asarray(v.value).copy() for v in model.trainable_variables]


def trained(config: TrainConfig) -> dict[str, Any]:
    """What two steps say and leave, and what the average of the weights is after them."""
    here = made(config)
    said, left = [], []
    for number in range(2):
        step.set_dropout_seed(here.model, 1, number, config.gradient_accumulation)
        said.append(here(batch(), NUMBERS))
        left.append(values(here.model))
    with averaging.ema_weights(here):
        average = values(here.model)
    again = values(here.model)
    return {
        "said": said,
        "left": [[w.tolist() for w in weights] for weights in left],
        "average": [w.tolist() for w in average],
        "given_back": all(np.array_equal(a, b) for a, b in zip(left[1], again, strict=True)),
    }


def in_float16() -> dict[str, Any]:
    """Steps in float16: what an impossible scale leaves as it was, and how the loss then falls."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        here = made(TrainConfig(batch_size=8))
        before = [*values(here.model), *(np.asarray(v.value) for v in here.optimizer.variables)]
        overflow = here(batch(), {"scale": 2.0**60})
        after = [*values(here.model), *(np.asarray(v.value) for v in here.optimizer.variables)]
        losses = [here(batch(), NUMBERS).objective for _ in range(8)]
        norm = here(batch(), NUMBERS).gradient_norm
        halved = here(batch(), {"scale": 512.0}).gradient_norm
    finally:
        keras.config.set_dtype_policy(policy)
    return {
        "overflow": overflow.finite,
        "same": all(np.array_equal(a, b) for a, b in zip(before, after, strict=True)),
        "losses": losses,
        "norms": [norm, halved],
    }


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    return trained(WHOLE)


@pytest.fixture(scope="module")
def parts() -> dict[str, Any]:
    return trained(PARTS)


@pytest.fixture(scope="module")
def on_jax() -> dict[str, dict[str, Any]]:
    """The same on JAX."""
    code = (
        "import json; from tests.graph.training import test_step as t; "
        "print(json.dumps({'parts': t.trained(t.PARTS), 'float16': t.in_float16()}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False,
        timeout=300, env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_a_step_is_traced_once_for_all_lengths_tensorflow_only(monkeypatch):
    traced = []
    real = gradients.loss
    monkeypatch.setattr(gradients, "loss", lambda *a, **k: traced.append(1) or real(*a, **k))
    run = made(TrainConfig(batch_size=8))
    long = batch()
    for width in (12, 6, 12, 9):
        run({**long, "document": long["document"][:, :width]}, {})
    assert len(traced) == 1


def close(found: dict[str, Any], expected: dict[str, Any]) -> None:
    np.testing.assert_allclose(found["said"], expected["said"], rtol=2e-4, atol=2e-5)
    for ours, theirs in zip(found["left"], expected["left"], strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, atol=2e-4)


def test_a_batch_in_parts_gives_the_gradient_of_the_whole_batch(whole, parts):
    objective, norm, total, pieces, accuracy = whole["said"][0]
    assert pieces == batch()["weight"].sum() == 26
    assert objective > total / pieces  # smoothing and coverage count, too
    assert norm > 0
    assert 0 <= accuracy <= 1
    # Accuracy looks at other rows: every eighth of each part.
    for told in (whole, parts):
        told["said"] = [[*row[:4], 0.0] for row in told["said"]]
    close(parts, whole)


def test_the_average_of_the_weights_is_what_is_lent(whole):
    assert whole["given_back"]
    first, second = whole["left"]
    for average, a, b in zip(whole["average"], first, second, strict=True):
        expected = 0.75 * np.array(a) + 0.25 * np.array(b)
        np.testing.assert_allclose(average, expected, atol=1e-6)
        assert not np.array_equal(a, b)


def test_jax_takes_parts_and_averages_as_tensorflow_does(on_jax, parts):
    ours = on_jax["parts"]
    ours["said"] = [[*row[:4], 0.0] for row in ours["said"]]
    parts["said"] = [[*row[:4], 0.0] for row in parts["said"]]
    close(ours, parts)
    assert ours["given_back"]
    for a, b in zip(ours["average"], parts["average"], strict=True):
        np.testing.assert_allclose(a, b, atol=2e-4)


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_float16_skips_an_overflow_and_learns_with_unscaled_gradients(backend, request):
    jax = backend == "jax"
    found = request.getfixturevalue("on_jax")["float16"] if jax else in_float16()
    assert not found["overflow"]
    assert found["same"]
    assert found["losses"][-1] < found["losses"][0] - 0.3
    norm, halved = found["norms"]
    assert halved == pytest.approx(norm, rel=0.2)  # the scale is taken out again


def test_numbers_go_in_only_where_they_are_used():
    plain = SimpleNamespace(compute_dtype="float32")
    half = SimpleNamespace(compute_dtype="float16")
    assert step.dynamic_inputs(plain, TrainConfig()) == ()
    assert step.dynamic_inputs(half, TrainConfig()) == ("scale",)
    assert step.dynamic_inputs(plain, WHOLE) == ("coverage", "sampling")
