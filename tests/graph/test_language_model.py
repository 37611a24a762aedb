"""What is read and what is written beside summaries: autoencoders, language models, their loss."""

import dataclasses
import itertools
import json
import logging
import math
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import cli, storage, vocabulary
from summarizer import config as configuration
from summarizer.api import export, text_generator, train
from summarizer.api.presets import apply_overrides, load_preset
from summarizer.config import Config, DataConfig, ModelConfig, Part
from summarizer.datasets import batching, spec, tasks, token_store
from summarizer.decoding.graph_inputs import BOUNDARY, STRATEGIES
from summarizer.errors import ConfigError, InputError
from summarizer.exporters import onnx_export
from summarizer.model import named_weights, pointer
from summarizer.model.seq2seq import Seq2Seq
from summarizer.training import validators
from summarizer.types import Example
from summarizer.vocabulary import END, PAD, START

ROOT = Path(__file__).parents[2]
TEXTS = ["the cat sat on the mat", "a dog", "cats and dogs sat down on a mat and slept there"]
EXAMPLES = [Example(str(i), text) for i, text in enumerate(TEXTS)]


def words():
    return vocabulary.train_vocabulary(iter(TEXTS), 300, True, kind="characters")


def network(size, **changes):
    """A tiny network with opinions: its weights are made large."""
    config = ModelConfig(
        embedding_size=8, encoder=Part("bidirectional", {"width": 5}),
        decoder_cell=Part("lstm", {"width": 10}), dropout=0.3,
    )  # fmt: skip
    model = Seq2Seq(dataclasses.replace(config, **changes), size)
    for variable in model.trainable_variables:
        variable.assign(np.asarray(variable.value) * 3)
    return model


# --- what is read and what is written ----------------------------------------------------------


@given(st.lists(st.integers(0, 40), max_size=6), st.integers(1, 9))
def test_windows_of_a_text_lose_nothing_and_only_the_last_one_ends(lengths, size):
    texts = [list(range(4, 4 + length)) for length in lengths]
    data = DataConfig(task="language_model", max_summary_tokens=size)
    found = list(tasks.cut_windows(data, (([], text) for text in texts)))
    every = [piece for text in texts for piece in text]
    assert [piece for _, window in found for piece in window] == every
    assert all(1 <= len(window) <= size and not document for document, window in found)
    short = sum(len(window) < size for _, window in found)
    assert short == sum(len(text) % size > 0 for text in texts)
    if not found:
        return
    shape = batching.BatchShape(3, 8, size, 1)
    whole = list(batching.sequential_batches(token_store.in_memory_store(found, 100), shape))
    out = np.concatenate([b["summary_out"][b["weight"] > 0] for b in whole])
    assert out[out != END].tolist() == every
    assert (out == END).sum() == short  # a text that fills its windows has no room for its end
    assert all((b["summary_in"][:, 0] == START).all() for b in whole)


@pytest.mark.parametrize(
    ("task", "document", "summary"),
    [("summarize", "read", "said"), ("autoencode", "read", "read"), ("language_model", "", "read")],
)
def test_a_task_says_what_is_read_and_what_is_written(task, document, summary, tmp_path):
    (made,) = tasks.pairs(DataConfig(task=task), [Example("1", "read", "said")])
    assert made == Example("1", document, summary)
    path = tmp_path / "texts.jsonl"
    path.write_text('{"document": "read"}\n' * 2)
    if task != "summarize":  # then there need not be summaries
        assert len(list(tasks.examples(DataConfig(task=task), str(path), "all"))) == 2


def test_tokens_are_made_again_where_a_task_cuts_otherwise():
    sizes = [DataConfig(task="language_model", max_summary_tokens=size) for size in (5, 6)]
    others = [DataConfig(), DataConfig(task="autoencode"), *sizes]
    for one, other in itertools.combinations(others, 2):
        assert tasks.store_metadata(one) != tasks.store_metadata(other)
    assert (
        tasks.store_metadata(DataConfig(max_summary_tokens=5))
        == tasks.store_metadata(DataConfig())
        == {}
    )


def test_what_was_not_read_cannot_be_written_again():
    with pytest.raises(
        ConfigError, match="data.max_summary_tokens=20.*data.max_document_tokens=16"
    ):
        configuration.apply_settings(
            Config(),
            ["data.task=autoencode", "data.max_document_tokens=16", "data.max_summary_tokens=20"],
        )


def test_a_file_of_plain_text_has_an_example_for_each_paragraph(tmp_path):
    path = tmp_path / "novel.txt"
    path.write_text("\ufeffCall me\n  Ishmael.\n\n \nSome years\nago\n")
    assert list(spec.examples(str(path))) == [
        Example("1", "Call me Ishmael."), Example("5", "Some years ago"),
    ]  # fmt: skip
    path.write_bytes(b"one\n\xff\n\ntwo\n")
    with pytest.raises(InputError, match="novel.txt:2: .*UTF-8"):
        list(spec.examples(str(path)))
    assert [e.document for e in spec.examples(f"{path},skip_bad=yes")] == ["one", "two"]


# --- the loss on held-out examples -------------------------------------------------------------


@pytest.mark.parametrize("task", ["summarize", "language_model"])
def test_the_validation_loss_is_that_of_each_example_alone(task, monkeypatch):
    known = words()
    config = Config(data=DataConfig(task=task, max_document_tokens=20, max_summary_tokens=7))
    examples = [dataclasses.replace(e, summary=e.document[:9]) for e in EXAMPLES]
    model = network(known.size)
    monkeypatch.setattr(
        validators, "BATCH_SIZE", 4
    )  # so that a batch is filled up, and there are two
    found = validators.validation_loss(model, known, config, examples)
    logs = []
    for example in tasks.pairs(config.data, examples):
        document = known.encode(example.document)[:20] or [END]
        summary = known.encode(example.summary)
        step = 7 if task == "language_model" else len(summary)
        for begin in range(0, len(summary), step):
            window = [*summary[begin : begin + step], END][:7]
            batch = {
                "document": np.array([[*document, PAD]], "int32"),
                "summary_in": np.array([[START, *window[:-1]]], "int32"),
                "summary_out": np.array([window], "int32"),
            }
            logs.extend(np.asarray(model(batch)[0])[0].tolist())
    assert found == pytest.approx(-np.mean(logs), rel=1e-4)
    assert math.exp(found) > 1.5


@pytest.mark.slow
@pytest.mark.parametrize("task", ["autoencode", "language_model"])
def test_what_is_not_a_summary_is_judged_by_its_loss(task):
    known, config = words(), Config(data=DataConfig(task=task, max_summary_tokens=16))
    model = writer(known.size) if task == "language_model" else network(known.size)
    validate = validators.make_validator(model, known, config, EXAMPLES)
    found = validate()
    scores = [found.scores]
    assert len(found.samples) == 3
    for example, line in zip(EXAMPLES, found.samples, strict=True):
        assert line.startswith("  ")
        assert line.endswith(example.document) is (task == "autoencode")
    model.output_bias.assign(np.asarray(model.output_bias.value) + 0.1 * np.arange(known.size))
    scores.append(validate().scores)
    metric = validators.selection_metric(config)
    assert (metric.sign, metric.label, list(scores[0])) == (-1, "loss", [metric.name])
    direct = validators.validation_loss(model, known, config, EXAMPLES)
    assert scores[1][metric.name] == pytest.approx(direct)
    assert scores[0] != scores[1]
    assert validators.selection_metric(Config()).name == "rouge1"


# --- starting from what reads ------------------------------------------------------------------

RUN = (
    "train.steps=1", "train.batch_size=4", "train.warmup_steps=1", "train.validation_examples=2",
    "train.precision=float32", "train.compile=graph", "model.embedding_size=8",
)  # fmt: skip


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """The folder of a model that learned, for a step, to reproduce what it reads."""
    folder = tmp_path_factory.mktemp("reader") / "run"
    config = configuration.apply_settings(
        load_preset("reverse_digits"),
        [
            *RUN, "data.task=autoencode", "data.train=reverse_digits,count=60",
            "model.encoder.width=6", "model.decoder_cell.width=12", "vocabulary.kind=bytes",
        ],
    )  # fmt: skip
    train.train(config, folder)
    return folder


def started(reader, folder, *more):
    """The weights that a run which takes that encoder has after a step that changes nothing."""
    settings = [
        *RUN, f"train.init={reader}", "train.init_parts=encoder", "train.learning_rate=1e-30",
        "data.train=reverse_digits,count=60", "model.decoder_cell.width=20",
        "model.attention=additive", *more,
    ]  # fmt: skip
    settings.remove("model.embedding_size=8")
    config = apply_overrides(load_preset("docstrings"), settings)
    train.train(config, folder)
    return storage.load_arrays(folder / "weights.npz")[0]


@pytest.mark.slow
def test_a_run_starts_from_the_encoder_of_another(reader, tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        made = started(reader, tmp_path / "run", "model.tying=summary", "model.pointer=false")
    assert f"starting from the encoder of {reader} " in caplog.text
    given, _ = storage.load_arrays(reader / "weights.npz")
    same = {k for k in given if k in made and np.array_equal(given[k], made[k])}
    zero = {k for k in given if not given[k].any()}
    assert {k for k in given if k.startswith("encoder.")} | {"embeddings"} == same - zero
    assert made["decoder.cell.recurrent_kernel"].shape[0] == 20
    names = ("vocabulary.model", "config.json")
    assert len({(folder / names[0]).read_bytes() for folder in (reader, tmp_path / "run")}) == 1
    kept = configuration.load_config(tmp_path / "run" / "config.json")
    assert kept.model.encoder == configuration.load_config(reader / "config.json").model.encoder
    assert (kept.model.attention.name, kept.model.tying, kept.data.task) == (
        "additive", "summary", "summarize",
    )  # fmt: skip


@pytest.mark.parametrize("setting", ["model.encoder.width=9", "model.embedding_size=9"])
def test_an_encoder_of_another_shape_is_told(tmp_path, setting):
    reader = tmp_path / "reader"
    reader.mkdir()
    (reader / "config.json").write_text(configuration.to_json(Config()))
    name = setting.partition(".width")[0].partition("=")[0]
    said = f"{name}=.*{reader}, which this starts from, has .*; leave the setting out"
    with pytest.raises(ConfigError, match=said):
        started(reader, tmp_path / "run", setting)
    assert not (tmp_path / "run").exists()


# --- a network that reads nothing ---------------------------------------------------------------

ALONE = {
    "encoder": Part("none"), "attention": Part("none"), "pointer": False, "bridge": "zero",
}  # fmt: skip


def writer(size, **changes):
    return network(size, **{**ALONE, **changes})


@pytest.mark.parametrize("past", [False, True])
def test_step_by_step_a_text_is_as_probable_as_all_at_once(past):
    model, rows, steps = writer(40, intra_attention=past, decoder_layers=2), 3, 6
    text = np.random.default_rng(1).integers(4, 40, (rows, steps)).astype("int32")
    inputs = np.hstack([np.full((rows, 1), START, "int32"), text[:, :-1]])
    nothing = np.full((rows, 2), END, "int32")
    batch = {"document": nothing, "summary_in": inputs, "summary_out": text}
    whole = np.asarray(model(batch)[0])
    memory = model.encode(nothing)
    state, output = model.initial_state(memory, steps), model.output_layer()
    for t in range(steps):
        account, state = model.step(inputs[:, t : t + 1], state, memory)
        logs = np.asarray(
            pointer.to_log_probs(
                *model.next_token_scores(account, output, model.copy_indices(memory, 1))
            )
        )
        assert np.exp(logs).sum(axis=2) == pytest.approx(1, abs=1e-5)
        found = np.take_along_axis(logs[:, 0], text[:, t : t + 1], axis=1)[:, 0]
        np.testing.assert_allclose(found, whole[:, t], atol=1e-4)
        assert (np.exp(whole[:, t]) < 0.99).any()


def test_a_language_model_does_not_know_what_the_document_is():
    model = writer(40)
    text = np.array([[5, 6, 7, END]], "int32")
    inputs = np.array([[START, 5, 6, 7]], "int32")
    found = [
        np.asarray(model({"document": d, "summary_in": inputs, "summary_out": text})[0])
        for d in (np.zeros((1, 3), "int32"), np.array([[9, 8]], "int32"))
    ]
    np.testing.assert_array_equal(*found)
    assert not [
        name for name, _ in named_weights.named_variables(model) if name.startswith("encoder")
    ]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            ["data.task=language_model"],
            "model.encoder=bidirectional: data.task=language_model reads no document",
        ),
        (
            [
                "data.task=language_model",
                "model.encoder=none",
                "model.pointer=false",
                "model.attention=none",
                "model.tying=none",
            ],
            "model.tying=none: without an encoder",
        ),
        (["model.encoder=none"], "model.encoder=none: data.task=summarize needs"),
        (
            ["model.encoder=none", "data.task=language_model"],
            "model.attention=dot: without an encoder .*model.attention=none",
        ),
    ],
)
def test_a_task_and_a_network_that_do_not_fit_are_told(settings, said):
    with pytest.raises(ConfigError, match=said):
        configuration.apply_settings(Config(), settings)


# --- continuing a prompt ------------------------------------------------------------------------


class Drawn:
    """A session that draws what a test says, and remembers what it was asked for."""

    def __init__(self, text, kind="characters"):
        self.vocabulary = vocabulary.train_vocabulary(iter(TEXTS), 300, False, kind=kind)
        self.config = load_preset("language_model")
        self.drawn = [*self.vocabulary.encode(text), END]

    def search(self, documents, beam, max_tokens, inputs, seed):
        self.asked = SimpleNamespace(start=documents[0], max_tokens=max_tokens, seed=seed, **inputs)
        row = [*(i for i in documents[0] if i > 0), *self.drawn][:max_tokens]
        pieces = np.array([[row] * beam], "int32")
        logs = np.zeros((1, beam), "float32")
        return {"pieces": pieces, "log_prob": logs, "score": logs}


@pytest.mark.parametrize("kind", ["characters", "bytes", "unigram"])
@pytest.mark.parametrize("prompt", ["the cat", "the  Cat\n sat on ", "", "a\tdog: \u00fc, 3"])
def test_a_prompt_is_kept_as_it_is_written(kind, prompt):
    session = Drawn("mat", kind)
    (found,) = text_generator.TextGenerator(session).generate(prompt)
    assert found.text.startswith(prompt)
    assert found.text[len(prompt) :].strip() == "mat"
    assert found.ids[-len(session.drawn) + 1 :] == tuple(session.drawn[:-1])


def test_a_prompt_that_ends_in_a_space_ends_a_word():
    session = Drawn("s")
    model = text_generator.TextGenerator(session)
    known = session.vocabulary.encode("the cat")
    for prompt, start in (("the cat", known), ("the cat ", [*known, BOUNDARY]), ("", [0])):
        model.generate(prompt)
        assert session.asked.start == start
    session = Drawn("s", "bytes")  # here the space is a piece of its own
    text_generator.TextGenerator(session).generate("the cat ")
    assert session.asked.start == session.vocabulary.encode("the cat ")


@given(st.lists(st.sampled_from(["a", "dog", " ", "  "]), min_size=1), st.integers(1, 6))
def test_no_more_words_are_added_than_asked_for(parts, most):
    text = "".join(parts)
    found = text_generator._first_words(text, most)
    assert text.startswith(found)
    assert found.split() == text.split()[:most]
    assert text_generator._first_words(text, math.inf) == text


def test_what_is_asked_of_a_text_reaches_the_search():
    session = Drawn("cats and dogs sat down")
    model = text_generator.TextGenerator(session)
    found = model.generate(
        "a", num_texts=2, max_tokens=9, temperature=0.5, top_k=3, top_p=0.9, seed=7, max_words=2
    )
    asked = session.asked
    assert (asked.temperature, asked.top_k, asked.top_p, asked.seed) == (0.5, 3, 0.9, 7)
    assert (len(found), asked.max_tokens) == (2, len(session.vocabulary.encode("a")) + 9 + 1)
    assert asked.strategy == STRATEGIES.index("sample")
    model.generate("a")
    assert (asked.groups, session.asked.temperature, session.asked.seed) == (2, 0.7, 1)
    for wrong in (
        {"num_texts": 0},
        {"max_tokens": 0},
        {"max_words": -1},
        {"temperature": 0},
        {"top_p": 2},
    ):
        with pytest.raises(InputError, match=next(iter(wrong)).replace("_", "-")):
            model.generate("a", **wrong)
    words = Drawn("cat", "words")
    with pytest.raises(InputError, match="prompt 'zebras': the model's vocabulary lacks a part"):
        text_generator.TextGenerator(words).generate("zebras")


# --- from the command line -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A language model of characters, trained a little, stopped and resumed."""
    folder = tmp_path_factory.mktemp("writer")
    random = np.random.default_rng(1)
    for i in range(60):
        words = random.choice(["one", "two", "three", "four"], 12)
        (folder / f"{i}.txt").write_text(" ".join(words) + ".")
    settings = [
        *RUN, "model.decoder_cell.width=24", "model.intra_attention=true", "vocabulary.size=300",
        "data.max_summary_tokens=16", "decode.max_tokens=24", "train.learning_rate=1e-2",
        "train.validation_interval=100", "train.batch_size=16",
    ]  # fmt: skip
    line = ["train", "--preset", "language_model", "--data", str(folder)]
    line += ["--output", str(folder / "run")]
    for steps, more in ((100, []), (200, ["--resume"])):
        given = [*settings, f"train.steps={steps}"]
        options = [word for setting in given for word in ("--set", setting)]
        assert cli.main([*line, *options, *more]) == 0
    return folder / "run"


def said(capsys, model, *more):
    capsys.readouterr()
    assert cli.main(["generate", "--model", str(model), *more]) == 0
    return capsys.readouterr().out.removesuffix("\n").split("\n")


@pytest.mark.slow
def test_a_language_model_through_the_command_line_tensorflow_only(trained, tmp_path, capsys):
    records = [json.loads(line) for line in (trained / "metrics.jsonl").read_text().splitlines()]
    losses = [r["validation_loss"] for r in records if "validation_loss" in r]
    assert losses[-1] < losses[0]
    assert max(r["step"] for r in records) == 200
    notes = json.loads((trained / "export.json").read_text())
    assert notes["same"] == 1.0
    asked = ["--prompt", "two three o", "--max-tokens", "60"]  # the windows have 16 pieces
    first, again, other = (
        said(capsys, trained, *asked, "--num-texts", "3", "--seed", seed)
        for seed in ("1", "1", "2")
    )
    assert first == again != other
    assert len(set(first)) == 3
    assert all(text.startswith("two three o") for text in (*first, *other))
    assert max(map(len, first)) > 40
    (short,) = said(capsys, trained, "--prompt", "one", "--max-words", "2", "--seed", "3")
    assert len(short.split()) <= 3
    assert said(capsys, trained, "--seed", "4")
    assert cli.main(["summarize", str(tmp_path), "--model", str(trained)]) == 1
    assert "summarizer generate --model" in capsys.readouterr().err
    code = (
        "import sys; from summarizer import cli; "
        f"cli.main(['generate', '--model', {str(trained)!r}]); "
        "sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.slow
def test_the_graph_continues_as_keras_would_tensorflow_only(trained, capsys):
    _, words, model = export.load_keras_model(trained)
    named_weights.assign_weights(model, onnx_export.read_weights(trained / "model.onnx"), trained)
    ids = [START, *words.encode("four th")]
    for _ in range(30):
        batch = {"document": np.array([[END]], "int32"), "summary_in": np.array([ids], "int32")}
        batch["summary_out"] = batch["summary_in"]
        logits = np.asarray(model(batch)[2])[0, -1]
        ids.append(int(logits.argmax()))
        if ids[-1] == END:
            break
    asked = ["--prompt", "four th", "--top-k", "1", "--max-tokens", "30"]
    assert said(capsys, trained, *asked) == [words.decode(ids[1:])]


@pytest.mark.slow
def test_pieces_are_drawn_as_often_as_they_are_probable_tensorflow_only(trained):
    _, words, model = export.load_keras_model(trained)
    named_weights.assign_weights(model, onnx_export.read_weights(trained / "model.onnx"), trained)
    ids = words.encode("two")
    batch = {
        "document": np.array([[END]], "int32"),
        "summary_in": np.array([[START, *ids]], "int32"),
        "summary_out": np.array([[*ids, END]], "int32"),
    }
    logits = np.asarray(model(batch)[2])[0, -1]
    probable = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    drawn = text_generator.TextGenerator.load(trained).generate(
        "two", num_texts=4000, max_tokens=1, temperature=1.0, seed=1
    )
    counts = np.zeros(words.size)
    for text in drawn:
        counts[text.ids[len(ids)] if len(text.ids) > len(ids) else END] += 1
    expected = 4000 * probable
    likely = expected > 20
    assert likely.sum() > 2
    error = (counts - expected)[likely] / np.sqrt(expected * (1 - probable))[likely]
    assert np.abs(error).max() < 4
