"""The search against enumeration of every summary, and its rules as properties."""

import functools
import itertools

import keras
import numpy as np
import pytest
from keras import ops

from summarizer import plugins
from summarizer.config import ModelConfig, Part
from summarizer.decoding.scoring import SearchLimits
from summarizer.decoding.search import compile_search, search
from summarizer.decoding.search_step import Conditions
from summarizer.model.seq2seq import Seq2Seq
from summarizer.vocabulary import END, PAD, START

SIZE, LONGEST = 7, 4
WORDS = range(4, SIZE)
MOST = 1 + 3 + 9 + 27  # summaries of at most 3 of the 3 words


@functools.cache
def tiny(seed=0, size=SIZE, pointer=True, attention="dot", sharp=8.0):
    """A random network with opinions: its weights are made large."""
    config = ModelConfig(
        embedding_size=8,
        encoder=Part("bidirectional", {"width": 6}),
        decoder_cell=Part("lstm", {"width": 12}),
        attention=Part(attention),
        pointer=pointer,
        dropout=0.0,
    )
    model = Seq2Seq(config, size, seed)
    for variable in model.trainable_variables:
        variable.assign(np.asarray(variable.value) * sharp ** (len(variable.shape) - 1))
    return model


def documents(count=5, length=6, size=SIZE, seed=0):
    random = np.random.default_rng(seed)
    out = random.integers(4, size, (count, length)).astype("int32")
    for i, real in enumerate(random.integers(1, length + 1, count)):
        out[i, real:] = PAD
    return out


def graph(function, *inputs):
    """Compile a function of arrays of these (shape, dtype), on whichever backend runs."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)

    import tensorflow as tf

    return tf.function(function, input_signature=[tf.TensorSpec(*i) for i in inputs])


@functools.cache
def beam(model, width, maximum):
    """One compiled beam search for all other limits: to compile costs seconds, to run nothing."""
    strategy = plugins.build("strategy", "beam", width=width)

    def run(document, minimum, penalty, block):
        allowed = ops.ones((ops.shape(document)[0], model.size), "bool")
        limits = SearchLimits(minimum, maximum, penalty, block)
        return search(model, document, strategy, width, limits, Conditions(allowed))

    number = ([], "int32")
    compiled = graph(run, ([None, None], "int32"), number, ([], "float32"), number)

    def find(document, minimum=1, penalty=0.7, block=2):
        found = compiled(document, np.int32(minimum), np.float32(penalty), np.int32(block))
        return type(found)(*(np.asarray(x) for x in found))

    return find


def repeats(sequence, n):
    grams = [tuple(sequence[i : i + n]) for i in range(len(sequence) - n + 1)]
    return len(set(grams)) < len(grams)


@functools.cache
def scorer(model):
    def run(document, inputs, target):
        batch = {"document": document, "summary_in": inputs, "summary_out": target}
        return model(batch)[0]

    return graph(run, *[([None, None], "int32")] * 3)


def log_probability(model, document, sequences):
    """Teacher-forced log-probability of each sequence (END last) for one document."""
    target = np.zeros((MOST, 9), "int32")  # always the same shape: compiled once
    for i, sequence in enumerate(sequences):
        target[i, : len(sequence)] = sequence
    inputs = np.concatenate([np.full((MOST, 1), START, "int32"), target[:, :-1]], axis=1)
    inputs[inputs == END] = PAD
    log_prob = scorer(model)(np.repeat(document[None], MOST, 0), inputs, target)
    return (np.asarray(log_prob) * (target != PAD)).sum(1)[: len(sequences)]


@pytest.mark.parametrize("pointer", [True, False])
@pytest.mark.parametrize("alpha", [0.0, 0.8])
@pytest.mark.parametrize(("minimum", "block"), [(0, 0), (2, 0), (1, 2), (2, 1)])
def test_wide_beam_is_exhaustive(pointer, alpha, minimum, block):
    model, docs = tiny(pointer=pointer), documents()
    every = [
        (*words, END)
        for n in range(minimum, LONGEST)
        for words in itertools.product(WORDS, repeat=n)
        if not (block and repeats(words, block))
    ]
    found = beam(model, MOST, LONGEST)(docs, minimum, alpha, block)
    for b, document in enumerate(docs):
        log_prob = log_probability(model, document, every)
        score = log_prob / ((5 + np.array([len(s) for s in every])) / 6) ** alpha
        order = np.argsort(-score)[:MOST]
        real = found.log_prob[b] > -1e8
        assert real.sum() == len(every)
        np.testing.assert_allclose(found.score[b][real], score[order], atol=2e-3)
        best = tuple(p for p in found.tokens[b, 0] if p != PAD)
        assert score[every.index(best)] == pytest.approx(score.max(), abs=1e-3)


@pytest.mark.parametrize(
    "attention",
    [
        name if name in ("dot", "location") else pytest.param(name, marks=pytest.mark.slow)
        for name in plugins.names("attention")
    ],
)
def test_rows_do_not_depend_on_their_batch(attention):
    # With larger weights, multi-head attention ignores the order of tokens: hypotheses tie.
    model, docs = tiny(attention=attention, pointer=attention != "none", sharp=3.0), documents(8)
    find = beam(model, 3, 9)
    together = find(docs)
    for i in range(8):
        alone = find(docs[i : i + 1])
        np.testing.assert_array_equal(together.tokens[i], alone.tokens[0])
        np.testing.assert_allclose(together.score[i], alone.score[0], atol=1e-3)


def test_padding_changes_nothing():
    find, docs = beam(tiny(attention="dot"), 3, 9), documents()
    wide = np.concatenate([docs, np.zeros((5, 4), "int32")], axis=1)
    short, long = find(docs), find(wide)
    np.testing.assert_array_equal(short.tokens, long.tokens)
    np.testing.assert_allclose(short.score, long.score, atol=1e-3)
    assert not long.attention[..., 6:].any()


def test_search_score_is_the_rescored_one():
    model, docs = tiny(attention="dot"), documents()
    found = beam(model, 3, 9)(docs, penalty=0.0, block=0)
    for b in range(5):
        sequences = [tuple(p for p in row if p != PAD) for row in found.tokens[b]]
        again = log_probability(model, docs[b], sequences)
        np.testing.assert_allclose(found.log_prob[b], again, atol=1e-3)


def test_steps_are_what_each_piece_adds():
    model, docs = tiny(attention="dot"), documents()
    found = beam(model, 3, 9)(docs)
    np.testing.assert_allclose(
        found.token_log_probs.sum(axis=2), found.log_prob * written(found), atol=1e-4
    )
    assert not found.token_log_probs[found.tokens == PAD].any()
    for b, document in enumerate(docs):
        for k in range(3):
            ids = [p for p in found.tokens[b, k] if p != PAD]
            beginnings = [tuple(ids[: t + 1]) for t in range(len(ids))]
            whole = log_probability(model, document, beginnings)
            alone = np.diff([0.0, *whole])
            np.testing.assert_allclose(found.token_log_probs[b, k, : len(ids)], alone, atol=2e-3)


def written(found):
    """Which places of the pool hold a hypothesis."""
    return found.log_prob > -1e8


def test_greedy_takes_the_best_piece_each_time():
    model, docs = tiny(3), documents()
    strategy = plugins.build("strategy", "greedy")
    # As the product compiles it, with the limits built in.
    found = compile_search(model, strategy, 1, SearchLimits(0, LONGEST, 0.0, 0))(docs)
    for b, document in enumerate(docs):
        written = []
        while len(written) < LONGEST and (not written or written[-1] != END):
            nexts = [END] if len(written) == LONGEST - 1 else [END, *WORDS]
            scores = log_probability(model, document, [(*written, p) for p in nexts])
            written.append(nexts[int(np.argmax(scores))])
        assert [p for p in np.asarray(found.tokens)[b, 0] if p != PAD] == written


@pytest.mark.parametrize("block", [1, 2, 3])
def test_blocking_never_repeats_and_never_dead_ends(block):
    # 5 words, so that block=1 runs out of pieces long before the minimum.
    model, docs = tiny(5, size=9), documents(6, size=9)
    found = beam(model, 4, 12)(docs, 10, 0.5, block)
    for row in found.tokens.reshape(-1, 12):
        words = [p for p in row if p != PAD]
        assert words[-1] == END
        assert not repeats(words[:-1], block)
    assert (found.log_prob[:, 0] > -1e8).all()


def test_an_empty_document_gives_numbers():
    docs = np.zeros((2, 4), "int32")
    docs[1, 0] = 5
    found = beam(tiny(attention="dot"), 3, 9)(docs)
    assert np.isfinite(found.score).all()
    assert np.isfinite(found.attention).all()
    assert not found.attention[0].any()


# --- what a search does not pay for ------------------------------------------------------------


class Counted:
    """A model whose documents are encoded, and whose beams are written, one by one."""

    def __init__(self, model):
        self._model, self.encoded, self.written = model, [], []

    def __getattr__(self, name):
        return getattr(self._model, name)

    def encode(self, document):
        self.encoded.append(document.shape[0])
        return self._model.encode(document)

    def step(self, pieces, state, memory):
        assert memory.tokens.shape[0] == pieces.shape[0]  # of the documents, not of their beams
        self.written.append(tuple(pieces.shape))
        return self._model.step(pieces, state, memory)


def counted(docs, width=3, longest=12):
    """The rows that a search of these documents computes: of encoder, of decoder by position."""
    model = Counted(tiny(seed=4, size=9))
    strategy = plugins.build("strategy", "beam", width=width)
    found = search(model, docs, strategy, width, SearchLimits(1, longest, 0.8, 2))
    assert {k for _, k in model.written} == {width}
    return model.encoded, [rows for rows, _ in model.written], found


def test_a_batch_costs_the_sum_of_its_documents_lengths():
    docs = documents(8, size=9)
    encoded, together, found = counted(docs)
    assert encoded == [8]
    lengths = []
    for i in range(8):
        _, alone, single = counted(docs[i : i + 1])
        lengths.append(len(alone))
        np.testing.assert_array_equal(single.tokens[0], found.tokens[i])
        np.testing.assert_allclose(single.attention[0], found.attention[i], atol=1e-5)
        np.testing.assert_allclose(single.gate[0], found.gate[i], atol=1e-5)
    assert len(set(lengths)) > 2
    # Up to 8 documents, each leaves as soon as it is finished.
    assert together == [sum(n > t for n in lengths) for t in range(max(lengths))]
    assert sum(together) < 8 * max(lengths)


def test_of_a_large_batch_one_document_in_eight_may_wait():
    docs = documents(16, size=9, seed=1)
    _, together, _ = counted(docs)
    lengths = [len(counted(docs[i : i + 1])[1]) for i in range(16)]
    alive = [sum(n > t for n in lengths) for t in range(max(lengths))]
    assert all(n >= real > n - -(-n // 8) for n, real in zip(together, alive, strict=True))


@pytest.mark.parametrize("name", ["beam", "diverse", "sample"])
def test_nothing_changes_where_finished_documents_stay(name, monkeypatch):
    model, docs = tiny(seed=4, size=9), documents(8, size=9)
    options = {"width": 4, **({"groups": 2} if name == "diverse" else {})}
    strategy, limits = (
        plugins.build("strategy", name, **options),
        SearchLimits(1, 12, 0.8, 2, False, 0.1),
    )
    ours = search(model, docs, strategy, 4, limits)
    monkeypatch.setattr(
        "summarizer.decoding.search.COMPACTION_FRACTION", 1
    )  # until all are finished
    for a, b in zip(ours, search(model, docs, strategy, 4, limits), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
