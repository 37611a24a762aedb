"""Networks that are built otherwise go the whole way: compiled training, search, exported graph."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from keras import ops

from summarizer import config as configuration
from summarizer import storage
from summarizer.api import export
from summarizer.config import ModelConfig, Part
from summarizer.model import named_weights
from summarizer.model.loss import loss
from summarizer.model.seq2seq import Seq2Seq
from summarizer.runtime.onnx_summarizer import OnnxSummarizer
from tests.graph.model.test_model import N, a_batch

EVERYTHING = ModelConfig(
    embedding_size=8,
    encoder=Part("bidirectional", {"width": 5, "layers": 2}),
    decoder_cell=Part("lstm", {"width": 10}),
    decoder_layers=2,
    bridge="copy",
    attention=Part("additive", {"width": 7, "coverage": True}),
    input_feeding=True,
    tying="none",
    dropout=0.0,
)
HEADS = dataclasses.replace(
    EVERYTHING,
    attention=Part("multi_head", {"heads": 2, "width": 6}),
    bridge="zero",
    input_feeding=False,
    pointer=False,
)
LEVELS = dataclasses.replace(
    EVERYTHING,
    encoder=Part("hierarchical", {"width": 5, "sentences": 3}),
    decoder_layers=1,
    attention=Part("dot"),
    input_feeding=False,
)
SLOTS = dataclasses.replace(
    LEVELS, encoder=Part("memory_augmented", {"width": 5, "slots": 3, "content": 4, "layers": 2})
)
LOCATION = dataclasses.replace(
    EVERYTHING,
    attention=Part("location", {"width": 7, "filters": 3, "kernel": 5}),
    intra_attention=True,
    deep_output=True,
)
TEMPORAL = dataclasses.replace(EVERYTHING, attention=Part("temporal"), input_feeding=False)
ALONE = dataclasses.replace(
    EVERYTHING,
    attention=Part("none"),
    bridge="dense",
    input_feeding=False,
    pointer=False,
    intra_attention=True,
)


def loud(model):
    """Give a fresh network opinions: its weights are made large."""
    for variable in model.trainable_variables:
        variable.assign(np.asarray(variable.value) * 3)
    if model.sentences is not None:  # every other piece ends a sentence, all but a few begin words
        ids = np.arange(model.size)
        model.sentences.fill(ids % 2 == 1, ids % 5 > 0)
    return model


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(EVERYTHING, id="everything", marks=pytest.mark.slow),
        pytest.param(HEADS, id="heads", marks=pytest.mark.slow),
        pytest.param(LEVELS, id="levels", marks=pytest.mark.slow),
        pytest.param(SLOTS, id="slots", marks=pytest.mark.slow),
        pytest.param(LOCATION, id="location", marks=pytest.mark.slow),
        pytest.param(TEMPORAL, id="temporal", marks=pytest.mark.slow),
        pytest.param(ALONE, id="alone", marks=pytest.mark.slow),
    ],
)
def test_the_exported_graph_says_what_keras_says(digits, tmp_path: Path, config):
    whole = configuration.load_config(digits.folder / "config.json")
    whole = dataclasses.replace(whole, model=config)
    (tmp_path / "config.json").write_text(configuration.to_json(whole))
    proto = (digits.folder / "vocabulary.model").read_bytes()
    (tmp_path / "vocabulary.model").write_bytes(proto)
    size = OnnxSummarizer(digits.folder).vocabulary.size
    model = loud(Seq2Seq(config, size))
    storage.save_arrays(tmp_path / "weights.npz", named_weights.weight_arrays(model), {})
    found = export.export(tmp_path, weights="float32", documents=40)
    assert found["same"] >= 0.99
    assert found["worst"] < 1e-3
    results = OnnxSummarizer(tmp_path).search([[5, 6, 7, 8], [9, 10]])
    assert len({tuple(row) for row in results["pieces"][0]}) == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    "config",
    [EVERYTHING, LEVELS, SLOTS, LOCATION, TEMPORAL, ALONE],
    ids=["everything", "levels", "slots", "location", "temporal", "alone"],
)
def test_xla_takes_the_gradient_of_everything_tensorflow_only(config):
    import tensorflow as tf

    model = loud(Seq2Seq(config, N))
    batch = {k: ops.convert_to_tensor(v) for k, v in a_batch().items()}

    coverage = tf.constant(1.0) if config.attention.name != "none" else 0.0

    def step(batch):
        with tf.GradientTape() as tape:
            value, _ = loss(model, batch, 0.1, training=True, coverage=coverage)
        return value, tape.gradient(value, [v.value for v in model.trainable_variables])

    signature = {k: tf.TensorSpec([3, None], v.dtype) for k, v in batch.items()}
    plain, compiled = (
        tf.function(step, input_signature=[signature], jit_compile=xla, autograph=False)(batch)
        for xla in (False, True)
    )
    assert float(plain[0]) == pytest.approx(float(compiled[0]), rel=1e-5)
    for a, b in zip(plain[1], compiled[1], strict=True):
        np.testing.assert_allclose(
            tf.convert_to_tensor(a), tf.convert_to_tensor(b), rtol=1e-3, atol=1e-5
        )
