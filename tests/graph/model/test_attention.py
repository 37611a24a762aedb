"""Every attention and every option of the decoder: oracles, and what must not change an answer."""

import dataclasses
import functools
import math

import keras
import numpy as np
import pytest
from keras import ops

from summarizer import config as configuration
from summarizer import plugins
from summarizer.api import train
from summarizer.config import Config, ModelConfig, Part
from summarizer.errors import ConfigError
from summarizer.model.decoder import Decoder
from summarizer.model.ensemble import Ensemble
from summarizer.model.seq2seq import Seq2Seq
from summarizer.vocabulary import PAD
from tests.gradients import compiled, gradients
from tests.graph.model.test_model import (
    MASK,
    B,
    H,
    N,
    S,
    T,
    a_batch,
    arrays,
    by_name,
    chosen,
    differentiated,
    normal,
    outputs,
    queries,
    softmax,
    step_by_step,
)

COVERAGE = Part("additive", {"width": 7, "coverage": True})
OPTIONS = {"location": {"width": 7, "filters": 2, "kernel": 3}, "additive": {"width": 7}}
KINDS = {name: Part(name, OPTIONS.get(name, {})) for name in plugins.names("attention")}
KINDS["coverage"] = COVERAGE
POINTING = [kind for kind in KINDS if kind != "none"]
NETWORKS = {
    **{kind: {"attention": part, "pointer": kind != "none"} for kind, part in KINDS.items()},
    "no_pointer": {"pointer": False},
    "feeding": {"input_feeding": True},
    "deep": {"decoder_layers": 3},
    "intra": {"intra_attention": True},
    "deep_output": {"deep_output": True},
    "intra_alone": {"intra_attention": True, "attention": Part("none"), "pointer": False},
    "everything": {
        "attention": KINDS["location"],
        "decoder_layers": 2,
        "input_feeding": True,
        "intra_attention": True,
        "deep_output": True,
    },
}


def most(*quick):
    """All networks; but the quick ones for the slow tests only."""
    return [n if n in quick else pytest.param(n, marks=pytest.mark.slow) for n in NETWORKS]


@functools.cache
def network(name, seed=0):
    """A tiny network with opinions: its weights are made large."""
    plain = ModelConfig(
        embedding_size=8,
        encoder=Part("bidirectional", {"width": 5}),
        decoder_cell=Part("lstm", {"width": 10}),
        dropout=0.0,
    )
    model = Seq2Seq(dataclasses.replace(plain, **NETWORKS[name]), N, seed)
    for variable in model.trainable_variables:
        variable.assign(np.asarray(variable.value) * 4)
    return model


def build(kind, query=H, memory=H):
    return plugins.build("attention", KINDS[kind].name, query, memory, **KINDS[kind].options)


# --- one attention by itself -----------------------------------------------------------------


def attend(layer, query, values, mask):
    """Context and weights of all positions; one after another where one needs the others."""

    def run(query, values, mask):
        keys = layer.project(values)
        state = layer.start(ops.shape(query)[0], ops.shape(values)[1])
        if not layer.stepwise:
            assert state == ()
            return layer(query, keys, values, mask)[:2]
        state, found = tuple(x[:, None] for x in state), []
        for t in range(query.shape[1]):
            *seen, state = layer(query[:, t : t + 1], keys, values, mask, state)
            found.append(seen)
        return tuple(ops.concatenate(x, axis=1) for x in zip(*found, strict=True))

    return arrays(compiled(run)(*map(ops.convert_to_tensor, (query, values, mask))))


def at_once(scores):
    """Of an attention with one distribution: the averages of the values, and the weights."""

    def oracle(layer, query, values):
        named = by_name(layer)
        found = softmax(np.where(MASK[:, None], scores(named, query, values), -np.inf)[:2])
        return found @ values[:2], found

    return oracle


def one_by_one(scores):
    """The same where a position's scores depend on the scores and weights of those before."""

    def oracle(layer, query, values):
        named, weight = by_name(layer), np.zeros((2, T, S))
        for b in range(2):
            before = []
            for t in range(T):
                raw, score = scores(named, query[b, t], values[b], before, weight[b, :t])
                before.append(raw)
                weight[b, t] = softmax(np.where(MASK[b], score, -np.inf))
        return weight @ values[:2], weight

    return oracle


def network_score(named, query, values, more=0.0):
    sums = query @ named["query_kernel"] + values @ named["key_kernel"] + more + named["bias"]
    return (np.tanh(sums) @ named["vector"])[..., 0]


def covering(named, query, values, before, weight):
    seen = weight.sum(0)[:, None] * named["coverage_kernel"]
    return None, network_score(named, query, values, seen)


def locating(named, query, values, before, weight):
    last = weight[-1] if len(weight) else np.zeros(S)
    seen = np.zeros((S, 2))
    for j in range(S):
        for i, row in zip((j - 1, j, j + 1), named["filters"], strict=True):
            seen[j] += row * last[i] if 0 <= i < S else 0
    return None, network_score(named, query, values, seen @ named["filter_kernel"])


def normalising(named, query, values, before, weight):
    raw = values @ named["kernel"] @ query
    return raw, np.log(np.exp(raw) / (np.exp(before).sum(0) if before else 1.0))


def multi_head(layer, query, values):
    """One head after another, one row after another, on the real pieces alone."""
    named = by_name(layer)
    contexts, weight = [], np.zeros((2, T, S))
    for b in range(2):
        real, rows, parts = values[b][MASK[b]], [], []
        for at in np.split(np.arange(layer.inner), layer.heads):
            q, k = query[b] @ named["query_kernel"][:, at], real @ named["key_kernel"][:, at]
            rows.append(softmax(q @ k.T / math.sqrt(len(at))))
            parts.append(rows[-1] @ real @ named["value_kernel"][:, at])
        contexts.append(np.hstack(parts) @ named["out_kernel"])
        weight[b][:, MASK[b]] = np.mean(rows, axis=0)
    return np.stack(contexts), weight


ORACLES = {
    "dot": at_once(lambda named, q, v: np.einsum("bth,bsh->bts", q, v)),
    "general": at_once(lambda named, q, v: np.einsum("bth,mh,bsm->bts", q, named["kernel"], v)),
    "additive": at_once(lambda named, q, v: network_score(named, q[:, :, None], v[:, None])),
    "coverage": one_by_one(covering),
    "location": one_by_one(locating),
    "temporal": one_by_one(normalising),
    "multi_head": multi_head,
    "none": lambda layer, q, v: (np.zeros((2, T, 0)), np.zeros((2, T, S))),
}


@pytest.mark.parametrize("scale", [1.0, 300.0])
@pytest.mark.parametrize("kind", KINDS)
def test_attention_weights_are_a_distribution_over_real_pieces(kind, scale):
    layer = build(kind)
    query, values = normal(B, T, H, scale=scale), normal(B, S, H, seed=1, scale=scale)
    context, weight = attend(layer, query, values, MASK)
    assert weight.dtype == np.float32
    assert (weight >= 0).all()
    assert not weight[np.broadcast_to(~MASK[:, None], weight.shape)].any()
    one = float(kind != "none")
    np.testing.assert_allclose(weight.sum(-1), [[one] * T, [one] * T, [0] * T], atol=1e-6)
    assert context.shape == (B, T, layer.width)
    assert np.isfinite(context).all()
    assert not context[2].any()


@pytest.mark.parametrize("kind", KINDS)
def test_attention_compares_as_its_paper_says(kind):
    layer = build(kind)
    for variable in layer.weights:
        variable.assign(normal(*variable.shape, seed=2))
    query, values = normal(B, T, H), normal(B, S, H, seed=1)
    context, weight = attend(layer, query, values, MASK)
    expected, its_weight = ORACLES[kind](layer, query, values)
    np.testing.assert_allclose(weight[:2], its_weight, atol=1e-5)
    np.testing.assert_allclose(context[:2], expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", POINTING)
def test_attention_to_nothing_has_a_gradient(kind):
    layer = build(kind)

    def value(query, values):
        keys, mask, total = layer.project(values), ops.convert_to_tensor(MASK), 0.0
        state = tuple(x[:, None] for x in layer.start(B, S))
        for t in range(2):
            context, weight, state = layer(query[:, t : t + 1], keys, values, mask, state)
            total = total + ops.sum(ops.sin(context)) + ops.sum(weight**2)
        return total

    found = gradients(value, [normal(B, T, H), normal(B, S, H, seed=1)], [])
    assert all(np.isfinite(g).all() for g in found)
    assert not found[1][2].any()
    assert found[1][0].any()


# --- in the decoder --------------------------------------------------------------------------


@pytest.mark.parametrize("name", most("none", "temporal", "intra", "everything"))
def test_step_by_step_is_teacher_forced(name):
    """Of three summaries of a document side by side, and of each by itself."""
    model, batch = network(name), a_batch(6)
    batch["document"] = np.repeat(batch["document"][1:3], 3, axis=0)
    log_prob, *_ = outputs(model, batch)
    real = batch["weight"] > 0
    for beams in (3, 1):
        steps = step_by_step(model, batch, beams).reshape(6, T, N)
        found = chosen(steps, batch["summary_out"])
        np.testing.assert_allclose(found[real], log_prob[real], atol=2e-4)
        np.testing.assert_allclose(np.exp(steps).sum(-1), 1, atol=1e-5)


@pytest.mark.parametrize("name", most("temporal", "everything"))
def test_neither_padding_nor_the_other_rows_change_a_row(name):
    model, batch = network(name), a_batch()
    log_prob, *_ = outputs(model, batch)
    wide = {k: np.pad(v, ((0, 0), (0, 2 + (k == "document")))) for k, v in batch.items()}
    more, *_ = outputs(model, wide)
    alone, *_ = outputs(model, {k: v[1:2] for k, v in batch.items()})
    np.testing.assert_allclose(more[:, :T], log_prob, atol=1e-4)
    np.testing.assert_allclose(alone[0], log_prob[1], atol=1e-4)


@pytest.mark.parametrize("name", most("temporal", "intra_alone"))
def test_every_weight_learns_from_bfloat16_products_and_empty_documents(name):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = network(name, seed=7)
    finally:
        keras.config.set_dtype_policy(policy)
    objective, _, found = differentiated(model, a_batch(empty=[2]))
    assert np.isfinite(objective)
    assert all(np.isfinite(g).all() and g.any() for g in found)


def test_coverage_is_seen_without_its_own_position():
    """The network asks as the oracle does: nothing of the position itself is in the state."""
    model, batch = network("coverage"), a_batch()
    _, _, _, (decoded, _) = outputs(model, batch)
    memory = arrays(model.encode(ops.convert_to_tensor(batch["document"])))
    named, query = by_name(model.decoder.attention), queries(model, decoded)
    for b, t in np.ndindex(B, T):
        seen = decoded.attention[b, :t]
        _, score = covering(named, query[b, t], memory.values[b], None, seen)
        expected = softmax(np.where(memory.mask[b], score, -np.inf))
        np.testing.assert_allclose(decoded.attention[b, t], expected, atol=1e-4)
    assert model.initial_state(memory, T).coverage == ()  # that is the search's


def test_the_decoder_attends_to_its_own_outputs_before():
    model, batch = network("intra"), a_batch()
    _, _, _, (decoded, _) = outputs(model, batch)
    hidden, kernel = queries(model, decoded), by_name(model.decoder.intra)["kernel"]
    context = decoded.gate_input[..., 10:20]
    assert not context[:, 0].any()
    for b, t in np.ndindex(B, T):
        if t:
            weight = softmax(hidden[b, t] @ kernel @ hidden[b, :t].T)
            np.testing.assert_allclose(context[b, t], weight @ hidden[b, :t], atol=1e-4)


def test_the_output_sees_the_last_piece_where_it_is_asked_to():
    model, batch = network("deep_output"), a_batch()
    _, _, _, (decoded, _) = outputs(model, batch)
    last = np.asarray(model.embeddings.value)[batch["summary_in"]]
    np.testing.assert_allclose(decoded.gate_input[..., -8:], last, atol=1e-6)
    named = {k: np.asarray(v) for k, v in zip("Wb", model.decoder.combine.weights, strict=True)}
    expected = np.tanh(decoded.gate_input @ named["W"] + named["b"])
    np.testing.assert_allclose(decoded.features, expected, atol=1e-4)


def test_without_attention_only_the_bridge_tells_of_the_document():
    model, batch = network("none"), a_batch()
    memory = model.encode(ops.convert_to_tensor(batch["document"]))
    assert (memory.keys, memory.values) == ((), ())
    _, _, _, (decoded, _) = outputs(model, batch)
    assert decoded.gate_input.shape == (B, T, 10 + 8)
    assert not decoded.attention.any()
    found = step_by_step(model, batch, 1)
    assert not np.allclose(found[0], found[1], atol=1e-2)


@pytest.mark.parametrize("intra", [False, True])
def test_a_decoder_needs_no_document(intra):
    """What a language model is made of."""
    config = ModelConfig(
        embedding_size=8,
        decoder_cell=Part("lstm", {"width": 10}),
        attention=Part("none"),
        bridge="zero",
        pointer=False,
        intra_attention=intra,
    )
    decoder = Decoder(config, memory_width=0, encoder_states=0)
    pieces = np.zeros((2, 1), "int32")
    memory = decoder.make_memory(np.zeros((2, 1, 0), "float32"), (), pieces, pieces == PAD)
    embedded = normal(2, T, 8)

    def both(embedded):
        state, steps = decoder.initial_state(memory, T), []
        whole = decoder.unroll(embedded, state, memory)
        for t in range(T):
            one, state = decoder.step(embedded[:, t : t + 1], state, memory)
            steps.append(one.features)
        return whole.features, ops.concatenate(steps, axis=1)

    whole, steps = compiled(both)(ops.convert_to_tensor(embedded))
    np.testing.assert_allclose(whole, steps, atol=1e-5)


def test_an_ensemble_carries_what_its_members_carry():
    one = network("everything")
    two, batch = Ensemble([one, network("none")]), a_batch()
    documents, inputs = map(ops.convert_to_tensor, (batch["document"], batch["summary_in"]))

    def run(documents, inputs):
        memories, memory = two.encode(documents), one.encode(documents)
        states, state = two.initial_state(memories, T), one.initial_state(memory, T)
        for t in range(2):
            accounts, states = two.step(inputs[:, t : t + 1], states, memories)
            account, state = one.step(inputs[:, t : t + 1], state, memory)
        return accounts[0], account

    ours, theirs = arrays(compiled(run)(documents, inputs))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


# --- what does not fit -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("multi_head", {"heads": 3, "width": 8}, "heads=3: must divide width=8; the nearest is 2"),
        ("multi_head", {"heads": 7, "width": 8}, "heads=7: must divide width=8; the nearest is 8"),
        ("multi_head", {"heads": 0}, "heads=0: must be a whole number above 0"),
        ("location", {"kernel": 4}, "kernel=4: must be odd; the next is 5"),
        ("location", {"filters": 0}, "filters=0: must be a whole number above 0"),
        ("additive", {"coverage": 1}, "coverage=1: must be true or false"),
    ],
)
def test_an_impossible_option_is_refused_with_the_nearest(kind, options, said):
    with pytest.raises(ConfigError, match=said):
        plugins.build("attention", kind, H, H, **options)


def test_dot_attention_says_which_widths_fit():
    with pytest.raises(ConfigError, match="model.decoder_cell.width=8 or model.attention=additive"):
        plugins.build("attention", "dot", 6, 8)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ([], "model.pointer=true: .* set model.pointer=false or model.attention=dot"),
        (["train.coverage_loss=1"], "train.coverage_loss=1.0: .* set train.coverage_loss=0 or"),
        (["decode.coverage_penalty=0.1"], "decode.coverage_penalty=0.1: .* set decode.cov.*=0 or"),
    ],
)
def test_what_lives_on_attention_is_refused_without(settings, said):
    pointer = ["model.pointer=false"] if settings else []
    settings = ["model.attention=none", *pointer, *settings]
    with pytest.raises(ConfigError, match=said):
        # All at once, as no setting is refused for another that is to come.
        configuration.apply_settings(Config(), settings)


@pytest.mark.parametrize(
    ("changes", "states", "said"),
    [
        ({"attention": Part("none"), "bridge": "zero"}, 2, "model.bridge=zero: .* set .*=dense or"),
        ({"attention": Part("none")}, 0, "model.bridge=dense: .* set model.bridge=zero"),
        ({"bridge": "copy"}, 1, "model.bridge=copy: the encoder ends with 1 states"),
    ],
)
def test_a_bridge_that_leads_nowhere_is_refused(changes, states, said):
    config = dataclasses.replace(ModelConfig(decoder_cell=Part("lstm", {"width": 8})), **changes)
    with pytest.raises(ConfigError, match=said):
        Decoder(config, memory_width=8, encoder_states=states)


def test_parts_that_do_not_fit_are_refused_before_data_is_read(tmp_path):
    settings = ["model.bridge=copy", "model.encoder.width=4", "data.train=none.jsonl"]
    config = configuration.apply_settings(Config(), [*settings, "model.attention=general"])
    with pytest.raises(ConfigError, match=r"model\.bridge=copy"):
        train.train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()
