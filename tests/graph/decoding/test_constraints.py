"""What is asked of summaries is kept: by the search, by the exported graph, on the command line."""

import functools
import itertools
import json
import re
import shutil

import numpy as np
import pytest
from keras import ops

from summarizer import cli, vocabulary
from summarizer.api import ensemble, export
from summarizer.api.summarizer import Summarizer
from summarizer.decoding import graph_inputs
from summarizer.decoding.graph_inputs import BOUNDARY
from summarizer.decoding.graph_search import graph_search
from summarizer.decoding.lexical_constraints import LexicalConstraints
from summarizer.decoding.options import DecodingOptions
from summarizer.decoding.scoring import SearchLimits
from summarizer.decoding.search import search
from summarizer.decoding.search_step import Conditions
from summarizer.decoding.strategies.beam import Beam
from summarizer.errors import InputError, ModelError
from summarizer.exporters import onnx_export
from summarizer.model import named_weights, pointer
from summarizer.model.ensemble import Ensemble
from summarizer.runtime import constraint_retry
from summarizer.runtime.phrases import Phrases, contains_phrase
from summarizer.vocabulary import END, PAD
from tests.graph.decoding.test_search import (
    LONGEST,
    MOST,
    SIZE,
    WORDS,
    documents,
    graph,
    log_probability,
    tiny,
)

BEGINS = [4, 6]  # of the words 4, 5 and 6; 5 goes on with the word before it


# --- the search against enumeration ------------------------------------------------------------


@functools.cache
def constrained():
    """One exhaustive search for all demands: `(prefix, forced, banned, shortest, longest)`."""
    model, strategy = tiny(), Beam(MOST)

    def run(document, prefix, forced, banned, shortest, longest):
        batch = ops.shape(document)[0]
        begins = np.isin(np.arange(SIZE), [*BEGINS, END])
        words = ops.broadcast_to(np.isin(np.arange(SIZE), BEGINS).astype("int32"), (batch, SIZE))
        demands = LexicalConstraints(True, prefix, forced, banned, begins, words, shortest, longest)
        allowed = ops.ones((batch, SIZE), "bool")
        limits = SearchLimits(0, LONGEST, 0.8, 0)
        return search(model, document, strategy, MOST, limits, Conditions(allowed, None, demands))

    ranks = [2, 2, 3, 3, 0, 0]
    return graph(run, *(([None] * rank, "int32") for rank in ranks))


def matches(sequence, phrase, at):
    """Whether the phrase stands at that place of a sequence that ends with END."""
    here = sequence[at : at + len(phrase)]
    return len(here) == len(phrase) and all(
        (s == END or s in BEGINS) if p == BOUNDARY else s == p
        for s, p in zip(here, phrase, strict=True)
    )


def keeps(sequence, prefix=(), forced=(), banned=(), shortest=0, longest=9):
    def has(phrase):
        return any(matches(sequence, phrase, at) for at in range(len(sequence)))

    words = sum(piece in BEGINS for piece in sequence) + (sequence[0] == 5)
    return (
        matches(sequence, prefix, 0)
        and all(map(has, forced))
        and not any(map(has, banned))
        and shortest <= words <= longest
    )


A, AB, C = (4, BOUNDARY), (4, 5, BOUNDARY), (6, BOUNDARY)


CASES = [
    {},
    {"forced": [A]},
    {"forced": [AB]},
    {"forced": [A, C]},
    {"forced": [AB, C]},
    {"forced": [A, AB]},
    {"forced": [(5, 5)]},
    {"banned": [A]},
    {"banned": [A, C]},
    {"banned": [(5,)]},
    {"banned": [(4, 6, BOUNDARY), (5, 5)]},
    {"forced": [C], "banned": [A]},
    {"prefix": (4,)},
    {"prefix": C},
    {"prefix": (5, 5, BOUNDARY)},
    {"prefix": (4,), "forced": [C], "banned": [(6, 4)]},
    {"shortest": 2},
    {"longest": 1},
    {"shortest": 1, "longest": 1},
    {"shortest": 3, "longest": 3},
    {"longest": 2, "forced": [AB, C]},
]


def test_a_wide_search_finds_all_that_keep_what_is_asked_and_nothing_else():
    every = [(*w, END) for n in range(LONGEST) for w in itertools.product(WORDS, repeat=n)]
    docs = documents()
    known = [dict(zip(every, log_probability(tiny(), d, every), strict=True)) for d in docs]

    def stack(phrases):
        out = np.zeros((len(docs), 2, 3), "int32")
        for i, phrase in enumerate(phrases):
            out[:, i, : len(phrase)] = phrase
        return out

    for asked in CASES:
        right = {s for s in every if keeps(s, **asked)}
        assert 0 < len(right) < len(every) or not asked
        prefix = np.zeros((len(docs), 3), "int32")
        prefix[:, : len(asked.get("prefix", ()))] = asked.get("prefix", ())
        phrases = (stack(asked.get(name, ())) for name in ("forced", "banned"))
        numbers = np.int32(asked.get("shortest", 0)), np.int32(asked.get("longest", 9))
        found = constrained()(docs, prefix, *phrases, *numbers)
        for b, log_probs in enumerate(np.asarray(found.log_prob)):
            rows = [tuple(p for p in row if p != PAD) for row in np.asarray(found.tokens)[b]]
            ours = {s: p for s, p in zip(rows, log_probs, strict=True) if p > -1e8}
            assert set(ours) == right, asked
            expected = [known[b][s] for s in ours]
            np.testing.assert_allclose([*ours.values()], expected, atol=2e-3)


# --- the exported graph ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keras_served(digits):
    """The search of the trained model in Keras, compiled once with all its inputs."""
    import tensorflow as tf

    model = export.load_keras_model(digits.folder)[2]
    named_weights.assign_weights(
        model, onnx_export.read_weights(digits.folder / "model.onnx"), digits.folder
    )
    signature = {
        n: tf.TensorSpec([None] * rank, d, n) for n, (d, rank) in graph_inputs.input_types().items()
    }
    compiled = tf.function(
        lambda given: graph_search(model, given), input_signature=[signature], autograph=False
    )

    def run(values):
        found = compiled({name: tf.convert_to_tensor(value) for name, value in values.items()})
        return {name: np.asarray(value) for name, value in found.items()}

    return run


@pytest.fixture(scope="module")
def model(digits):
    return Summarizer.load(digits.folder)


TEXTS = ["3 1 4 1 5 9 2 6", "2 7 1", "8 6 7 5 3"]
STRATEGIES = [
    {"strategy": "beam", "beam": 3},
    {"strategy": "greedy"},
    {"strategy": "sample", "beam": 3, "temperature": 2.0, "top_k": 9, "top_p": 0.95, "seed": 5},
    {"strategy": "diverse", "beam": 4, "beam_groups": 2, "diversity_penalty": 1.0},
]
LONGER = [
    *STRATEGIES,
    {"length_normalization": "average"},
    {"coverage_penalty": 0.3, "length_penalty": 0.0},
    {"must_not_include": ["1", "6 2"]},
    {"must_include": ["7 7", "4"], "beam": 8},
    {"prefix": "9 9", "min_words": 5, "max_words": 6, "beam": 4},
    {"faithful": "strict", "min_words": 6},
]


def test_the_graph_searches_as_keras_does(model, keras_served, monkeypatch):
    run, seen = model._model._session.run, []

    class Spy:
        def run(self, names, values):
            seen.append(({**values}, dict(zip(names, run(names, values), strict=True))))
            return [seen[-1][1][name] for name in names]

    monkeypatch.setattr(model._model, "_session", Spy())
    for wishes in LONGER:
        model.summarize(TEXTS, **wishes)
    assert len(seen) >= len(LONGER)
    for values, theirs in seen:
        ours = keras_served(values)
        np.testing.assert_array_equal(ours["pieces"], theirs["pieces"])
        np.testing.assert_allclose(ours["score"], theirs["score"], atol=1e-3)
        np.testing.assert_allclose(ours["attention"], theirs["attention"], atol=1e-3)
        np.testing.assert_allclose(ours["steps"], theirs["steps"], atol=1e-3)


def test_normalization_and_coverage_penalty_are_as_defined(model):
    ids = model._model.vocabulary.encode_all(TEXTS)
    lengths = {"average": True, "coverage": 0.0}, {"average": True, "coverage": 0.3}
    for asked in lengths:
        found = model._model.search(ids, 4, 12, {"strategy": 0, **asked})
        for b, document in enumerate(ids):
            real = found["log_prob"][b] > -1e8
            assert real.sum() > 1
            written = (found["pieces"][b] != PAD)[..., None]
            attended = (found["attention"][b] * written).sum(1)[:, : len(document)]
            missing = np.log(np.clip(attended, 1e-4, 1)).sum(1)
            expected = found["log_prob"][b] / written[..., 0].sum(1) + asked["coverage"] * missing
            np.testing.assert_allclose(found["score"][b][real], expected[real], rtol=1e-3)
            assert (np.diff(found["score"][b]) <= 0).all()


@pytest.mark.parametrize("wishes", LONGER, ids=str)
def test_a_document_is_summarized_alike_alone_and_among_others(model, wishes):
    together = model.summarize(TEXTS, **wishes)
    for text, found in zip(TEXTS, together, strict=True):
        (alone,) = model.summarize([text], **wishes)
        assert alone.text == found.text
        assert alone.score == pytest.approx(found.score, abs=1e-3)


# --- what users ask ----------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["beam", "greedy", "sample", "diverse"])
@pytest.mark.parametrize("ban", [["1"], ["1", "6", "7 2"], ["1 4", "5 3"]])
def test_no_summary_holds_what_is_banned(model, strategy, ban):
    plain = [h for s in model.summarize(TEXTS, n_best=4) for h in s.alternatives]
    assert any(contains_phrase(h.text, word) for h in plain for word in ban)
    for summary in model.summarize(TEXTS, strategy=strategy, must_not_include=ban):
        for hypothesis in summary.alternatives:
            assert not any(contains_phrase(hypothesis.text, word) for word in ban)


@pytest.mark.parametrize("force", [["0"], ["7 7"], ["1 2 3", "8"], ["0", "00", "9 9 9"]])
def test_every_summary_holds_what_is_forced(model, force):
    for summary in model.summarize(TEXTS, n_best=3, must_include=force):
        assert len(summary.alternatives) == 3
        for hypothesis in summary.alternatives:
            assert all(contains_phrase(hypothesis.text, word) for word in force)


@pytest.mark.parametrize("wish", [{"must_include": ["1234567890"]}, {"prefix": "1234567890"}])
def test_a_forced_word_may_have_more_pieces_than_most_words(model, wish):
    (found,) = model.summarize(TEXTS[:1], max_words=1, **wish)
    assert found.text == "1234567890"
    (found,) = model.summarize(TEXTS[:1], max_words=3, **wish)
    assert contains_phrase(found.text, "1234567890")
    assert len(found.text.split()) <= 3


@pytest.mark.parametrize("strategy", ["beam", "greedy", "sample", "diverse"])
def test_every_summary_begins_with_the_prefix_and_the_score_counts_it(model, strategy):
    for summary in model.summarize(TEXTS, strategy=strategy, prefix=" 5  0 "):
        assert re.match(r"5 0( |$)", summary.text)
        assert summary.score < -1  # it is not what the model would have written


@pytest.mark.parametrize("strategy", ["beam", "greedy", "sample", "diverse"])
@pytest.mark.parametrize(("least", "most"), [(6, None), (4, 4), (12, 14), (1, 2), (30, None)])
def test_lengths_in_words_are_met(model, strategy, least, most):
    for summary in model.summarize(
        TEXTS, strategy=strategy, min_words=least, max_words=most
    ):  # fmt: skip
        assert least <= len(summary.text.split()) <= (most or 99)


def test_samples_follow_their_seed_wherever_they_are_drawn(model):
    def draw(texts, seed):
        wishes = {"strategy": "sample", "temperature": 3.0, "seed": seed}
        return [s.text for s in model.summarize(texts, **wishes)]

    assert draw(TEXTS, 3) == draw(TEXTS, 3)
    assert draw(TEXTS[::-1], 3) == draw(TEXTS, 3)[::-1]
    assert len({tuple(draw(TEXTS, seed)) for seed in range(6)}) > 1


def test_diverse_summaries_differ_from_the_first_piece(model):
    (found,) = model.summarize(
        TEXTS[:1], strategy="diverse", beam=4, beam_groups=4, diversity_penalty=50.0, n_best=4
    )
    assert len({h.ids[0] for h in found.alternatives}) == 4


def test_the_command_line_asks_as_python_does(digits, model, tmp_path, capsys):
    document = tmp_path / "a.txt"
    document.write_text(TEXTS[0])
    command = (
        "--strategy beam --beam 8 --must-not-include 1 --must-not-include 4 --must-include 7 "
        "--prefix 9 --min-words 6 --max-words 9 "
        "--length-penalty 0.5 --coverage-penalty 0.1 --length-normalization gnmt --n-best 2 --json"
    )
    assert (
        cli.main(["summarize", "--model", str(digits.folder), str(document), *command.split()]) == 0
    )
    (record,) = map(json.loads, capsys.readouterr().out.splitlines())
    (found,) = model.summarize(
        [TEXTS[0]], beam=8, max_words=9, n_best=2, strategy="beam",
        must_not_include=("1", "4"), must_include="7",
        prefix="9", min_words=6,
        length_penalty=0.5, coverage_penalty=0.1, length_normalization="gnmt",
    )  # fmt: skip
    assert [h["summary"] for h in record["alternatives"]] == [h.text for h in found.alternatives]
    sampling = "--strategy sample --temperature 2 --top-k 5 --top-p 0.9 --seed 4"
    command = f"summarize --model {digits.folder} {document} {sampling}"
    assert cli.main(command.split()) == 0
    wishes = {"strategy": "sample", "temperature": 2.0, "top_k": 5, "top_p": 0.9, "seed": 4}
    assert capsys.readouterr().out == model.summarize([TEXTS[0]], **wishes)[0].text + "\n"


def test_evaluating_asks_too(digits, tmp_path, capsys):
    data = tmp_path / "data.jsonl"
    data.write_text("".join(json.dumps({"document": t, "summary": "1 2"}) + "\n" for t in TEXTS))
    words = ["evaluate", digits.folder, data, "--output", tmp_path / "out", "--prefix", "0 0"]
    words += ["--allow-overlap"]
    assert cli.main([str(word) for word in words]) == 0
    capsys.readouterr()
    lines = (tmp_path / "out" / "predictions.jsonl").read_text().splitlines()
    assert [json.loads(line)["prediction"][:3] for line in lines] == ["0 0"] * 3


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("--min-words 0", "min-words 0: must be above 0"),
        ("--min-words 5 --max-words 4", "min-words 5: must be at most max-words, 4"),
        ("--min-words 5000", "min-words 5000: must be at most 1000"),
        ("--temperature 2", "temperature 2.0: only with strategy sample, not beam"),
        (
            "--strategy sample --beam-groups 2",
            "beam-groups 2: only with strategy diverse, not sample",
        ),
        ("--strategy sample --temperature 0", "temperature 0.0: must be above 0"),
        ("--strategy sample --top-p 2", "top-p 2.0: must be above 0 and at most 1"),
        ("--strategy diverse --beam 5", "beam 5: must be a multiple of the 4 beam groups"),
        ("--strategy greedy --beam 2", "beam 2: strategy greedy keeps only 1"),
        (
            "--strategy sample --must-include 1",
            "must-include '1': only with strategy beam, not sample",
        ),
        ("--length-penalty -1", "length-penalty -1.0: must be 0 or more"),
        ("--must-not-include=", "must-not-include '': contains no word"),
        (
            "--must-include 12 --must-not-include 12",
            "must-include '12': contains '12', which is banned",
        ),
        ("--prefix 1_2 --must-not-include 2", "prefix '1_2': contains '2', which is banned"),
        ("--must-include 1_2_3 --max-words 2", "max-words 2: too few for 3 required words"),
        ("--must-include " + "_".join("1234567890" * 3), "must-include: the required text has "),
    ],
)
def test_impossible_wishes_are_told_once(digits, tmp_path, capsys, command, line):
    document = tmp_path / "a.txt"
    document.write_text(TEXTS[0])
    words = [word.replace("_", " ") for word in command.split()]
    assert cli.main(["summarize", "--model", str(digits.folder), str(document), *words]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("summarizer: " + line.replace("_", " "))


def test_a_graph_of_an_earlier_version_does_what_it_can(digits, monkeypatch):
    old = Summarizer.load(digits.folder)
    early = {"document", "beam", "minimum", "maximum", "penalty", "block", "allowed"}
    given = []
    monkeypatch.setattr(old._model, "_inputs", early)
    run = old._model._session.run
    full = graph_inputs.neutral_inputs(np.array([[4]]), 1, old._model.vocabulary.size)

    class Early:
        def run(self, names, values):
            given.append(set(values))
            batch = len(values["document"])
            rest = graph_inputs.neutral_inputs(values["document"], 1, old._model.vocabulary.size)
            return run(names, {**rest, **values}) if batch else []

    assert early < set(full) | {"minimum", "maximum", "penalty", "block"}
    monkeypatch.setattr(old._model, "_session", Early())
    assert old.summarize(TEXTS)[0].text
    assert given == [early]
    with pytest.raises(ModelError, match="exported by an earlier version: export it again"):
        old.summarize(TEXTS, must_not_include=["1"])


# --- phrases -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "phrase", "held"),
    [
        ("A Network of nets", "network", True),
        ("A Network of nets", "NETS", True),
        ("Networks of nets", "network", False),
        ("subnet", "net", False),
        ("the (net) of it", "net", True),
        ("net-work", "net", True),
        ("deep  learning", "deep learning", True),
        ("deeplearning", "deep learning", False),
        ("caf\u0065\u0301", "cafe", False),
        ("caf\u0065\u0301", "caf\u00e9", True),
        ("深度学习的方法", "学习", True),
        ("用net做", "net", True),
        ("C++ rules", "C++", True),
        ("", "x", False),
    ],
)
def test_whole_words_are_found_without_case(text, phrase, held):
    assert contains_phrase(text, phrase) is held


LINES = ["the network of networks, a net of nets (net)"] * 9 + ["用深度学习的方法做学习"] * 9


@pytest.mark.parametrize("kind", ["unigram", "bpe", "characters", "bytes", "words"])
def test_phrases_are_written_as_a_summary_would_write_them(kind):
    words = vocabulary.train_vocabulary(LINES, 330, kind=kind)
    phrases = Phrases(words)
    for text, phrase in (("a net of nets", "net"), ("a net of nets", "of nets")):
        ids, (*pieces, last) = words.encode(text), phrases.encode(phrase, LINES[0])
        assert last == BOUNDARY
        assert any(ids[i : i + len(pieces)] == pieces for i in range(len(ids)))
    pieces = list(phrases.encode("学习", LINES[-1]))
    assert BOUNDARY not in pieces
    ids = words.encode("用深度学习的方法")
    assert any(ids[i : i + len(pieces)] == pieces for i in range(len(ids))) or kind in (
        "unigram",
        "bpe",
    )
    ids = words.encode("the net (net) networks")
    where = phrases.written(ids, "net", "")
    assert where[-1] == BOUNDARY
    assert contains_phrase(words.decode(where[:-1]), "net")


# --- ensembles ---------------------------------------------------------------------------------


def stepped(model, pieces, state, memory):
    """The log-probabilities of all next pieces, and the next state."""
    account, state = model.step(pieces, state, memory)
    places = model.copy_indices(memory, pieces.shape[1])
    return pointer.to_log_probs(
        *model.next_token_scores(account, model.output_layer(), places)
    ), state


def test_an_ensemble_of_one_model_twice_is_the_model():
    one, docs = tiny(), documents()
    two = Ensemble([one, one])
    pieces = np.full((len(docs), 1), 5, "int32")
    memory, memories = one.encode(docs), two.encode(docs)
    start, starts = (
        m.initial_state(x, 2, coverage=True) for m, x in ((one, memory), (two, memories))
    )
    for _ in range(2):
        ours, starts = stepped(two, pieces, starts, memories)
        theirs, start = stepped(one, pieces, start, memory)
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
        np.testing.assert_allclose(starts.coverage, start.coverage, atol=1e-5)


def test_an_ensemble_averages_probabilities():
    models, docs = [tiny(), tiny(1)], documents()
    both = Ensemble(models)
    pieces = np.full((len(docs), 1), 6, "int32")
    each = []
    for model in models:
        memory = model.encode(docs)
        log_probs, _ = stepped(model, pieces, model.initial_state(memory, 1), memory)
        each.append(np.exp(np.asarray(log_probs)))
    memory = both.encode(docs)
    found, _ = stepped(both, pieces, both.initial_state(memory, 1), memory)
    np.testing.assert_allclose(np.exp(np.asarray(found)), np.mean(each, axis=0), atol=1e-5)


def test_checkpoints_become_the_folder_of_one_model(digits, tmp_path):
    members = [digits.folder, digits.folder / "weights.npz"]
    folder = ensemble.create_ensemble(members, tmp_path / "both")
    config, words, model = export.load_keras_model(folder)
    assert isinstance(model, Ensemble)
    alone = export.load_keras_model(digits.folder)[2]
    docs = np.array([words.encode(TEXTS[0])], np.int32)
    batch = {"document": docs, "summary_in": docs, "summary_out": docs}
    np.testing.assert_allclose(model(batch)[0], alone(batch)[0], atol=1e-4)
    assert config.name == "reverse_digits+reverse_digits"
    assert ensemble.create_ensemble(members[::-1], folder) == folder


def test_models_that_do_not_go_together_are_told(digits, tmp_path, capsys):
    other = tmp_path / "other"
    leave = shutil.ignore_patterns("store", "checkpoint.npz", "model.onnx", "metrics.*")
    shutil.copytree(digits.folder, other, ignore=leave)
    proto = vocabulary.train_vocabulary(LINES, 300).proto
    (other / "vocabulary.model").write_bytes(proto)

    def told(*words):
        assert cli.main(["export", *map(str, words)]) == 1
        return capsys.readouterr().err.removeprefix("summarizer: ").rstrip("\n")

    line = told(digits.folder, other, "--output", tmp_path / "x")
    assert line == (
        f"{other}: has another vocabulary than {digits.folder}; only models of one vocabulary can "
        "be averaged"
    )
    assert not (tmp_path / "x").exists()
    line = told(digits.folder, digits.folder, "--output", other)
    assert line == f"{other}: holds something else; name another folder for the ensemble"
    for words in ([digits.folder, other], [digits.folder, "--output", other]):
        with pytest.raises(SystemExit):
            cli.main(["export", *map(str, words)])


@pytest.mark.slow
def test_an_exported_ensemble_summarizes_as_its_members_do(digits, model, tmp_path, capsys):
    folder, data = tmp_path / "both", "reverse_digits,count=400"
    members = [str(digits.folder), str(digits.folder / "weights.npz")]
    assert cli.main(["export", *members, "--output", str(folder), "--data", data]) == 0
    assert "same summary as Keras on 100.0%" in capsys.readouterr().out
    found = Summarizer.load(folder).summarize(TEXTS)
    assert [s.text for s in found] == [s.text for s in model.summarize(TEXTS)]


@pytest.mark.parametrize(
    ("wishes", "factor"),
    [({"must_not_include": ("1", "6")}, 1), ({"min_words": 3}, 0.5), ({"max_words": 2}, 2)],
)
def test_what_the_search_did_not_know_is_found_in_the_text(model, monkeypatch, wishes, factor):
    """Spellings are hidden from the search and lengths counted otherwise: it learns from texts."""
    opened = model._model
    monkeypatch.setattr(opened._phrases, "spellings", lambda *_: set())

    def length(text):
        return int(factor * len(text.split()))

    for summary in opened.summarize(TEXTS, DecodingOptions(**wishes), length):
        assert not any(
            contains_phrase(summary.text, word) for word in wishes.get("must_not_include", ())
        )
        assert wishes.get("min_words", 1) <= length(summary.text) <= wishes.get("max_words", 99)
    monkeypatch.setattr(constraint_retry, "MAX_SEARCHES", 1)
    with pytest.raises(InputError, match="constraints for the document starting '2 7 1'"):
        opened.summarize(TEXTS[1:2], DecodingOptions(**wishes), length)
