"""The encoders: what holds for all of them, each against a slow NumPy oracle, and sentences."""

import json

import keras
import numpy as np
import pytest
from keras import ops

from summarizer import config as configuration
from summarizer import plugins, storage, vocabulary
from summarizer.api import train
from summarizer.config import ModelConfig, Part
from summarizer.errors import ConfigError
from summarizer.model.sentence_ids import SentenceIds
from summarizer.model.seq2seq import Seq2Seq
from summarizer.model.tagger import Tagger
from summarizer.vocabulary import sentence_boundaries
from tests.gradients import compiled, differentiable
from tests.graph.model.test_model import arrays, by_name, lstm_step, normal, sigmoid, softmax

B, S, E, H = 3, 5, 5, 4
MASK = np.arange(S)[None] < np.array([[S], [3], [0]])
SENTENCE = np.array([[0, 0, 1, 1, 2], [0, 1, 1, 1, 1], [0] * S], "int32")

READERS = [name for name in plugins.names("encoder") if name != "none"]
every_encoder = pytest.mark.parametrize("name", READERS)


def build(name, scale=1.0, **options):
    encoder = plugins.build("encoder", name, E, width=H, **options)
    for i, variable in enumerate(encoder.trainable_variables):
        variable.assign(normal(*variable.shape, seed=i, scale=scale))
    return encoder


def encode(encoder, embedded, mask=MASK, sentence=SENTENCE):
    """Outputs and last states as NumPy arrays."""
    run = compiled(lambda e, m, s: encoder(e, m, **seen(encoder, s)))
    return arrays(run(*map(ops.convert_to_tensor, (embedded, mask, sentence))))


def seen(encoder, sentence):
    return {"sentence": sentence} if encoder.needs_sentence_ids else {}


# --- what holds for all ----------------------------------------------------------------------


@every_encoder
def test_padding_changes_no_encoding(name):
    """Nor do the other documents of a batch."""
    encoder, embedded = build(name), normal(B, S, E, scale=3.0)
    together, final = encode(encoder, embedded)
    alone, last = encode(encoder, embedded[1:2, :3], MASK[1:2, :3], SENTENCE[1:2, :3])
    assert together.shape == (B, S, encoder.width)
    assert [(f.shape, f.dtype) for f in final] == [((B, encoder.width), np.float32)] * len(final)
    assert len(final) == encoder.states
    np.testing.assert_allclose(together[1, :3], alone[0], atol=1e-6)
    for one, other in zip(last, final, strict=True):
        np.testing.assert_allclose(one[0], other[1], atol=1e-6)
        assert np.isfinite(other).all()
    assert not together[~MASK].any()
    assert together[MASK].any(axis=-1).all()


@every_encoder
def test_every_weight_of_an_encoder_learns_in_bfloat16(name):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        encoder = build(name)
    finally:
        keras.config.set_dtype_policy(policy)

    def value(data):
        outputs, final = encoder(data["e"], data["m"], **seen(encoder, data["s"]))
        assert keras.backend.standardize_dtype(outputs.dtype) == "bfloat16"
        assert {keras.backend.standardize_dtype(f.dtype) for f in final} == {"float32"}
        outputs = ops.cast(outputs, "float32")
        return ops.sum(ops.sin(outputs)) + sum(ops.sum(ops.sin(f)) for f in final), outputs

    run = differentiable(value, encoder.trainable_variables)
    _, outputs, found = run({"e": normal(B, S, E), "m": MASK, "s": SENTENCE})
    assert np.isfinite(np.asarray(outputs)).all()
    assert {g.dtype.name for g in found} == {"float32"}
    assert all(np.isfinite(g).all() and g.any() for g in found)


@every_encoder
def test_an_encoder_is_made_of_the_cell_that_is_asked_for(name):
    encoder = plugins.build("encoder", name, E, width=H, cell="gru", layers=2)
    layers = [type(layer).__name__ for layer in encoder._flatten_layers()]
    assert encoder.states == 1
    assert layers.count("GRU") >= 2
    assert "LSTM" not in layers


@every_encoder
def test_the_cell_of_an_encoder_takes_its_options(name):
    encoder = build(name, cell="peephole_lstm,full=true,output_sees=old")
    shapes = {v.name: v.shape for v in encoder.weights}
    assert shapes["peephole_o"] == (H, H)


@pytest.mark.parametrize("cell", ["gru", "layer_norm_lstm", "min_lstm"])
def test_any_cell_uses_a_memory(cell):
    encoder, embedded = build("memory_augmented", cell=cell, slots=3, content=2), normal(B, S, E)
    outputs, _ = encode(encoder, embedded)
    assert np.isfinite(outputs).all()
    assert not outputs[~MASK].any()
    for side in (encoder.left, encoder.right):
        side.memory.assign(-np.asarray(side.memory.value))
    others, _ = encode(encoder, embedded)
    assert (np.abs(others - outputs).max(axis=-1) > 1e-4)[MASK].all()


@every_encoder
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"layers": 0}, "layers=0: must be a whole number above 0"),
        ({"layers": 1.5}, "layers=1.5: must be a whole number above 0"),
        ({"width": 0}, "width=0: must be a whole number above 0"),
        ({"cell": "lstn"}, "did you mean 'lstm'"),
        ({"cell": "gru,reset"}, "cell='gru,reset': write options as gru,option=value"),
        ({"cell": "gru,reset_afer=true"}, "did you mean 'reset_after'"),
    ],
)
def test_an_impossible_recurrence_is_refused(name, options, said):
    with pytest.raises(ConfigError, match=said):
        plugins.build("encoder", name, E, **options)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("self_attentive", {"keys": 0}, "keys=0: must be a whole number above 0"),
        ("memory_augmented", {"slots": 1}, "slots=1: must be a whole number above 1"),
        ("memory_augmented", {"content": 0}, "content=0: must be a whole number above 1"),
        ("convolutional", {"kernel": 4}, "kernel=4: must be odd.* nearest are 3 and 5"),
        ("convolutional", {"kernel": 0}, "kernel=0: must be a whole number above 0"),
        ("convolutional", {"convolutions": 0}, "convolutions=0: must be"),
        ("hierarchical", {"sentences": 1}, "sentences=1: must be .* the least is 2; model"),
        ("hierarchical", {"sentences": 2.5}, "sentences=2.5: must be a whole number"),
    ],
)
def test_an_impossible_encoder_is_refused(name, options, said):
    with pytest.raises(ConfigError, match=f"^encoder '{name}': {said}"):
        plugins.options("encoder", name, **options)


# --- each by its equations -------------------------------------------------------------------


def weights_of(dense):
    """Kernel and bias of a dense layer."""
    named = by_name(dense)
    return named["kernel"], named.get("bias", 0.0)


def times(x, dense):
    kernel, bias = weights_of(dense)
    return x @ kernel + bias


def walk(cell, x, reverse=False):
    """One document through an LSTM: outputs [S, H], and the last states."""
    hidden, state = np.zeros(cell.width), np.zeros(cell.width)
    out = np.zeros((len(x), cell.width))
    for t in reversed(range(len(x))) if reverse else range(len(x)):
        hidden, state = lstm_step(cell, x[t], hidden, state)
        out[t] = hidden
    return out, (hidden, state)


def bidirectional(encoder, x, sentence=None):
    below, final = 0.0, ()
    for layer in (encoder, *encoder.upper):
        (left, ends), (right, begins) = walk(layer.left, x), walk(layer.right, x, True)
        final = tuple(np.hstack(pair) for pair in zip(ends, begins, strict=True))
        x = below = below + np.hstack([left, right])
    return x, final


def unidirectional(encoder, x, sentence):
    below, final = 0.0, ()
    for cell in encoder.cells:
        out, final = walk(cell, x)
        x = below = below + out
    return x, final


def self_attentive(encoder, x, sentence):
    hidden, final = bidirectional(encoder.recurrence, x)
    query, key, value = (
        np.tanh(times(hidden, d)) for d in (encoder.query, encoder.key, encoder.value)
    )
    out = np.zeros_like(hidden)
    for i in range(len(x)):
        weight = softmax(np.array([query[i] @ k / np.sqrt(query.shape[1]) for k in key]))
        out[i] = np.tanh(hidden[i] + sum(w * v for w, v in zip(weight, value, strict=True)))
    return out, final


def convolutional(encoder, x, sentence):
    for layer in encoder.convolutions:
        kernel, bias = weights_of(layer)
        parts = np.split(kernel, encoder.kernel)
        out = np.zeros_like(x)
        for i in range(len(x)):
            near = [(j, i + j - encoder.kernel // 2) for j in range(encoder.kernel)]
            total = bias + sum(x[at] @ parts[j] for j, at in near if 0 <= at < len(x))
            out[i] = x[i] + np.maximum(total, 0)
        x = out
    return bidirectional(encoder.recurrence, x)


def selective(encoder, x, sentence):
    hidden, final = bidirectional(encoder.recurrence, x)
    gate = sigmoid(times(hidden, encoder.piece) + times(final[0], encoder.document))
    return hidden * gate, final


def addressed(key, strength, memory):
    """Weights of the slots for one head."""
    likeness = [key @ slot / np.sqrt(key @ key) / np.sqrt(slot @ slot) for slot in memory]
    return softmax((1 + np.log1p(np.exp(strength))) * np.array(likeness))


def remembering(cell, x, reverse=False):
    """One document through an LSTM with a memory: outputs [S, H], and the last states."""
    named = by_name(cell)
    hidden, state = np.zeros(cell.width), np.zeros(cell.width)
    memory = named["memory"].reshape(cell.slots, cell.content).copy()
    own = by_name(cell.controller)
    kernel = np.vstack([own["kernel"], named["read"]])
    out = np.zeros((len(x), cell.width))
    for t in reversed(range(len(x))) if reverse else range(len(x)):
        heads = hidden @ named["heads"] + named["heads_bias"]
        write, read, erase, add = np.split(heads[:-2], 4)
        weight = addressed(write, heads[-2], memory)
        for j, w in enumerate(weight):
            memory[j] = memory[j] * (1 - w * sigmoid(erase)) + w * np.tanh(add)
        found = addressed(read, heads[-1], memory) @ memory
        sums = np.hstack([x[t], found]) @ kernel + hidden @ own["recurrent_kernel"] + own["bias"]
        i, f, o, g = np.split(sums, 4)
        state = sigmoid(f) * state + sigmoid(i) * np.tanh(g)
        hidden = sigmoid(o) * np.tanh(state)
        out[t] = hidden
    return out, (hidden, state)


def memory(encoder, x, sentence):
    left, ends = remembering(encoder.left, x)
    right, begins = remembering(encoder.right, x, True)
    hidden = np.hstack([left, right])
    final = tuple(np.hstack(pair) for pair in zip(ends, begins, strict=True))
    if encoder.upper is None:
        return hidden, final
    above, final = bidirectional(encoder.upper, hidden)
    return hidden + above, final


def pooled(pooling, values):
    """The average of one group, by the attention to it."""
    scores = times(np.tanh(times(values, pooling.view)), pooling.vector)[:, 0]
    return softmax(scores) @ values


def hierarchical(encoder, x, sentence):
    hidden, _ = bidirectional(encoder.pieces, x)
    number = np.minimum(sentence[: len(x)], encoder.sentences - 1)
    vectors = [pooled(encoder.piece_pooling, hidden[number == k]) for k in range(number[-1] + 1)]
    level, final = bidirectional(encoder.upper, np.array(vectors))
    document = pooled(encoder.sentence_pooling, level)
    return hidden + times(level, encoder.down)[number], (document, *final[1:])


ORACLES = {
    "bidirectional": bidirectional,
    "unidirectional": unidirectional,
    "self_attentive": self_attentive,
    "convolutional": convolutional,
    "selective": selective,
    "hierarchical": hierarchical,
    "memory_augmented": memory,
}
CASES = [
    ("unidirectional", {"layers": 2}),
    ("bidirectional", {"layers": 3}),
    ("self_attentive", {"keys": 3}),
    ("convolutional", {"kernel": 5, "convolutions": 2}),
    ("selective", {}),
    ("hierarchical", {}),
    ("hierarchical", {"sentences": 2}),
    ("memory_augmented", {"slots": 3, "content": 2, "layers": 2}),
]


def test_every_encoder_has_an_oracle():
    assert {name for name, _ in CASES} == set(ORACLES) == set(READERS)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_an_encoder_is_its_equations(name, options):
    encoder, embedded = build(name, 0.7, **options), normal(B, S, E)
    outputs, final = encode(encoder, embedded)
    for b in range(2):
        here = MASK[b]
        expected, states = ORACLES[name](encoder, embedded[b, here], SENTENCE[b])
        np.testing.assert_allclose(outputs[b, here], expected, atol=1e-4)
        for found, state in zip(final, states, strict=True):
            np.testing.assert_allclose(found[b], state, atol=1e-4)


# --- sentences -------------------------------------------------------------------------------


SENTENCES = {
    "english": ["The cat sat on the mat.", "It was 3.14 cm long!", "Was it?", "The end"],
    "chinese": ["今天天气很好。", "我们去公园!", "「你好吗?", "他说很好"],
    "others": ["क्या हाल है।", "सब ठीक है।", "هل أنت بخير؟", "نعم أنا بخير"],
}


def numbered(kind, text):
    """The text of each sentence, as the tables of a vocabulary tell them apart."""
    words = vocabulary.train_vocabulary([text] * 20, 420, lowercase=False, kind=kind)
    layer = SentenceIds(words.size)
    layer.fill(*sentence_boundaries.boundary_tables(words))
    ids = np.array([[*words.encode(text), 0, 0]], "int32")
    number = np.asarray(layer(ops.convert_to_tensor(ids)))[0]
    assert number.dtype == np.int32
    assert (number[-2:] == number[-3]).all()
    real = range(len(ids[0]) - 2)
    return [
        words.decode([int(ids[0, i]) for i in real if number[i] == k], text).strip()
        for k in range(number.max() + 1)
    ]


@pytest.mark.parametrize(
    ("kind", "script"),
    [(kind, script) for kind in ("unigram", "words") for script in SENTENCES]
    + [("bpe", "english"), ("characters", "english"), ("bytes", "english")],
)
def test_sentences_are_told_apart_by_their_pieces(kind, script):
    expected = SENTENCES[script]
    assert numbered(kind, ("" if script == "chinese" else " ").join(expected)) == expected


class Pieces:
    """A vocabulary of given pieces."""

    def __init__(self, *pieces):
        self.kept = ["<pad>", "<s>", "</s>", "<unk>", "▁word", *pieces]
        self.size = len(self.kept)

    def tokens(self, ids):
        return [self.kept[i] for i in ids]

    def decode(self, ids):
        return "".join(self.tokens(ids)).replace("▁", " ").removeprefix(" ")


def test_what_a_piece_tells_of_itself():
    ending = [".", "?", "s.", '."', "▁.", "。", "!」", "؟", "।", "▁lee."]
    others = ["▁dr.", "▁1.", ".5", "a", ",", "▁(", "▁", "你好", "「", "▁e.g."]
    words = Pieces(*ending, *others)
    ends, begins = sentence_boundaries.boundary_tables(words)
    assert ends == [piece in ending for piece in words.kept]
    assert begins == [p[0] == "▁" or p in ("<unk>", "你好", "「") for p in words.kept]


def test_a_full_stop_within_a_word_ends_no_sentence():
    assert numbered("words", "It is of type a.b.c here. It is") == [
        "It is of type a.b.c here.",
        "It is",
    ]


@pytest.mark.parametrize("network", [Seq2Seq, Tagger])
def test_a_network_tells_its_encoder_where_sentences_end(network, monkeypatch):
    encoder, decoder = Part("hierarchical", {"width": H}), Part("lstm", {"width": 2 * H})
    model = network(ModelConfig(embedding_size=E, encoder=encoder, decoder_cell=decoder), 9)
    model.sentences.fill(np.arange(9) == 5, np.arange(9) > 3)
    told = []

    def call(embedded, mask, sentence):
        told.append(np.asarray(sentence).tolist())
        return ops.zeros((1, 6, 2 * H)), (ops.zeros((1, 2 * H)),) * 2

    monkeypatch.setattr(model.encoder, "call", call)
    document = ops.convert_to_tensor(np.array([[4, 5, 6, 7, 8, 0]], "int32"))
    (model.encode if network is Seq2Seq else model)(document)
    assert told == [[[0, 0, 1, 1, 1, 1]]]


@pytest.mark.slow
def test_training_learns_from_the_vocabulary_where_sentences_end(tmp_path):
    lines = [
        {"id": str(i), "document": f"The {n} cat sat. It saw {n} mats.", "summary": f"{n} cats"}
        for i, n in enumerate(["one", "two", "three", "four", "five"] * 20)
    ]
    data = tmp_path / "cats.jsonl"
    data.write_text("".join(json.dumps(line) + "\n" for line in lines))
    sizes = [f"model.{key}" for key in ("embedding=8", "encoder.width=4", "decoder.width=8")]
    steps = ["steps=1", "batch=4", "validate_every=1", "validate_examples=2", "compile=graph"]
    config = configuration.apply_settings(
        plugins.load("preset", "hierarchical").config(),
        ["vocabulary.size=300", f"data.train={data}", *sizes, *(f"train.{s}" for s in steps)],
    )
    train.train(config, tmp_path / "first")
    words = vocabulary.Vocabulary.load(tmp_path / "first" / "vocabulary.model")
    ends, begins = sentence_boundaries.boundary_tables(words)
    assert any(ends)
    init = configuration.apply_settings(config, [f"train.init={tmp_path / 'first'}"])
    train.train(init, tmp_path / "second")
    for folder in ("first", "second"):
        kept, _ = storage.load_arrays(tmp_path / folder / "weights.npz")
        assert kept["sentences.ends"].tolist() == ends
        assert kept["sentences.begins"].tolist() == begins
