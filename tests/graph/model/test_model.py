"""The network's parts against slow NumPy oracles, and what must not change its answers."""

import dataclasses
import functools
import os
import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from summarizer import plugins
from summarizer.config import ModelConfig, Part
from summarizer.errors import ConfigError, ModelError
from summarizer.model import named_weights, pointer
from summarizer.model.loss import _scheduled_sampling, accuracy, loss
from summarizer.model.seq2seq import Seq2Seq
from summarizer.vocabulary import END, PAD, START, UNKNOWN
from tests.gradients import compiled, differentiable, gradients

B, S, T, H, N = 3, 6, 4, 6, 11
NEVER_WRITTEN = [PAD, START, UNKNOWN]
ROOT = Path(__file__).parents[3]


def normal(*shape, seed=0, scale=1.0):
    return (scale * np.random.default_rng(seed).normal(size=shape)).astype("float32")


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def log(x):
    return np.log(np.maximum(x, 1e-30))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


VARIANTS = {
    "plain": {},
    "feeding": {"input_feeding": True},
    "coverage": {"attention": Part("additive", {"coverage": True, "width": 7})},
    "deep": {"encoder": Part("bidirectional", {"width": 5, "layers": 2}), "decoder_layers": 3},
    "copied": {"bridge": "copy", "decoder_layers": 2},
    "from_zero": {"bridge": "zero"},
    "embeddings": {"tying": "embeddings"},
    "summary": {"tying": "summary"},
    "none": {"tying": "none"},
}


@functools.cache
def network(pointer=True, attention="dot", dropout=0.0, seed=0, variant="plain", extended=False):
    """A tiny network with opinions: its weights are made large."""
    config = ModelConfig(
        embedding_size=8,
        encoder=Part("bidirectional", {"width": 5}),
        decoder_cell=Part("lstm", {"width": 10}),
        attention=Part(attention),
        pointer=pointer,
        dropout=dropout,
    )
    config = dataclasses.replace(config, **VARIANTS[variant])
    model = Seq2Seq(config, N, seed, extended)
    for variable in model.trainable_variables:
        variable.assign(np.asarray(variable.value) * 4)
    return model


def a_batch(rows=B, empty=()):
    random = np.random.default_rng(rows)
    document = random.integers(4, N, (rows, S)).astype("int32")
    target = random.integers(4, N, (rows, T)).astype("int32")
    for i in range(rows):
        document[i, S - i % 4 :] = PAD
        target[i, T - 1 - i % 3] = END
        target[i, T - i % 3 :] = PAD
    document[list(empty)] = PAD
    first = np.full((rows, 1), START, "int32")
    return {
        "document": document,
        "summary_in": np.hstack([first, np.where(target == END, PAD, target)[:, :-1]]),
        "summary_out": target,
        "weight": (target != PAD).astype("float32"),
    }


def arrays(tree):
    return keras.tree.map_structure(np.asarray, tree)


@functools.cache
def runner(model):
    return compiled(lambda batch: model(batch))


def outputs(model, batch):
    """What the model says of a batch: log_prob, generated, logits, (decoded, gate)."""
    return arrays(runner(model)(batch))


def by_hand(logits, gate, attention, document):
    """The mixture's probabilities, by its definition, one position at a time."""
    share = sigmoid(gate.astype("float64"))
    out = share[..., None] * softmax(logits.astype("float64"))
    for b, t in np.ndindex(*gate.shape):
        for s, piece in enumerate(document[b]):
            out[b, t, piece] += (1 - share[b, t]) * attention[b, t, s]
    return out


def by_name(layer):
    return {w.name: np.asarray(w.value) for w in layer.weights}


MASK = np.array([[1, 1, 1, 1, 1, 1], [1, 0, 1, 1, 0, 0], [0, 0, 0, 0, 0, 0]], bool)


# --- pointer ---------------------------------------------------------------------------------


def pointed():
    """Logits, gate, attention, document (with repeated pieces and padding) and targets."""
    document = np.array([[4, 5, 4, 6, 4, 9], [7, 7, 5, 0, 0, 0], [0] * 6], "int32")
    attention = softmax(normal(B, T, S, seed=1)) * (document != PAD)[:, None]
    attention /= np.maximum(attention.sum(-1, keepdims=True), 1e-9)
    target = np.array([[4, 5, 8, 2], [7, 5, 6, 2], [4, 8, 2, 2]], "int32")
    return normal(B, T, N, scale=2), normal(B, T, seed=3, scale=2), attention, document, target


def chosen(table, target):
    return np.take_along_axis(table, target[..., None], axis=-1)[..., 0]


def of_target(logits, gate, attention, document, target):
    generated = np.log(softmax(logits))
    return np.asarray(
        pointer.target_log_prob(chosen(generated, target), gate, attention, document, target)
    )


def test_mixture_is_its_definition():
    logits, gate, attention, document, target = pointed()
    found = np.exp(np.asarray(pointer.mixture(logits, gate, attention, document)))
    np.testing.assert_allclose(
        found, by_hand(logits, gate, attention, document), rtol=1e-4, atol=1e-6
    )
    np.testing.assert_allclose(found[:2].sum(-1), 1, atol=1e-5)
    log_prob = of_target(logits, gate, attention, document, target)
    np.testing.assert_allclose(np.exp(log_prob), chosen(found, target), rtol=1e-4)


@pytest.mark.parametrize("saturated", [1e4, -1e4])
def test_a_saturated_gate_gives_numbers(saturated):
    logits, gate, attention, document, target = pointed()
    gate = np.full_like(gate, saturated)
    log_prob = of_target(logits, gate, attention, document, target)
    mixed = np.asarray(pointer.mixture(logits, gate, attention, document))
    assert np.isfinite(log_prob).all()
    assert np.isfinite(mixed).all()
    in_document = (target[..., None] == document[:, None]).any(-1)
    copied = (attention * (target[..., None] == document[:, None])).sum(-1)
    if saturated > 0:
        np.testing.assert_allclose(log_prob, np.log(chosen(softmax(logits), target)), atol=1e-4)
    else:
        np.testing.assert_allclose(log_prob[in_document], np.log(copied[in_document]), atol=1e-4)
        assert (log_prob[~in_document] < -9e3).all()

    def value(logits, gate, attention):
        generated = -ops.sparse_categorical_crossentropy(target, logits, from_logits=True)
        return ops.sum(pointer.target_log_prob(generated, gate, attention, document, target)) / 1e3

    found = gradients(value, [logits, gate, attention], [])
    assert all(np.isfinite(g).all() for g in found)
    assert any(g.any() for g in found)


@pytest.mark.parametrize("rows", [1, T])
def test_repeated_pieces_add_up(rows):
    table, amounts = normal(B, T, N), normal(B, T, S, seed=1)
    pieces = np.random.default_rng(2).integers(0, 4, (B, rows, S)).astype("int32")
    expected = table.copy()
    for b, t, s in np.ndindex(B, T, S):
        expected[b, t, pieces[b, min(t, rows - 1), s]] += amounts[b, t, s]
    found = pointer.add_at(*map(ops.convert_to_tensor, (table, pieces, amounts)))
    np.testing.assert_allclose(found, expected, atol=1e-5)


# --- the whole network -----------------------------------------------------------------------


def test_log_probability_is_the_mixtures():
    model, batch = network(), a_batch()
    log_prob, generated, logits, (decoded, gate) = outputs(model, batch)
    probability = by_hand(logits, gate, decoded.attention, batch["document"])
    real = batch["weight"] > 0
    expected = log(chosen(probability, batch["summary_out"]))
    np.testing.assert_allclose(log_prob[real], expected[real], atol=1e-4)
    assert not np.allclose(log_prob[real], generated[real], atol=1e-2)  # copying matters here
    assert (probability[..., NEVER_WRITTEN][real] < 1e-30).all()


def test_input_and_output_embeddings_are_one():
    model, batch = network(), a_batch()
    _, _, logits, (decoded, _) = outputs(model, batch)
    table, bias = np.asarray(model.embeddings.value), np.asarray(model.output_bias.value)
    expected = decoded.features @ table.T + bias
    written = np.setdiff1d(np.arange(N), NEVER_WRITTEN)
    np.testing.assert_allclose(logits[..., written], expected[..., written], atol=1e-4)
    assert sum(N in v.shape for v in model.weights) == 2  # one table and the output's bias


def test_without_a_pointer_only_the_generator_speaks():
    model, batch = network(pointer=False), a_batch()
    log_prob, _, logits, _ = outputs(model, batch)
    expected = chosen(log(softmax(logits)), batch["summary_out"])
    real = batch["weight"] > 0
    np.testing.assert_allclose(log_prob[real], expected[real], atol=1e-4)
    assert not any("gate" in name for name, _ in named_weights.named_variables(model))


def repeated(state, beams):
    return keras.tree.map_structure(lambda x: ops.repeat(x, beams, axis=0), state)


def step_by_step(model, batch, beams, allowed=None):
    """Log-probabilities of all pieces at each position, [B, K, T, N], one step at a time."""
    documents = batch["document"][::beams]
    inputs = batch["summary_in"].reshape(-1, beams, T)
    allowed = np.ones((len(documents), N), bool) if allowed is None else allowed

    def run(documents, inputs, allowed):
        memory = model.encode(documents)
        state = repeated(model.initial_state(memory, T), beams)
        output, places = model.output_layer(), model.copy_indices(memory, beams)
        out = []
        for t in range(T):
            account, state = model.step(inputs[:, :, t], state, memory)
            out.append(
                pointer.to_log_probs(*model.next_token_scores(account, output, places, allowed))
            )
        return ops.stack(out, axis=2)

    tensors = map(ops.convert_to_tensor, (documents, inputs, allowed))
    return np.asarray(compiled(run)(*tensors))


def test_what_the_generator_may_not_write_can_be_copied():
    model, batch = network(), a_batch()
    allowed = np.ones((B, N), bool)
    allowed[:, 4:8] = False
    found = np.exp(step_by_step(model, batch, 1, allowed)[:, 0])
    free = np.exp(step_by_step(model, batch, 1)[:, 0])
    for b in range(B):
        for piece in range(4, 8):
            if piece in batch["document"][b]:
                assert (found[b, :, piece] > 0).any()
                assert (found[b, :, piece] <= free[b, :, piece] + 1e-6).all()
                assert found[b, :, piece].sum() < free[b, :, piece].sum()
            else:
                assert not found[b, :, piece].any()
    np.testing.assert_allclose(found.sum(-1), 1, atol=1e-5)


@pytest.mark.parametrize("variant", ["plain", "feeding", "coverage"])
def test_what_a_step_shows_is_what_was_scored(variant):
    model, batch = network(variant=variant), a_batch(4)
    batch["document"] = np.repeat(batch["document"][1::2], 2, axis=0)
    _, _, _, (decoded, gate) = outputs(model, batch)

    def run(documents, inputs):
        memory = model.encode(documents)
        state = repeated(model.initial_state(memory, T), 2)
        shown = []
        for t in range(T):
            account, state = model.step(inputs[:, :, t], state, memory)
            shown.append(model.attention_and_gate(account))
        return tuple(ops.stack(x, axis=2) for x in zip(*shown, strict=True))

    inputs = batch["summary_in"].reshape(2, 2, T)
    tensors = map(ops.convert_to_tensor, (batch["document"][::2], inputs))
    attention, generates = arrays(compiled(run)(*tensors))
    np.testing.assert_allclose(attention.reshape(4, T, S), decoded.attention, atol=1e-5)
    np.testing.assert_allclose(generates.reshape(4, T), sigmoid(gate), atol=1e-5)


# --- what is built otherwise -----------------------------------------------------------------


def lstm_step(cell, inputs, hidden, state):
    """One step of an LSTM by its equations, in NumPy."""
    named = by_name(cell)
    sums = inputs @ named["kernel"] + hidden @ named["recurrent_kernel"] + named["bias"]
    i, f, o, g = np.split(sums, 4, axis=-1)
    state = sigmoid(f) * state + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(state), state


def queries(model, decoded):
    """What attention was queried with: the evidence begins with it."""
    return decoded.gate_input[..., : model.decoder.cell.width]


def test_with_input_feeding_the_cell_sees_the_last_features():
    model, batch = network(variant="feeding"), a_batch()
    _, _, _, (decoded, _) = outputs(model, batch)
    start = arrays(model.initial_state(model.encode(ops.convert_to_tensor(batch["document"])), T))
    hidden, state = start.cells
    feed = np.zeros((B, 8), "float32")
    table = np.asarray(model.embeddings.value)
    for t in range(T):
        inputs = np.hstack([table[batch["summary_in"][:, t]], feed])
        hidden, state = lstm_step(model.decoder.cell, inputs, hidden, state)
        np.testing.assert_allclose(queries(model, decoded)[:, t], hidden, atol=1e-4)
        feed = decoded.features[:, t]


def test_the_state_sums_the_attention_also_for_one_who_only_asks():
    model, batch = network(), a_batch()
    documents, inputs = map(ops.convert_to_tensor, (batch["document"], batch["summary_in"]))
    _, _, _, (decoded, _) = outputs(model, batch)
    memory = model.encode(documents)
    state = model.initial_state(memory, T, coverage=True)
    for t in range(2):
        _, state = model.step(inputs[:, t : t + 1], state, memory)
    np.testing.assert_allclose(state.coverage, decoded.attention[:, :2].sum(1), atol=1e-5)
    assert model.initial_state(memory, T).coverage == ()


def test_a_deep_decoder_adds_what_each_layer_reads_from_the_one_below():
    model, batch = network(variant="deep"), a_batch()
    _, _, _, (decoded, _) = outputs(model, batch)
    start = arrays(model.initial_state(model.encode(ops.convert_to_tensor(batch["document"])), T))
    below = np.asarray(model.embeddings.value)[batch["summary_in"]]
    for layer, cell in enumerate((model.decoder.cell, *model.decoder.upper)):
        hidden, state = start.cells[2 * layer : 2 * layer + 2]
        out = []
        for t in range(T):
            hidden, state = lstm_step(cell, below[:, t], hidden, state)
            out.append(hidden)
        below = np.stack(out, axis=1) + (below if layer else 0)
    np.testing.assert_allclose(queries(model, decoded), below, rtol=1e-3, atol=1e-4)


def test_bridges_hand_over_as_they_say():
    document = ops.convert_to_tensor(a_batch()["document"])
    copied = network(variant="copied")
    memory = copied.encode(document)
    cells = copied.initial_state(memory, T).cells
    for cell, final in zip(cells, memory.final * 2, strict=True):
        np.testing.assert_array_equal(cell, final)
    assert not np.allclose(memory.final[0], memory.final[1])
    zero = network(variant="from_zero")
    assert not any(np.asarray(c).any() for c in zero.initial_state(zero.encode(document), T).cells)
    assert not any("bridge" in name for name, _ in named_weights.named_variables(zero))


def test_a_bridge_that_cannot_be_crossed_says_what_to_change():
    config = ModelConfig(
        encoder=Part("bidirectional", {"width": 5}),
        decoder_cell=Part("lstm", {"width": 8}),
        attention=Part("general"),
        bridge="copy",
    )
    with pytest.raises(ConfigError, match=r"width 10, the decoder begins with 2 of width 8; make"):
        Seq2Seq(config, N)


TABLES = {  # how many of [N, E]: which positions of document, summary and output share one
    "plain": (1, (0, 0, 0)),
    "embeddings": (2, (0, 0, 1)),
    "summary": (2, (0, 1, 1)),
    "none": (3, (0, 1, 2)),
}


@pytest.mark.parametrize("variant", TABLES)
def test_tables_are_tied_as_asked(variant):
    model, batch = network(variant=variant), a_batch()
    count, sharing = TABLES[variant]
    tables = [v for v in model.weights if tuple(v.shape) == (N, 8)]
    assert len(tables) == count
    document, summary, output = (tables[i] for i in sharing)
    _, _, logits, (decoded, _) = outputs(model, batch)
    written = np.setdiff1d(np.arange(N), NEVER_WRITTEN)
    expected = decoded.features @ np.asarray(output.value).T
    expected = expected + np.asarray(model.output_bias.value)
    np.testing.assert_allclose(logits[..., written], expected[..., written], atol=1e-4)
    embedded = np.asarray(summary.value)[batch["summary_in"]]
    np.testing.assert_allclose(decoded.gate_input[..., -8:], embedded, atol=1e-6)
    before = np.asarray(model.encode(ops.convert_to_tensor(batch["document"])).values)
    kept = np.asarray(document.value)
    document.assign(kept[::-1].copy())
    after = np.asarray(model.encode(ops.convert_to_tensor(batch["document"])).values)
    document.assign(kept)
    assert not np.allclose(before, after)


def test_words_of_the_document_alone_are_read_as_unknown_and_copied():
    model, batch = network(extended=True), a_batch()
    known = batch["document"].copy()
    batch["document"][0, :3] = [N + 1, N, N + 1]
    batch["summary_out"][0, :2] = [N + 1, N]
    batch["summary_in"][0, 1:3] = [N + 1, N]
    log_prob, _, logits, (decoded, gate) = outputs(model, batch)
    wide = np.pad(logits, ((0, 0), (0, 0), (0, S)), constant_values=-1e9)
    expected = by_hand(wide, gate, decoded.attention, batch["document"])
    real = batch["weight"] > 0
    found = chosen(log(expected), batch["summary_out"])
    np.testing.assert_allclose(log_prob[real], found[real], atol=1e-4)
    steps = np.exp(step_by_step(model, batch, 1)[:, 0])
    np.testing.assert_allclose(steps, expected, rtol=1e-3, atol=1e-5)
    unknown = {**batch, "document": known.copy()}
    unknown["document"][0, :3] = UNKNOWN
    unknown["summary_in"] = np.where(batch["summary_in"] < N, batch["summary_in"], UNKNOWN)
    _, _, _, (same, _) = outputs(model, unknown)
    np.testing.assert_allclose(decoded.features, same.features, atol=1e-6)


@pytest.mark.parametrize("pointer", [True, False])
def test_what_cannot_be_written_at_all_does_not_count(pointer):
    model, batch = network(pointer, extended=True), a_batch()
    _, shown, _ = differentiated(model, batch)
    batch["summary_out"][0, 0] = N + 4  # stands nowhere in the document
    batch["document"][0, 0] = N + 4 if pointer else UNKNOWN
    less, counted, found = differentiated(model, batch)
    assert np.isfinite(less)
    assert less < 50
    assert counted[1] == shown[1] - (not pointer)
    assert all(np.isfinite(g).all() for g in found)


@pytest.mark.parametrize("variant", VARIANTS)
def test_everything_learns(variant):
    *_, found = differentiated(network(variant=variant), a_batch())
    assert all(np.isfinite(g).all() and g.any() for g in found)


# --- loss ------------------------------------------------------------------------------------


@functools.cache
def lossy(model, smoothing):
    def value(batch):
        return loss(model, batch, smoothing, training=False)

    return differentiable(value, model.trainable_variables)


def differentiated(model, batch, smoothing=0.0):
    """The loss, what is shown of it, and its gradient in every weight."""
    objective, shown, found = lossy(model, smoothing)(batch)
    return float(objective), np.asarray(shown), found


def test_loss_is_the_mean_negative_log_probability():
    model, batch = network(), a_batch()
    batch["weight"][0, 0] = 0.5
    log_prob, *_ = outputs(model, batch)
    objective, shown, found = differentiated(model, batch)
    total = -(log_prob * batch["weight"]).sum()
    assert objective == pytest.approx(total / batch["weight"].sum(), rel=1e-5)
    assert shown[0] == pytest.approx(total, rel=1e-5)
    assert shown[1] == batch["weight"].sum()
    assert all(np.isfinite(g).all() and g.any() for g in found)


def test_smoothing_leaves_out_what_is_never_written():
    model, batch = network(), a_batch()
    log_prob, _, logits, _ = outputs(model, batch)
    weight = batch["weight"]
    written = np.setdiff1d(np.arange(N), NEVER_WRITTEN)
    uniform = -np.log(softmax(logits[..., written])).mean(-1)
    expected = (-0.8 * log_prob + 0.2 * uniform) * weight
    run = compiled(lambda batch: loss(model, batch, 0.2, training=False)[0])
    assert float(run(batch)) == pytest.approx(expected.sum() / weight.sum(), rel=1e-5)


def test_coverage_costs_attending_again():
    model, batch = network(), a_batch()
    _, _, _, (decoded, _) = outputs(model, batch)
    expected = np.zeros((B, T))
    for b, t, s in np.ndindex(B, T, S):
        before = sum(decoded.attention[b, u, s] for u in range(t))
        expected[b, t] += min(decoded.attention[b, t, s], before)
    weight = batch["weight"]
    expected = (expected * weight).sum() / weight.sum()
    plain, _, _ = differentiated(model, batch)
    run = compiled(lambda batch: loss(model, batch, 0.0, training=False, coverage=batch["c"])[0])
    for share in (0.0, 0.5, 2.0):
        found = float(run({**batch, "c": np.float32(share)}))
        assert found == pytest.approx(plain + share * expected, rel=1e-5)
    assert expected > 0.1


def test_sampling_feeds_the_model_what_it_would_have_written():
    model, batch = network(seed=3), a_batch(9)
    _, _, logits, (decoded, gate) = outputs(model, batch)
    share = sigmoid(gate)
    generated, copied = share[..., None] * softmax(logits), (1 - share)[..., None]
    copied = copied * decoded.attention
    place = np.take_along_axis(batch["document"], copied.argmax(-1), axis=1)
    guess = np.where(copied.max(-1) > generated.max(-1), place, generated.argmax(-1))
    document = ops.convert_to_tensor(batch["document"])
    inputs, target = batch["summary_in"], batch["summary_out"]
    memory = model.encode(document)

    def fed(share):
        return np.asarray(_scheduled_sampling(model, memory, inputs, target, False, share))

    assert (fed(0.0) == inputs).all()
    every = fed(1.0)
    real = inputs[:, 1:] > END
    own = np.where(guess[:, :-1] == END, inputs[:, 1:], guess[:, :-1])
    assert (every[:, 0] == START).all()
    assert (every[:, 1:][~real] == inputs[:, 1:][~real]).all()
    assert (every[:, 1:] == own)[real].all()
    assert (every[:, 1:] != inputs[:, 1:])[real].any()
    keras.utils.set_random_seed(0)
    shares = np.mean([(fed(0.5) == every)[:, 1:][real & (own != inputs[:, 1:])] for _ in range(9)])
    assert 0.3 < shares < 0.7


def test_accuracy_counts_right_first_guesses_of_every_eighth_row():
    model, batch = network(), a_batch(17)
    _, _, logits, (decoded, gate) = outputs(model, batch)
    guess = by_hand(logits, gate, decoded.attention, batch["document"]).argmax(-1)
    batch["summary_out"][0, 0] = guess[0, 0]  # at least one is right, at least one wrong
    batch["summary_out"][8, 0] = 4 + (guess[8, 0] == 4)
    right = (guess == batch["summary_out"])[::8] * batch["weight"][::8]
    expected = right.sum() / batch["weight"][::8].sum()
    assert 0 < expected < 1
    found = accuracy(model, batch, lambda stride: logits[::stride], decoded, gate)
    assert float(found) == pytest.approx(expected, rel=1e-6)


def test_padding_changes_neither_loss_nor_gradient():
    model, batch = network(), a_batch()
    wide = {k: np.pad(v, ((0, 0), (0, 2 + (k == "document")))) for k, v in batch.items()}
    objective, shown, found = differentiated(model, batch)
    padded, same, again = differentiated(model, wide)
    assert padded == pytest.approx(objective, rel=1e-5)
    np.testing.assert_allclose(shown, same, rtol=1e-5)
    for a, b in zip(found, again, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_a_batch_of_filler_rows_has_no_loss():
    model, batch = network(), a_batch()
    batch["weight"][:] = 0
    objective, shown, found = differentiated(model, batch)
    assert objective == 0
    assert not shown.any()
    assert not any(g.any() for g in found)


def test_bfloat16_products_give_finite_float32_gradients():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = network(seed=7)
    finally:
        keras.config.set_dtype_policy(policy)
    batch = a_batch(empty=[2])
    objective, _, found = differentiated(model, batch, smoothing=0.1)
    assert {g.dtype.name for g in found} == {"float32"}
    assert all(np.isfinite(g).all() and g.any() for g in found)
    exact = network(seed=8)
    for name, value in named_weights.weight_arrays(model).items():
        dict(named_weights.named_variables(exact))[name].assign(value)
    close = compiled(lambda batch: loss(exact, batch, 0.1, training=False)[0])(batch)
    assert objective == pytest.approx(float(close), rel=0.05)
    assert objective != float(close)  # the products really were bfloat16


def test_dropout_is_for_training_and_the_same_at_every_position():
    model = network(dropout=0.5)
    x = model._drop(ops.ones((50, 6, 8)), training=True)
    x = np.asarray(x)
    assert set(np.unique(x)) == {0.0, 2.0}
    assert (x == x[:, :1]).all()
    assert 0.3 < (x == 0).mean() < 0.7
    assert not (x[0] == x[1:]).all()
    assert (np.asarray(model._drop(ops.ones((2, 6, 8)), training=False)) == 1).all()


# --- weights ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pointer", "attention", "variant"),
    [(attention != "none", attention, "plain") for attention in plugins.names("attention")]
    + [(True, "dot", variant) for variant in ("deep", "none")],
)
def test_every_weight_has_its_own_lasting_name(pointer, attention, variant):
    model = network(pointer, attention, variant=variant)
    names = [name for name, _ in named_weights.named_variables(model)]
    again = [
        name
        for name, _ in named_weights.named_variables(network(pointer, attention, 0.0, 1, variant))
    ]
    assert names == again
    assert len(set(names)) == len(names)
    found = {id(v) for _, v in named_weights.named_variables(model)}
    assert {id(v) for v in model.trainable_variables} <= found
    assert {"embeddings", "encoder.left.kernel", "decoder.bridge.0.bias"} <= set(names)


def test_weights_move_to_another_network():
    one, other = network(), network(seed=1)
    before = named_weights.weight_arrays(other)
    kept = named_weights.weight_arrays(one)
    assert any((kept[k] != before[k]).any() for k in kept)
    named_weights.assign_weights(other, kept, Path("w"))
    moved = named_weights.weight_arrays(other)
    assert all((kept[k] == moved[k]).all() for k in kept)
    named_weights.assign_weights(other, before, Path("w"))


@pytest.mark.parametrize("fault", ["missing", "shape"])
def test_weights_of_another_model_are_named(fault):
    kept = named_weights.weight_arrays(network())
    if fault == "missing":
        del kept["decoder.combine.kernel"]
    else:
        kept["decoder.combine.kernel"] = kept["decoder.combine.kernel"][:-1]
    with pytest.raises(ModelError, match=r"^some/file: .*decoder\.combine\.kernel") as caught:
        named_weights.assign_weights(network(), kept, Path("some/file"))
    assert "\n" not in str(caught.value)


# --- the other backend -----------------------------------------------------------------------


CORE = (
    "textbook or mixture or repeated or mean_negative "
    "or (padding_changes_no_encoding and bidirectional) "
    "or (teacher_forced and (dot or temporal)) or (exhaustive and 2-1-0.8-True)"
)


@pytest.mark.parametrize(
    ("which", "least"),
    [(CORE, 9), pytest.param("not tensorflow_only", 70, marks=pytest.mark.slow)],
    ids=["core", "all"],
)
def test_this_holds_on_jax_too_tensorflow_only(which, least):
    # The compiler's optimizations are most of the time, and not what is tested.
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    files = [
        "tests/graph/model/test_recurrence.py",
        "tests/graph/model/test_cross_entropy.py",
        "tests/graph/model/test_model.py",
        "tests/graph/model/test_encoders.py",
        "tests/graph/model/test_attention.py",
        "tests/graph/decoding/test_search.py",
        "tests/graph/test_tagger.py",
    ]
    command = [sys.executable, "-m", "pytest", *files, "-q", "-k", which]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) >= least
