"""Types and sources of summaries, from the data to the search: options, weights, control tokens."""

import dataclasses
import json
import logging
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import config, vocabulary
from summarizer.api import written_types
from summarizer.api.evaluate import evaluate
from summarizer.api.presets import apply_overrides, load_preset
from summarizer.api.summarizer import Summarizer
from summarizer.api.train import train
from summarizer.config import Config, Part
from summarizer.datasets import batching, groups, spec, token_store
from summarizer.datasets.batching import BatchPlan, BatchShape
from summarizer.errors import ConfigError, InputError
from summarizer.types import Example
from summarizer.vocabulary import START

TEXTS = [
    f"The {i} bees of <headline> read <tldr> documents about the title of {i}" for i in range(50)
]


def write(path: Path, *rows: dict[str, object]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def pairs(count: int, **more: object) -> list[dict[str, object]]:
    rows = ({"id": f"r{i}", "document": f"d {i}", "summary": f"s {i}"} for i in range(count))
    return [{**row, **more} for row in rows]


def refused(what: str) -> str:
    with pytest.raises((InputError, ConfigError)) as caught:
        list(spec.examples(what))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(autouse=True)
def summarize_tiny_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    """The documents of the toy are shorter than a headline."""
    monkeypatch.setattr(written_types, "TINY", 0)


# --- options of a SPEC -----------------------------------------------------------------------


def test_columns_say_type_and_source(tmp_path: Path) -> None:
    rows = [{**pairs(1)[0], "kind": kind, "by": "us"} for kind in ("headline", "keypoints")]
    path = write(tmp_path / "a.jsonl", *rows)
    found = list(spec.examples(f"{path},type_column=kind,source_column=by"))
    assert [(e.type, e.source) for e in found] == [("headline", "us"), ("key-points", "us")]
    assert [e.type for e in spec.examples(f"{path},type_column=kind,only=headline")] == ["headline"]


def test_an_unknown_type_is_named_with_its_line_and_the_nearest(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", {**pairs(1)[0], "kind": "headlin"})
    assert refused(f"{path},type_column=kind") == (
        f"{path}:1: unknown type 'headlin': did you mean 'headline'? known: headline, key-points, "
        "keywords, summary, title, tldr"
    )
    assert "unknown type 'titel': did you mean 'title'" in refused(f"{path},type=titel")
    assert "unknown type 'tl': " in refused(f"{path},only=title+tl")


def test_a_spec_gives_its_type_and_picks_by_id(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", *pairs(12))
    assert {e.type for e in spec.examples(f"{path},type=tldr")} == {"tldr"}
    assert [e.id for e in spec.examples(f"{path},ids=r1+r7")] == ["r1", "r7", "r10", "r11"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_a_lead_is_the_summary_of_the_rest(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "a.csv":
        path.write_text('document,lead\n"One two. Three four.",9\n"Five. Six",\n')
    else:
        write(path, {"document": "One two. Three four.", "lead": 9}, {"document": "Five. Six"})
    (found,) = spec.examples(f"{path},lead_column=lead,missing=skip")
    assert (found.document, found.summary) == ("Three four.", "One two.")
    assert "column 'lead'" in refused(f"{path},lead_column=lead")


def test_a_lead_leaves_something_of_the_document(tmp_path: Path) -> None:
    for lead in (0, -1, 4, 9):
        path = write(tmp_path / "a.jsonl", {"document": "One.", "lead": lead})
        assert f"{path}:1: column 'lead' is {lead}" in refused(f"{path},lead_column=lead")


def test_rows_without_the_column_are_passed_over_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "a.jsonl", *pairs(2), {**pairs(1)[0], "deck": "A deck."})
    with caplog.at_level(logging.INFO, "summarizer"):
        (found,) = spec.examples(f"{path},summary=deck,missing=skip")
    assert found.summary == "A deck."
    assert f"{path}: rows without a summary, skipped: 2; rows with one: 1" in caplog.messages
    assert "skipped all 3 rows" in refused(f"{path},summary=dek,missing=skip")
    assert "missing=skp: must be error or skip" in refused(f"{path},missing=skp")


def test_a_mix_carries_types_and_sources(tmp_path: Path) -> None:
    one = write(tmp_path / "one.train.jsonl", *pairs(2, by="me"))
    other = write(tmp_path / "other.jsonl", *pairs(3))
    mixed = f"mix,stop=each:1*{one},type=title,source_column=by+1*{other},type=tldr"
    found = Counter(example.group for example in spec.examples(mixed))
    assert found == {"title/me": 2, "tldr/other": 3}
    assert Counter(e.source for e in spec.examples(f"mix:1*{one}+1*{other}"))["one"] == 2


def test_a_source_without_a_type_in_a_mix_that_has_some_is_named(tmp_path: Path) -> None:
    one, other = (write(tmp_path / f"{name}.jsonl", *pairs(2)) for name in "ab")
    message = refused(f"mix:1*{one},type=title+1*{other}")
    assert f"'{other}' has no type, but '{one},type=title' has" in message


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_a_mix_that_reads_each_example_has_each_once(counts: list[int]) -> None:
    parts = "+".join(f"{i}*reverse_digits,count={10 * n}" for i, n in enumerate(counts, 1))
    ids = [example.id for example in spec.examples(f"mix,stop=each:{parts}")]
    assert len(ids) == len(set(ids)) == 10 * sum(counts)


# --- groups ----------------------------------------------------------------------------------


def made(*kinds: str) -> list[Example]:
    return [Example(f"{i}", f"d {i}", "s", (), *kind.split("/")) for i, kind in enumerate(kinds)]


def test_examples_with_and_without_a_type_do_not_mix() -> None:
    recorder = groups.GroupIndex(lambda kind: 4)
    with pytest.raises(InputError) as caught:
        list(recorder.record(made("title/a", "/b")))
    assert str(caught.value).startswith("example 1 has no type of summary, but 0 has 'title'")


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=40),
    st.lists(st.floats(0, 3), min_size=4, max_size=4),
    st.integers(0, 2**31),
)
def test_each_example_is_drawn_before_any_is_drawn_again(
    rows: list[int], weights: list[float], seed: int
) -> None:
    numbers = np.array(rows, np.uint16)
    drawn = [groups.draw_epoch(numbers, weights, seed, epoch) for epoch in range(4)]
    assert np.array_equal(
        drawn[2], groups.draw_epoch(numbers, weights, seed, 2)
    )  # of no other epoch
    times = np.bincount(np.concatenate(drawn), minlength=len(rows))
    for group, weight in enumerate(weights):
        count = times[numbers == group]
        if len(count):
            assert count.max() - count.min() <= 1
            assert abs(count.sum() - 4 * weight * len(count)) <= 0.5


def test_the_weight_of_type_and_source_goes_before_that_of_the_source() -> None:
    names = ["title/a", "tldr/a", "tldr/b"]
    assert groups.group_weights(names, {"a": 2, "tldr/a": 0.5}) == [2.0, 0.5, 1.0]
    for weights, said in (({"aa": 1}, "no source 'aa': did you mean 'a'"), ({"a": -1}, "'a': -1")):
        with pytest.raises(ConfigError, match=said):
            groups.group_weights(names, weights)


def test_validation_is_drawn_from_the_whole_equally_by_type_and_source() -> None:
    rows = made(*["title/a"] * 500, *["headline/b"] * 60, *["headline/c"] * 7, *["title/a"] * 500)
    found = groups.balanced_sample(rows, 40, seed=3)
    assert Counter(e.group for e in found) == {"title/a": 20, "headline/b": 13, "headline/c": 7}
    assert len({e.id for e in found}) == 40
    assert any(int(e.id) > 600 for e in found)
    assert any(int(e.id) < 400 for e in found)
    assert (
        found
        == groups.balanced_sample(rows, 40, seed=3)
        != groups.balanced_sample(rows, 40, seed=4)
    )
    assert groups.balanced_sample(rows[:5], 40, seed=3) != rows[:5]
    assert sorted(e.id for e in groups.balanced_sample(rows[:5], 40, seed=3)) == [
        "0",
        "1",
        "2",
        "3",
        "4",
    ]


def test_a_sample_of_the_vocabulary_is_as_the_examples_are_drawn() -> None:
    rows = made(*["title/a"] * 3000, *["title/b"] * 1000, *["title/c"] * 10)
    found = Counter(e.source for e in groups.reservoir_sample(rows, 400, {"a": 0.1, "title/c": 0}))
    assert found["c"] == 0
    assert 60 < found["a"] < 125  # 300 of 1,300


def test_formulas_are_thinned_by_the_hash_of_the_id() -> None:
    formula = "Sen. X Issues Statement On it"
    rows = [Example(str(i), "d", formula if i % 2 else "s") for i in range(2000)]
    found = list(groups.thin(rows, {"issues statement": 0.2}))
    assert len([e for e in found if e.summary == "s"]) == 1000
    assert 150 < len(found) - 1000 < 250
    assert found == list(groups.thin(rows, {"issues statement": 0.2}))
    with pytest.raises(ConfigError, match="must be a number from 0 to 1"):
        list(groups.thin(rows, {"a": 2}))


# --- control tokens --------------------------------------------------------------------------


def test_control_tokens_have_the_ids_behind_the_special_ones_and_no_text_has_them() -> None:
    words = vocabulary.train_vocabulary(TEXTS, 400, controls=("headline", "title", "tldr"))
    assert words.controls == {"headline": 4, "title": 5, "tldr": 6}
    assert [words.start(t) for t in ("title", "tldr", "", None)] == [5, 6, 4, 4]
    for text in (*TEXTS, "<headline>", "<title> x", "<TLDR>"):
        assert min(words.encode(text)) > 6
    assert words.decode([4, *words.encode("bees")]) == "bees"
    with pytest.raises(InputError, match="was not trained for it: known: headline, title, tldr"):
        words.start("summary")


def test_a_vocabulary_without_control_tokens_begins_as_it_did() -> None:
    words = vocabulary.train_vocabulary(TEXTS, 400)
    assert words.controls == {}
    assert words.start("title") == words.start() == START
    assert vocabulary.train_vocabulary(TEXTS, 400, controls=()).proto == words.proto


def test_words_have_no_control_tokens() -> None:
    with pytest.raises(ConfigError, match="vocabulary.kind=words: has no control tokens"):
        vocabulary.train_vocabulary(TEXTS, 400, kind="words", controls=("title",))


def test_batches_begin_with_the_token_of_the_type(tmp_path: Path) -> None:
    recorder = groups.GroupIndex({"title": 5, "tldr": 6}.__getitem__)
    ids = [([10, 11], [20]), ([12], [21, 22]), ([13], [23])]
    examples = recorder.record(made("title/a", "tldr/a", "title/b"))
    ids_as_they_come = (pair for pair, _ in zip(ids, examples, strict=True))
    kept = token_store.write_store(tmp_path / "store", ids_as_they_come, 400, {}, groups=recorder)
    assert kept.group_names == ["title/a", "tldr/a", "title/b"]
    found = batching.gather(kept, BatchPlan(np.array([2, 1, 0]), 2, 4), BatchShape(4, 8, 8, 1))
    assert found["summary_in"][:, :2].tolist() == [[5, 23], [6, 21], [5, 20], [START, 0]]
    (tmp_path / "store" / "groups.bin").write_bytes(b"\0\0")
    with pytest.raises(InputError, match="the token store is cut"):
        token_store.read_store(tmp_path / "store")


def test_an_epoch_is_drawn_by_weight(tmp_path: Path) -> None:
    lengths = np.full((100, 2), 5, np.int32)
    numbers = np.repeat(np.array([0, 1], np.uint16), 50)
    planned = batching.plan_batches(lengths, 1, 0, BatchShape(8, 8, 8, 3), (numbers, [2.0, 0.1]))
    rows = np.concatenate([p.rows for p in planned])
    assert Counter(numbers[rows].tolist()) == {0: 100, 1: 5}


# --- a model of several types ----------------------------------------------------------------


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A model whose headline is the first word of a document, and whose title is the last."""
    folder = tmp_path_factory.mktemp("typed")
    random = np.random.default_rng(0)
    names = [f"w{chr(97 + i)}{chr(97 + j)}" for i in range(8) for j in range(8)]
    rows = []
    for i in range(1500):
        words = random.choice(names, 4).tolist()
        kind = ("headline", "title")[i % 2]
        summary = words[0] if kind == "headline" else words[-1]
        row = {"id": str(i), "document": " ".join(words), "summary": summary, "type": kind}
        rows.append({**row, "by": f"s{i % 3}"})
    path = write(folder / "rows.jsonl", *rows)
    data = f"{path},type_column=type,source_column=by"
    wanted = dataclasses.replace(
        load_preset("reverse_digits"),
        vocabulary=config.VocabularyConfig(size=340),
        data=dataclasses.replace(load_preset("reverse_digits").data, train=data),
    )
    settings = ["train.steps=160", "train.validation_examples=30", "train.validation_interval=80"]
    settings += ["train.batch_size=32", "train.warmup_steps=40", "model.embedding_size=32"]
    settings += ["model.encoder.width=32", "model.decoder_cell.width=64"]
    settings += ["decode.min_tokens=1", 'data.weights={"s2": 0.5}']
    train(config.apply_settings(wanted, settings), folder / "run")
    return folder / "run", data


def test_the_type_decides_what_is_written(typed: tuple[Path, str]) -> None:
    summarizer = Summarizer.load(typed[0])
    assert summarizer.types == ("headline", "title", "tldr")
    text = ["waa wcd wef wgh"]
    for kind, word in (("headline", "waa"), ("title", "wgh")):
        (summary,) = summarizer.summarize(text, type=kind)
        assert (summary.text.lower(), summary.type) == (word, kind)
    texts = [*text, "wha wba", "wcc wdd wee"]
    both = [summarizer.summarize(texts, type=kind) for kind in ("headline", "title")]
    for best, *candidates in zip(summarizer.summarize(texts), *both, strict=True):
        likeliest = max(candidates, key=lambda summary: summary.score)
        assert (best.type, best.text) == (likeliest.type, likeliest.text)
        assert best.score == pytest.approx(likeliest.score, abs=1e-5)
    with pytest.raises(InputError, match="unknown type 'titel': did you mean 'title'"):
        summarizer.summarize(text, type="titel")


def test_scores_are_kept_by_type_and_source(typed: tuple[Path, str]) -> None:
    lines = (typed[0] / "metrics.jsonl").read_text("utf-8").splitlines()
    last = json.loads(lines[-1])
    assert set(last["by_type"]) == {"headline", "title"}
    assert set(last["by_source"]) == {f"{t}/s{i}" for t in last["by_type"] for i in range(3)}
    assert np.mean(list(last["by_type"].values())) == pytest.approx(last["rouge1"])


def test_the_export_is_proved_and_evaluated_by_type(typed: tuple[Path, str]) -> None:
    from summarizer.api import verify_export

    folder, data = typed
    assert (
        "same summary as Keras on 100.0%"
        in list(verify_export.verify_export(folder, documents=40))[-1]
    )
    found = evaluate(folder, f"{data},split=test")
    assert found.scores["rouge1"]["mean"] > 90


def test_a_sentence_extractor_learns_from_every_type(
    typed: tuple[Path, str], tmp_path: Path
) -> None:
    """Types that a model does not write, such as key points, teach its sentence head."""
    sentences = [f"waa wcd wef {word}." for word in ("wgh", "wab", "wha", "wbb")]
    row = {"document": " ".join(sentences), "summary": sentences[1], "type": "key-points"}
    path = write(tmp_path / "rows.jsonl", *[{**row, "id": str(i)} for i in range(40)])
    settings = [
        f"train.init={typed[0]}", "train.init_parts=frozen_encoder", "train.steps=2",
        f"data.train={path},type_column=type", "train.batch_size=8", "train.warmup_steps=1",
    ]  # fmt: skip
    config = apply_overrides(load_preset("sentence_extractor"), settings)
    train(config, tmp_path / "run")
    (summary,) = Summarizer.load(tmp_path / "run").summarize([row["document"]])
    assert summary.text


def test_a_model_without_types_knows_none(digits: object) -> None:
    summarizer = Summarizer.load(digits.folder)  # type: ignore[attr-defined]
    assert summarizer.types == ()
    with pytest.raises(InputError, match="type 'title': the model was trained without types"):
        summarizer.summarize(["1 2 3"], type="title")


def test_a_graph_without_the_input_still_runs(typed: tuple[Path, str], digits: object) -> None:
    """A graph of an earlier version has no input `start`; a model without types needs none."""
    from summarizer.errors import ModelError
    from summarizer.runtime.onnx_summarizer import OnnxSummarizer

    old = OnnxSummarizer(digits.folder)  # type: ignore[attr-defined]
    expected = old.summarize(["1 2 3 4"])[0].text

    class Without:
        def __init__(self, session: object) -> None:
            self._session = session

        def run(self, outputs: list[str], given: dict[str, object]) -> object:
            assert "start" not in given
            start = np.full(1, START, np.int32)
            return self._session.run(outputs, {**given, "start": start})  # type: ignore[attr-defined]

    old._session, old._inputs = Without(old._session), old._inputs - {"start"}
    assert old.summarize(["1 2 3 4"])[0].text == expected
    new = OnnxSummarizer(typed[0])
    new._inputs -= {"start"}
    with pytest.raises(ModelError, match="exported by an earlier version"):
        new.summarize(["waa wcd wef wgh"])


def test_no_control_token_is_written() -> None:
    from summarizer.model import build

    small = config.ModelConfig(
        embedding_size=8,
        encoder=Part("bidirectional", {"width": 8}),
        decoder_cell=Part("lstm", {"width": 16}),
    )
    model = build.build_model(Config(model=small), 12, controls=3)
    bias = np.asarray(model.output_layer().bias)
    assert (bias < -1e8).tolist() == [True, True, False] + [True] * 4 + [False] * 5
    plain = np.asarray(build.build_model(Config(model=small), 12).output_layer().bias)
    assert (plain < -1e8).tolist() == [True, True, False, True] + [False] * 8
