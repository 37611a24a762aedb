"""The comparison of a family: same data and time for all, measured alike, and said with care."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from summarizer import cli, plugins
from summarizer.api import train as train_module
from summarizer.comparison import (
    compare_variants,
    measurements,
    plan,
    plots,
    results,
    table,
    train_variant,
)
from summarizer.comparison.plan import ComparisonPlan
from summarizer.comparison.results import VariantResult
from summarizer.config import Config
from summarizer.errors import ConfigError, InputError, TrainingError
from summarizer.types import Example
from tests import markdown

SCORES = np.random.default_rng(3).uniform(20, 60, 40)


def a_result(name: str, more: float = 0.0, **changes: Any) -> VariantResult:
    """A variant that scores so much more than another on every document, more or less."""
    noise = np.random.default_rng(sum(map(ord, name))).normal(0, 5, len(SCORES))
    scores = list(SCORES + more + noise - noise.mean())
    found = VariantResult(
        name, 1234, "test.jsonl", len(SCORES), steps=10, examples=640, minutes=6.0, speed=100.0,
        loss=2.5, scores=dict.fromkeys(results.METRICS, scores),
        first={m: {"mean": 30.0, "low": 28.0, "high": 32.0} for m in results.METRICS},
        lengths=list(range(40)), repeated=0.05, copied=0.8, written=(0.02, 0.6), generated=0.4,
        curve=[(1.0, 20.0), (6.0, 40.0)], reach=[1.0, 0.5, 0.25],
    )  # fmt: skip
    return dataclasses.replace(found, **changes)


FAILED = VariantResult("memory", 99, failed="step 12: loss nan, gradient norm nan: stopped")


# --- the table ---------------------------------------------------------------------------------


def test_the_table_has_a_row_a_variant_in_the_order_given():
    given = [a_result("rnn", -9.0), a_result("lstm"), a_result("deep", 0.1)]
    rows = markdown.rows(table.markdown(given))
    assert [row[0] for row in rows] == [
        "`rnn`", "`lstm`", "`deep`", "the first words", "the references",
    ]  # fmt: skip
    assert rows[1][1:6] == ["1,234", "100", "6.0", "640", "2.500"]
    assert rows[1][6].startswith(f"{np.mean(SCORES):.1f} [")
    assert rows[1][10:] == ["5.0%", "80.0%", "40.0%"]
    assert rows[3][6] == "30.0 [28.0, 32.0]"
    assert rows[4][10:12] == ["2.0%", "60.0%"]


def test_what_lies_inside_the_interval_is_not_called_better():
    given = [a_result("lstm"), a_result("rnn", -9.0), a_result("deep", 0.1), a_result("gru", 9.0)]
    said = [row[9] for row in markdown.rows(table.markdown(given))[:4]]
    assert said[0] == ""
    assert said[1].endswith("] worse")
    assert said[3].endswith("] better")
    low, high = (float(x) for x in said[2].partition("[")[2].rstrip("]").split(","))
    assert low < 0 < high
    assert [row.get("verdict") for row in table.rows(given)] == [None, "worse", "", "better"]


def test_the_others_are_compared_with_lstm_or_with_the_first():
    others = [FAILED, a_result("rnn"), a_result("gru")]
    assert table.reference(others) is others[1]
    lstm = a_result("lstm")
    assert table.reference([*others, lstm]) is lstm
    assert table.reference([FAILED]) is None


def test_a_variant_that_diverged_is_said_to_have():
    text = table.markdown([a_result("lstm"), FAILED])
    row = markdown.rows(text)[1]
    assert row[:3] == ["`memory`", "99", "failed"]
    assert set(row[3:]) == {""}
    assert f"`memory` was not trained: {FAILED.failed}" in text
    assert len(markdown.rows(table.markdown([FAILED]))) == 1


def test_a_page_gets_the_tables_between_its_marks():
    page = "# Title\n\n<!-- family begins -->\nold\n<!-- family ends -->\n\nrest\n"
    once = table.insert_tables("new\n", page)
    assert once.startswith("# Title\n\n<!-- family begins -->\n\nnew\n")
    assert once.endswith("<!-- family ends -->\n\nrest\n")
    assert table.insert_tables("new\n", once) == once
    for wrong in ("", "<!-- family begins -->", "<!-- family ends --><!-- family begins -->"):
        with pytest.raises(ValueError, match="<!-- family"):
            table.insert_tables("new", wrong)


def test_a_page_names_no_folder_of_the_machine():
    for spec, said in (("/" + "data/t.jsonl", "t.jsonl"), ("tfds:a/b", "tfds:a/b")):
        found = table.all_tables({"time": [a_result("lstm", test=spec)]}, "")
        assert f"Measured on 40 documents of `{said}`." in found


# --- the plots ---------------------------------------------------------------------------------


def test_plots_are_drawn_alike_each_time(tmp_path: Path):
    given = [a_result("lstm"), a_result("rnn"), FAILED]
    made = plots.draw(given, tmp_path, "time")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "time-distance.svg", "time-length.svg", "time-minutes.svg",
    ]  # fmt: skip
    first = [path.read_bytes() for path in made]
    assert [path.read_bytes() for path in plots.draw(given, tmp_path, "time")] == first
    for drawing in first:
        assert b">lstm<" in drawing
        assert b">memory<" not in drawing
        assert len(drawing) < 100_000
    assert plots.draw([FAILED], tmp_path / "none", "time") == []


def test_documents_are_put_into_fifths_by_length():
    lengths, scores = [9, 1, 5, 3, 7, 2, 8, 4, 6, 10], [float(x) for x in range(10)]
    found = plots.length_curve(lengths, scores)
    assert found == [(1.5, 3.0), (3.5, 5.0), (5.5, 5.0), (7.5, 5.0), (9.5, 4.5)]
    assert plots.length_curve([4, 2], [1.0, 3.0]) == [(2.0, 3.0), (4.0, 1.0)]


# --- what is measured --------------------------------------------------------------------------


def test_words_that_repeat_and_words_that_are_copied():
    examples = [Example("1", "one model is a model"), Example("2", "a")]
    assert measurements.word_shares(["The model, the MODEL", ""], examples) == pytest.approx(
        (0.25, 0.25)
    )
    assert measurements.word_shares(["A new model"], examples[:1]) == pytest.approx((0, 2 / 3))
    examples = [Example("1", "a b"), Example("2", "c")]
    assert measurements.word_shares(["a a", "c d"], examples) == pytest.approx((0.25, 0.75))


def test_the_log_of_a_run_is_read_without_what_compiles(tmp_path: Path):
    records = [
        {"step": 10, "examples_per_second": 5.0, "minutes": 1.0, "rouge1": 20.0},
        {"step": 20, "examples_per_second": 100.0, "minutes": 1.5},
        {"step": 50, "examples_per_second": 50.0, "minutes": 2.0, "rouge1": 30.0},
    ]
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in records))
    log = measurements.read_log(tmp_path, 10)
    assert log.speed == pytest.approx(400 / (100 / 100 + 300 / 50))
    assert (log.minutes, log.curve) == (2.0, [(1.0, 20.0), (2.0, 30.0)])
    path.write_text(json.dumps(records[0]) + "\n")
    assert measurements.read_log(tmp_path, 10).speed == pytest.approx(5.0)


@pytest.mark.parametrize("past", [0.5, 0.9])
def test_the_gradient_of_a_fading_memory_is_its_fading(past):
    """An encoder that keeps a share of its past at each step reaches so far by definition."""
    import keras

    def encoder(embedded, mask):
        length = embedded.shape[1]
        distance = np.arange(length)[:, None] - np.arange(length)
        kept = np.where(distance >= 0, past ** np.maximum(distance, 0), 0).astype(np.float32)
        return keras.ops.einsum("ts,bse->bte", kept, embedded), ()

    table = np.random.default_rng(1).normal(size=(20, 4)).astype(np.float32)
    embeddings = keras.ops.convert_to_tensor(table)
    model = SimpleNamespace(embeddings=embeddings, encoder=encoder, sentences=None)
    documents = np.random.default_rng(2).integers(5, 20, (3, 12)).astype(np.int32)
    found = measurements.gradient_reach(model, documents)
    np.testing.assert_allclose(found, past ** np.arange(12), rtol=1e-4)


# --- the plan ----------------------------------------------------------------------------------


def planned(*variants: str, **changes: Any) -> ComparisonPlan:
    given = ComparisonPlan(
        variants or ("lstm",), "reverse_digits,count=300", minutes=6.0, examples=1000
    )
    return dataclasses.replace(given, **changes)


def test_every_variant_of_the_family_is_a_preset():
    assert set(plan.FAMILY) <= set(plugins.names("preset"))


def test_all_variants_get_the_same_minutes_and_the_same_examples():
    found = plan.variant_configs(planned(settings=("train.batch_size=32", "train.budget=99")))
    assert list(found) == ["time", "examples"]
    assert found["time"]["lstm"].train.budget == 6
    by_examples = found["examples"]["lstm"].train
    assert (by_examples.budget, by_examples.steps, by_examples.validation_interval) == (0, 32, 4)
    assert {c.data.train for _, _, c in plan.all_variants(found)} == {"reverse_digits,count=300"}
    assert list(plan.variant_configs(planned(minutes=0.0))) == ["examples"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (planned("lstn"), "unknown preset 'lstn': did you mean 'lstm'"),
        (planned("lstm", "lstm"), "--variants: lstm is listed twice"),
        (
            planned("lstm", "docstrings"),
            "variant 'docstrings': data.max_document_tokens=160, not the",
        ),
        (planned(settings=("train.batsh=1",)), "unknown setting 'train.batsh'"),
        (planned(settings=("data.validation=v.jsonl",)), "data.validation=v.jsonl: all of --data"),
        (planned(settings=("train.init=runs/x",)), "train.init=runs/x: variants are trained from"),
    ],
)
def test_an_impossible_plan_is_told_in_a_line(wanted, said):
    with pytest.raises(ConfigError) as raised:
        plan.variant_configs(wanted)
    assert str(raised.value).startswith(said)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "words",
    [
        "compare",
        "compare runs/a",
        "compare runs/a runs/b --budget 6m",
        "compare runs/a runs/b --data docstrings",
        "compare runs/a runs/b --set train.batch_size=8",
        "compare runs/a runs/b --skip-bad",
        "compare --family",
        "compare --family --budget 6m runs/a",
        "compare --family --examples -3",
        "compare --family --budget 6m --num-documents 0",
    ],
)
def test_wrong_usage_is_told(words, capsys):
    with pytest.raises(SystemExit) as raised:
        cli.main(words.split())
    assert raised.value.code == 2
    assert "usage: summarizer compare" in capsys.readouterr().err


# --- going on ----------------------------------------------------------------------------------


class Bench:
    """A comparison whose training and measuring are made up."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch):
        self.output, self.trained, self.measured = folder / "family", [], []
        self.plan = planned("gru_like", "lstm", examples=0)
        self.stop: dict[str, BaseException] = {}
        patch.setattr(plan.plugins, "load", self.load)
        patch.setattr(compare_variants, "_count_parameters", lambda config: 7)
        patch.setattr("summarizer.api.prepare_data.prepare_data", self.prepare)
        patch.setattr("summarizer.api.train.train", self.train)
        patch.setattr(train_variant, "_measure", self.measure)
        patch.setattr(train_variant, "_free_memory", lambda: None)
        patch.setattr(plots, "draw", self.draw)

    def load(self, kind: str, name: str) -> Any:
        if kind != "preset":
            return real_load(kind, name)
        return SimpleNamespace(config=lambda: Config(name=name))

    def prepare(self, config: Config, folder: Path, resume: bool, skip_bad: bool) -> None:
        (folder / "store").mkdir(parents=True, exist_ok=True)
        (folder / "store" / "pieces.bin").write_text("tokens")
        (folder / "config.json").write_text(plan.configuration.to_json(config))

    def train(self, config: Config, folder: Path, *_: Any, training_only: bool) -> Any:
        assert training_only
        assert (folder / "store" / "pieces.bin").read_text() == "tokens"
        assert not (folder / "half").exists()
        (folder / "half").touch()
        self.trained.append(config.name)
        if error := self.stop.pop(config.name, None):
            raise error
        return SimpleNamespace(steps=5)

    def measure(
        self, config: Config, folder: Path, steps: int, begun: VariantResult, tests: Any
    ) -> Any:
        self.measured.append(config.name)
        if error := self.stop.pop("measuring " + config.name, None):
            raise error
        found = a_result(config.name, parameters=7, steps=steps)
        return dataclasses.replace(found, test=begun.test, documents=begun.documents)

    def draw(self, found: list[VariantResult], folder: Path, prefix: str) -> None:
        for plot in table.PLOTS:
            (folder / f"{prefix}-{plot}.svg").write_text(" ".join(r.name for r in found))

    def run(self, **changes: Any) -> str:
        return compare_variants.compare_variants(
            dataclasses.replace(self.plan, **changes), self.output
        )


real_load = plan.plugins.load


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


def test_an_interrupted_comparison_goes_on_with_the_next_variant(bench):
    bench.stop["lstm"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        bench.run()
    so_far = (bench.output / "family.md").read_text()
    assert [row[0] for row in markdown.rows(so_far)][:2] == ["`gru_like`", "the first words"]
    text = bench.run()
    assert bench.trained == ["gru_like", "lstm", "lstm"]  # the interrupted one anew, from nothing
    assert [row[0] for row in markdown.rows(text)][:2] == ["`gru_like`", "`lstm`"]
    assert bench.run() == text
    assert len(bench.trained) == 3
    assert bench.measured == ["gru_like", "lstm"]
    assert list(json.loads((bench.output / "family.json").read_text())) == ["time"]


def test_a_training_that_is_done_is_not_repeated_for_its_measurement(bench):
    bench.stop["measuring gru_like"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        bench.run()
    bench.run()
    assert bench.trained == ["gru_like", "lstm"]
    assert bench.measured == ["gru_like", "gru_like", "lstm"]
    assert results.read_result(bench.output / "time" / "gru_like").steps == 5


def test_a_variant_that_diverges_is_reported_and_the_others_go_on(bench):
    bench.stop["gru_like"] = TrainingError("step 3: loss nan")
    text = bench.run()
    assert "`gru_like` was not trained: step 3: loss nan" in text
    assert markdown.rows(text)[1][0] == "`lstm`"
    bench.run()
    assert bench.trained == ["gru_like", "lstm"]


def test_where_nothing_could_be_trained_it_is_an_error(bench):
    bench.stop = {name: TrainingError("too few minutes") for name in bench.plan.variants}
    with pytest.raises(TrainingError, match="no variant could be trained: too few minutes"):
        bench.run()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"minutes": 3.0}, "gru_like: train.budget=3.0, not the 6.0 of its finished run"),
        ({"settings": ("train.batch_size=8",)}, "gru_like: train.batch_size=8, not the 64 of"),
        (
            {"data": "reverse_digits,count=9"},
            "data.train=reverse_digits,count=9, not the reverse_d",
        ),
        ({"test": "reverse_digits,seed=2"}, "gru_like: --test reverse_digits,seed=2, not the"),
        ({"num_documents": 2}, "gru_like: 2 test documents, not the"),
    ],
)
def test_other_settings_in_the_same_folder_are_refused(bench, changes, said):
    bench.run(variants=("gru_like",))
    with pytest.raises(ConfigError, match="choose another --output") as raised:
        bench.run(**changes)
    assert said in str(raised.value)
    assert bench.trained == ["gru_like"]


def test_more_variants_and_the_other_part_join_what_is_there(bench):
    bench.run(variants=("lstm", "rnn_like"))
    text = bench.run(variants=("gru_like",), minutes=0.0, examples=640)
    assert text.index(table.TITLES["time"]) < text.index(table.TITLES["examples"])
    text = bench.run(variants=("gru_like", "lstm"))
    names = [row[0] for row in markdown.rows(text)]
    assert names[:3] == ["`gru_like`", "`lstm`", "`rnn_like`"]
    assert bench.trained == ["lstm", "rnn_like", "gru_like", "gru_like"]


def test_tables_and_plots_go_into_a_page_of_the_documentation(bench, tmp_path):
    page = tmp_path / "docs" / "family.md"
    page.parent.mkdir()
    with pytest.raises(InputError, match=r"family\.md: No such file"):
        compare_variants.compare_variants(bench.plan, bench.output, page)
    page.write_text("# Family\n")
    with pytest.raises(InputError, match="has no <!-- family begins -->"):
        compare_variants.compare_variants(bench.plan, bench.output, page)
    assert bench.trained == []
    page.write_text("# Family\n<!-- family begins -->\n<!-- family ends -->\n")
    compare_variants.compare_variants(bench.plan, bench.output, page)
    links = markdown.links(page.read_text())
    assert len(links) == 3
    assert all((page.parent / link).exists() for link in links)


# --- the whole way -----------------------------------------------------------------------------


@pytest.mark.slow
def test_a_comparison_through_the_command_line_is_interrupted_and_goes_on(
    tmp_path: Path, monkeypatch, capsys
):
    """Two tiny variants, for real: trained, summarized, measured, drawn."""
    settings = "data.bucket_window=20 vocabulary.lowercase=false vocabulary.size=300 "
    settings += "data.max_document_tokens=24 data.max_summary_tokens=24 train.batch_size=32 "
    settings += "train.validation_examples=10 train.warmup_steps=5 train.compile=graph "
    settings += "train.precision=float32 decode.max_tokens=24 model.embedding_size=16 "
    command = ["compare", "--family", "--variants", "lstm,reverse_digits", "--examples", "320"]
    command += ["--data", "reverse_digits,count=1000", "--documents", "30"]
    command += [word for setting in settings.split() for word in ("--set", setting)]
    command += ["--output", str(tmp_path)]

    real, trained = train_module.train, []

    def train(config: Config, *rest: Any, **more: Any) -> Any:
        trained.append(config.name)
        if len(trained) == 2:
            raise KeyboardInterrupt
        return real(config, *rest, **more)

    monkeypatch.setattr("summarizer.api.train.train", train)
    assert cli.main(command) == 130
    first = tmp_path / "examples" / "lstm" / results.FILE
    written = first.read_bytes()
    capsys.readouterr()
    assert cli.main(command) == 0
    out = capsys.readouterr().out
    assert out == (tmp_path / "family.md").read_text()
    assert trained == ["lstm", "reverse_digits", "reverse_digits"]
    assert first.read_bytes() == written
    found = results.read_result(tmp_path / "examples" / "reverse_digits")
    assert (found.steps, found.examples) == (10, 320)
    assert found.documents == len(found.lengths) == len(found.scores["rouge1"]) == 30
    assert 0 < found.loss < 10
    assert found.speed > 0
    assert 0 < found.minutes < 5
    assert len(found.curve) == 5
    assert found.reach[0] == 1
    assert len(found.reach) >= 3
    assert 0 < (found.generated or 0) < 1
    stores = [tmp_path / p / "store" / "pieces.bin" for p in ("data", "examples/lstm")]
    assert len({path.stat().st_ino for path in stores}) == 1
