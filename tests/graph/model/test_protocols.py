"""Networks and parts have what the protocols list, and compiled functions use current weights."""

import inspect

import keras
import numpy as np
import pytest
from keras import ops

from summarizer import plugins
from summarizer.config import ModelConfig, Part
from summarizer.model import protocols
from summarizer.model.compiled import compile_function
from summarizer.model.encoders._base import RecurrentOptions
from summarizer.model.encoders.memory_augmented import MemoryCell, Options
from summarizer.model.ensemble import Ensemble
from summarizer.model.seq2seq import Seq2Seq

N = 9
CONFIG = ModelConfig(
    embedding_size=4,
    encoder=Part("bidirectional", {"width": 3}),
    decoder_cell=Part("lstm", {"width": 6}),
)


def lacking(instance, protocol, optional=()):
    """The members of a protocol that an instance lacks or that take other parameters."""
    missing = [name for name in inspect.get_annotations(protocol) if not hasattr(instance, name)]
    for name, member in vars(protocol).items():
        if name.startswith("_") or name in optional:
            continue
        if not hasattr(instance, name):
            missing.append(name)
        elif inspect.isfunction(member):
            expected = list(inspect.signature(member).parameters)[1:]
            found = list(inspect.signature(getattr(instance, name)).parameters)
            fixed = [p for p in expected if p != "extra_weights"]
            missing += [] if found[: len(fixed)] == fixed else [name]
    return missing


def test_networks_have_what_the_search_needs():
    network = Seq2Seq(CONFIG, N)
    for model in (network, Ensemble([network, network])):
        assert lacking(model, protocols.SequenceModel) == []


@pytest.mark.parametrize("name", plugins.names("cell"))
def test_cells_have_what_the_recurrence_needs(name):
    cell = plugins.build("cell", name, 4, width=3)
    assert lacking(cell, protocols.Cell, optional=["recurrent_kernel"]) == []


def test_a_cell_with_a_memory_has_what_the_recurrence_needs():
    assert lacking(MemoryCell(Options(3), 4), protocols.Cell) == []


@pytest.mark.parametrize("name", plugins.names("attention"))
def test_attention_has_what_the_decoder_needs(name):
    assert lacking(plugins.build("attention", name, 6, 6), protocols.Attention) == []


@pytest.mark.parametrize("name", plugins.names("encoder"))
def test_encoders_have_what_the_model_needs(name):
    options = {} if name == "none" else {"width": 3}
    assert lacking(plugins.build("encoder", name, 4, **options), protocols.Encoder) == []
    assert lacking(RecurrentOptions(3).recurrence(4), protocols.Encoder) == []


@pytest.mark.parametrize("signature", [None, [(2, "int32"), (1, "float32")]])
def test_a_compiled_function_uses_current_weights(signature):
    model = Seq2Seq(CONFIG, N)
    traces = []

    def function(tokens, scale):
        traces.append(tokens.shape)
        return ops.convert_to_tensor(model.output_bias)[None] * scale[0] + ops.cast(
            tokens[:, :1], "float32"
        )

    compiled = compile_function(model, function, signature)
    for rows, weight in ((2, 0.5), (3, 2.0), (4, 1.0)):
        model.output_bias.assign(np.full(N, weight, "float32"))
        tokens = np.arange(rows * 2, dtype="int32").reshape(rows, 2).astype("int32")
        result = compiled(tokens, np.array([3.0], "float32"))
        np.testing.assert_allclose(result, 3 * weight + np.tile(tokens[:, :1], N))
    if signature is not None and keras.backend.backend() == "tensorflow":
        assert len(traces) == 1


def test_a_compiled_function_takes_a_structure():
    model = Seq2Seq(CONFIG, N)
    compiled = compile_function(model, lambda batch: batch["a"] * 2.0 + batch["b"])
    batch = {"a": np.ones((2, 3), "float32"), "b": np.full((2, 1), 4, "float32")}
    np.testing.assert_allclose(compiled(batch), np.full((2, 3), 6))
