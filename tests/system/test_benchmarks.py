"""The benchmarks of training: fair turns, honest rows, and every command in its small form."""

import json
import math
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import curves
import faithful
import measure
import numpy as np
import pytest
import quality
import train_step
from end_to_end import Enough, Watch
from step import bench, shape, worker

from summarizer.errors import InputError
from summarizer.types import Summary

ROOT = Path(__file__).parents[2]


def ran(results: Path, *command: str) -> dict[str, Any]:
    """What a benchmark writes; its rows are also printed."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / command[0]), *command[1:], "--results", results],
        capture_output=True, text=True, timeout=500, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    (path,) = results.glob("*.json")
    assert done.stdout.splitlines()[-1] == str(path)
    record: dict[str, Any] = json.loads(path.read_text())
    assert {"time", "commit", "machine", "versions"} <= set(record)
    for row in record["rows"]:
        assert any(line.startswith(row["what"]) for line in done.stdout.splitlines())
        assert row["note"] if row["value"] is None else math.isfinite(row["value"])
    return record


def values(record: dict[str, Any]) -> dict[str, float | None]:
    return {row["what"]: row["value"] for row in record["rows"]}


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return ran(tmp_path_factory.mktemp("steps"), "train_step.py", "--quick")


@pytest.mark.parametrize(
    ("value", "target", "least", "met"),
    [
        (2.0, 1.9, True, True), (1.9, 1.9, True, True), (1.8, 1.9, True, False),
        (7.0, 8.0, False, True), (8.0, 8.0, False, True), (9.0, 8.0, False, False),
        (None, 8.0, False, None), (9.0, None, True, None),
    ],
)  # fmt: skip
def test_a_target_is_met_or_missed_and_said_to_be(value, target, least, met):
    row = measure.Row("speed", value, "x", target=target, least=least, note="why")
    assert row.met is met
    said = measure.line(asdict(row) | {"met": row.met})
    assert said.startswith("speed ")
    assert (" met" in said, " MISSED" in said) == (met is True, met is False)
    assert ("not measured: why" in said) == (value is None)


def test_cases_take_turns():
    calls: list[str] = []
    cases = {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}
    seconds = measure.interleaved(cases, rounds=3, warm=2)
    assert calls[4:] == ["a", "b", "a", "b", "a", "b"]
    assert sorted(calls[:4]) == ["a", "a", "b", "b"]
    assert {name: len(found) for name, found in seconds.items()} == {"a": 3, "b": 3}


def test_the_products_are_those_of_forward_and_both_gradients():
    reference = shape.products(shape.REFERENCE)
    assert 111 < sum(p.gflop for p in reference) < 114  # about 114 in all, DESIGN says
    by = {p.part: p for p in reference}
    one = 2e-9 * 64 * 200 * 256 * 1024  # a pass of one direction's recurrent weights
    assert by["encoder, a step forward"].gflop == pytest.approx(2 * one)
    assert by["encoder, a step forward"][1:] == (400, 64, 256, 1024, 1)
    assert by["encoder, recurrent weights"].gflop == pytest.approx(2 * one)
    assert by["attention, scores"][1:] == (1, 20, 512, 200, 64)
    # Backward is twice forward wherever nothing is recurrent.
    for part in ("output", "combine", "bridge", "encoder, inputs", "decoder, inputs"):
        back = by[f"{part}, to inputs"].gflop + by[f"{part}, to weights"].gflop
        assert back == pytest.approx(2 * by[part].gflop)


@pytest.mark.slow
def test_the_systems_have_as_many_parameters_and_give_the_same_losses(steps):
    found = steps["detail"]
    assert set(found["parameters"]) == {"ours", "keras", "torch"}
    assert len(set(found["parameters"].values())) == 1
    ours = found["losses"].pop("ours")
    assert ours[0] > ours[1] > ours[2]
    for losses in found["losses"].values():
        np.testing.assert_allclose(losses, ours, rtol=bench.CLOSE)


@pytest.mark.slow
def test_a_step_is_measured_beside_the_others_and_the_products_alone(steps):
    rows = values(steps)
    batch = train_step.QUICK.batch
    for (system, case), target in train_step.TARGETS["tensorflow"].items():
        name = f"ours / {train_step.NAMES[system]}, {case}"
        seconds = steps["detail"]["seconds"].get(f"{system} {case}")
        row = next(r for r in steps["rows"] if r["what"] == name)
        assert (row["target"], row["least"]) == (target, True)
        if seconds:
            mine = steps["detail"]["seconds"]["ours float32 graph"]
            pairs = [b / a for a, b in zip(mine, seconds, strict=True)]
            assert row["value"] == pytest.approx(np.median(pairs))
            speed = rows[f"{train_step.NAMES[system]}, {case}"]
            assert speed == pytest.approx(np.median([batch / s for s in seconds]))
        else:
            assert "not among the cases" in row["note"]
    listed = steps["detail"]["products bfloat16"]
    gflop = sum(p.gflop for p in shape.products(train_step.QUICK))
    total = sum(p["ms"] for p in listed) / 1000
    assert rows["matrix products alone, bfloat16"] == pytest.approx(gflop / total)


def test_what_is_not_installed_is_a_row_that_was_not_measured(monkeypatch, tmp_path, capsys):
    here = bench.Bench.__new__(bench.Bench)
    with pytest.raises(worker.Absent, match="no_such_library is not installed"):
        worker.Worker("torch", "no_such_library")
    here.seconds = {("ours", "float32 graph"): [1.0]}
    here.absent, here.skipped = {"torch": "torch is not installed"}, {}
    report = measure.Report("x")
    train_step.ratios(here, report, "tensorflow", "float32 graph")
    row = next(r for r in report.rows if "PyTorch nn.LSTM, bfloat16" in r.what)
    assert (row.value, row.met, row.note) == (None, None, "torch is not installed")
    assert "not measured: torch is not installed" in capsys.readouterr().out


def test_systems_that_differ_are_not_compared(monkeypatch):
    class Fake:
        def __init__(self, system: str, library: str):
            self.system = system

        def ask(self, do: str, **given: Any) -> Any:
            if do == "losses":
                return [5.0, 4.0] if self.system != "torch" else [5.0, 4.1]
            return {"build": len(self.system), "step": 0.1}[do]

    monkeypatch.setattr(bench, "Worker", Fake)
    with pytest.raises(SystemExit, match="torch: losses"):
        bench.Bench("tensorflow", shape.SMALL, ["*"]).same()
    with pytest.raises(SystemExit, match="different numbers of parameters"):
        bench.Bench("tensorflow", shape.SMALL, ["ours*", "keras*"]).prepare()


@pytest.mark.slow
def test_on_jax_no_tensorflow_is_loaded_and_a_bucket_compiled_once(tmp_path):
    rows = values(ran(tmp_path, "train_step.py", "--backend", "jax", "--quick", "--steps-only"))
    assert rows["TensorFlow imported"] == 0
    assert rows["compilations by XLA, of a bucket shape, beside 1"] == 0
    assert rows["ours, float32 xla"] > 0


@pytest.mark.slow
def test_a_curve_is_measured_point_by_point_and_drawn(tmp_path):
    record = ran(tmp_path, "curves.py", "--quick", "--plots", str(tmp_path / "figures"))
    curve = record["detail"]["document"]
    assert len(curve["points"]) == len(curve["values"]) == 3
    assert all(seconds > 0 and memory > 0.1 for seconds, memory in curve["points"])
    assert (tmp_path / "figures" / "curves.svg").read_text().startswith("<?xml")


def test_how_far_a_curve_is_off_a_straight_line():
    assert curves.max_deviation([256, 512, 1024, 2048], [1.5, 2.5, 4.5, 8.5]) == pytest.approx(
        0, abs=1e-9
    )
    square = [x * x for x in (256, 512, 1024, 2048)]
    assert curves.max_deviation([256, 512, 1024, 2048], square) > 50
    report = measure.Report("x")
    points = [(9.0, 9.0), (9.0, 1.0), *((v / 256, 1.0) for v in (256, 512, 1024, 2048))]
    curves.add_rows(report, "document", curves.CURVES["document"], points)
    time, memory = report.rows
    assert time.met is True  # what is below 256 does not count
    assert memory.value == pytest.approx(0, abs=1e-9)
    assert time.target == memory.target == 15


@pytest.mark.slow
def test_the_whole_loop_is_measured(tmp_path):
    record = ran(tmp_path, "end_to_end.py", "--quick")
    speed, waiting, padding = (row["value"] for row in record["rows"])
    assert speed > 0
    assert 0 < waiting < 100
    assert 0 < padding < 100
    assert [row["target"] for row in record["rows"]] == [130, 2, 8]


def test_without_data_the_loop_is_not_measured(tmp_path):
    rows = ran(tmp_path, "end_to_end.py")["rows"]
    assert [row["value"] for row in rows] == [None] * 3
    assert {row["note"] for row in rows} == {"no --data SPEC given"}


def test_a_watch_counts_examples_waiting_and_padding(monkeypatch):
    clock = iter(
        # began, and of each request: asked, got
        [0.0, 0.0, 0.5, 2.0, 2.5, 4.0, 4.5, 6.0, 6.5, 99.0, 99.5]
    )
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    empty = np.array([[1, 1, 0, 0]], np.int32)
    batch = {
        "document": empty, "summary_out": empty[:, :2], "weight": np.ones((1, 2)),
        "row": np.zeros(1, np.int32),
    }  # fmt: skip
    watch = Watch(warm=1.0, seconds=50.0)
    with pytest.raises(Enough):
        list(watch.over((0, i, batch) for i in range(9)))
    assert watch.waits == [0.5] * 3
    assert sum(watch.examples) == 3
    assert sum(watch.padding) / sum(watch.positions) == pytest.approx(2 / 6)
    assert watch.speeds()[0] == pytest.approx(1 / 2.0)
    assert watch.shapes == {(4, 2)}


def test_a_document_without_a_strict_summary_leaves_the_others():
    class Picky:
        def summarize(self, texts: list[str], faithful: str) -> list[Summary]:
            if faithful == "strict" and "bad" in texts:
                raise InputError("no summary")
            return [Summary(text, 0.0) for text in texts]

    documents = ["a", "bad", "c"] * faithful.BATCH_SIZE
    assert faithful.summaries(Picky(), documents, "off") == documents
    assert faithful.summaries(Picky(), documents, "strict") == ["a", "", "c"] * faithful.BATCH_SIZE


@pytest.mark.slow
def test_what_strict_costs_is_measured_on_the_same_documents(digits, tmp_path):
    command = ("--test", "reverse_digits,count=200", "--quick", "--model", str(digits.folder))
    record = ran(tmp_path, "faithful.py", *command)
    rows = values(record)
    assert record["detail"]["documents"] == 8
    assert rows["strict: numbers that the document lacks"] == 0
    assert rows["off: documents without a summary"] == 0
    for metric in ("rouge1", "rouge2", "rougeL"):
        difference = rows[f"strict: {metric}"] - rows[f"off: {metric}"]
        assert rows[f"strict - off: {metric}"] == pytest.approx(difference)
    assert ran(tmp_path, "faithful.py")["rows"][0]["note"] == "no --test SPEC given"


def test_the_quality_of_the_default_output_stands_beside_baselines_of_its_length(
    digits: Any, tmp_path: Path
) -> None:
    file = tmp_path / "pairs.jsonl"
    rows = [
        {"id": str(i), "document": f"{i} 1 4. 1 5 {i}. 2 6 5.", "summary": f"1 5 {i}."}
        for i in range(8)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = ["quality.py", "--quick", "--model", str(digits.folder), "--test"]
    found = values(ran(tmp_path / "results", *command, str(file), f"{file},type=key-points"))
    for spec in (str(file), f"{file},type=key-points", "all"):
        assert found[f"{spec}: documents"] == (16 if spec == "all" else 8)
        for name in ("first words", "textrank", "lexrank"):
            scores = [found[f"{spec}: {system}: rouge1"] for system in ("default", name)]
            assert found[f"{spec}: default - {name}: rouge1"] == pytest.approx(
                scores[0] - scores[1], abs=1e-6
            )
    # Without a confidence the model is never replaced; key points are always extracts.
    assert found[f"{file}: default: rouge1"] == found[f"{file}: model alone: rouge1"]
    assert found[f"{file}: extracts"] == 0
    assert found[f"{file},type=key-points: extracts"] == 100


def test_sentences_are_cut_to_a_number_of_words() -> None:
    sentences = ["One two three.", "Four five.", "Six."]
    for words, expected in ((2, "Four five."), (4, "One two three. Four"), (9, None)):
        text = quality.cut_to(lambda k: [1, 0, 2][:k], sentences, words)
        assert text == (expected or "One two three. Four five. Six.")
