"""Training: it learns, stops where it must, loses nothing, and is the same on every back end."""

import errno
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from summarizer import cli, plugins, storage
from summarizer import config as configuration
from summarizer.api import export, prepare_data, train, vocabulary_transfer
from summarizer.config import Config, TrainConfig
from summarizer.datasets import batching, contamination, spec, token_store
from summarizer.decoding.scoring import SearchLimits
from summarizer.decoding.search import compile_search
from summarizer.errors import ModelError, TrainingError
from summarizer.model import named_weights
from summarizer.training import (
    compile_step,
    hardware,
    loop,
    metrics_log,
    progress,
    tensorboard,
    time_budget,
    validators,
)
from summarizer.training.metric import ValidationResult
from summarizer.types import Example
from summarizer.vocabulary import END, PAD, Vocabulary
from tests import fake_step

ROOT = Path(__file__).parents[2]
DEFAULTS = TrainConfig(batch_size=16)
SHAPE = batching.BatchShape(batch_size=16, document_tokens=32, summary_tokens=32, window=4)
WIDTH, LIMITS = 3, SearchLimits(2, 24, 0.6, 0)


# --- what a run leaves -------------------------------------------------------------------------


def records(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_the_log_has_its_fields_and_the_loss_falls(trained):
    found = records(trained.folder)
    assert [r["step"] for r in found] == [50, 100, 150]
    fields = {
        "step", "loss", "perplexity", "accuracy", "learning_rate", "examples_per_second",
        "pieces_per_second", "padding", "waiting", "gradient_norm", "gradient_peak", "minutes",
    }  # fmt: skip
    assert all(fields <= set(r) for r in found)
    assert set(found[-1]) - fields == {"rouge1", "rouge2", "rougeL", "rougeLsum", "gate"}
    assert 0 < found[-1]["gate"] < 1
    assert found[-1]["loss"] < found[0]["loss"] / 4
    for record in found:
        assert record["perplexity"] == pytest.approx(np.exp(record["loss"]))
        assert 0 <= record["accuracy"] <= 1
        assert 0 < record["padding"] < 1
        assert 0 <= record["waiting"] <= 1
        assert 0 < record["gradient_norm"] <= record["gradient_peak"]
        assert record["pieces_per_second"] > 3 * record["examples_per_second"] > 0
    rates = [r["learning_rate"] for r in found]
    assert rates[0] == pytest.approx(4e-3, rel=1e-3)  # the warm-up ends at step 50
    assert rates[2] < rates[1] < rates[0]


def test_a_run_shows_how_it_goes_and_what_it_writes(trained):
    assert re.search(r"training with (mixed_bfloat16, graph|float32, xla) on .*CPU", trained.err)
    assert re.search(
        r"step 150: loss [\d.]+  rouge1 [\d.]+ .*padding [\d.]+%  waiting", trained.err
    )
    samples = re.findall(r"^  (.*)\n    reference: (.*)$", trained.err, re.M)
    assert len(samples) == 3
    assert all(re.fullmatch(r"\d( \d)+", reference) for _, reference in samples)
    bar = re.split(r"[\r\n]", trained.err)[-2]
    assert "150/150" in bar
    for shown in ("loss=", "ppl=", "acc=", "lr=", "ex/s=", "tokens/s=", "<00:00"):
        assert shown in bar
    assert f"{trained.folder}: 150 steps, validation ROUGE-1" in trained.out
    assert f"summarize --model {trained.folder}" in trained.out


def test_the_gate_of_a_validation_is_that_of_pieces_that_could_be_copied(trained, monkeypatch):
    gate = np.array([[[0.3, 0.6, 0.99, 0.0]], [[0.6, 0.99, 0.0, 0.0]]])
    found = SimpleNamespace(gate=gate, tokens=np.array([[[7, 8, END, PAD]], [[9, END, PAD, PAD]]]))
    monkeypatch.setattr("summarizer.decoding.search.compile_search", lambda *_: lambda *rows: found)
    known = Vocabulary.load(trained.folder / "vocabulary.model")
    examples = [Example("a", "1 2", "2 1"), Example("b", "3", "3")]
    validate = validators.make_validator(None, known, Config(), examples)
    assert validate().scores["gate"] == pytest.approx(0.5)
    found.tokens = np.array([[[END, PAD, PAD, PAD]], [[END, PAD, PAD, PAD]]])
    assert "gate" not in validate().scores


def test_a_run_leaves_all_that_belongs_to_a_model(trained):
    names = {path.name for path in trained.folder.iterdir()}
    assert names >= {
        "config.json", "vocabulary.model", "weights.npz", "checkpoint.npz", "model.onnx",
        "export.json", "metrics.jsonl", "metrics.png", "fingerprints.npz", "lowercase.npz", "store",
    }  # fmt: skip
    assert not [name for name in names if name.endswith((".part", ".new"))]
    assert (trained.folder / "metrics.png").read_bytes().startswith(b"\x89PNG")


# --- the machine -------------------------------------------------------------------------------

BF16, PLAIN = ("mixed_bfloat16", "graph"), ("float32", "xla")


@pytest.mark.parametrize(
    ("backend", "device", "fast", "asked", "chosen"),
    [
        ("tensorflow", "cpu", True, ("auto", "auto"), BF16),
        ("tensorflow", "cpu", False, ("auto", "auto"), PLAIN),
        ("tensorflow", "gpu", False, ("auto", "auto"), ("mixed_bfloat16", "xla")),
        ("tensorflow", "tpu", False, ("auto", "auto"), ("mixed_bfloat16", "xla")),
        ("tensorflow", "cpu", True, ("auto", "xla"), PLAIN),
        ("tensorflow", "cpu", True, ("auto", "graph"), BF16),
        ("tensorflow", "cpu", True, ("float32", "auto"), PLAIN),
        ("tensorflow", "cpu", False, ("auto", "graph"), ("float32", "graph")),
        ("tensorflow", "cpu", False, ("mixed_bfloat16", "auto"), BF16),
        ("tensorflow", "cpu", False, ("mixed_bfloat16", "xla"), ("mixed_bfloat16", "xla")),
        ("tensorflow", "gpu", False, ("float32", "graph"), ("float32", "graph")),
        ("jax", "cpu", True, ("auto", "auto"), PLAIN),
        ("jax", "gpu", False, ("auto", "auto"), ("mixed_bfloat16", "xla")),
    ],
)
def test_auto_is_what_suits_the_machine(monkeypatch, backend, device, fast, asked, chosen):
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    monkeypatch.setattr(hardware, "_device", lambda: device)
    monkeypatch.setattr(hardware, "_multiplies_bfloat16", lambda: fast)
    found = hardware.choose_hardware(*asked)
    assert (found.precision, found.compile) == chosen
    assert all(word in found.reason for word in (*chosen, backend))


@pytest.mark.parametrize(
    ("flags", "fast"),
    [
        ("fpu avx512f avx512_bf16", True),
        ("fpu amx_bf16 amx_tile", True),
        ("fpu avx2 avx512f", False),
    ],
)
def test_a_processor_says_whether_it_multiplies_bfloat16(tmp_path, flags, fast):
    path = tmp_path / "cpuinfo"
    path.write_text(f"processor : 0\nflags : {flags}\n")
    assert hardware._multiplies_bfloat16(path) is fast
    assert hardware._multiplies_bfloat16(tmp_path / "missing") is False


THREADS = """
import sys, tensorflow as tf
from summarizer.training import hardware
choice = hardware.HardwareChoice("mixed_bfloat16", sys.argv[1], "")
hardware.set_threads(choice)
tf.constant(1)
found = tf.config.threading
print(found.get_inter_op_parallelism_threads(), found.get_intra_op_parallelism_threads())
hardware.set_threads(choice)  # too late, and no error
"""


@pytest.mark.parametrize(
    ("compiler", "environment", "shared"),
    [("graph", {}, True), ("xla", {}, False), ("graph", {"TF_NUM_INTRAOP_THREADS": "1"}, False)],
)
def test_kernels_of_a_graph_share_the_cores(compiler, environment, shared):
    done = subprocess.run(
        [sys.executable, "-c", THREADS, compiler], env={**os.environ, **environment},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    inter, intra = map(int, done.stdout.split())
    assert inter == (2 if shared else 0)
    assert (intra >= 1) is shared


MEMORY = """
import resource
from summarizer.training import hardware

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(4):
        b"x" * (64 << 20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

once, kept = faults(), hardware.keep_memory()
print(kept, once, faults() and faults())
"""


@pytest.mark.parametrize("environment", [{}, {"MALLOC_ARENA_MAX": "4"}])
def test_freed_memory_stays_with_the_process(environment):
    own = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], env={**own, **environment},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    kept, before, after = done.stdout.split()
    able = platform.libc_ver()[0] == "glibc" and not environment
    assert kept == str(able)
    assert int(after) < int(before) / 10 or not able


@pytest.mark.parametrize("kinds", [("GPU",), ("TPU",), ("GPU", "TPU"), ()])
def test_the_best_device_is_found(monkeypatch, kinds):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind] * (kind in kinds))
    expected = "tpu" if "TPU" in kinds else "gpu" if "GPU" in kinds else "cpu"
    assert hardware._device() == expected


def test_xla_asked_for_and_not_used_is_an_error(trained):
    tf.config.run_functions_eagerly(True)
    try:
        with pytest.raises(TrainingError, match=r"train\.compile=xla"):
            first_step(trained.folder, "xla")
    finally:
        tf.config.run_functions_eagerly(False)


# --- one step, however it is compiled ----------------------------------------------------------


def a_batch(folder: Path) -> dict[str, Any]:
    """A batch of the run's token store, with short documents and long ones."""
    opened = token_store.read_store(folder / "store")
    return next(batching.stream_batches(opened, 1, 0, 0, SHAPE))[2]


def first_step(folder: Path, compiler: str) -> Any:
    """What the first step of the trained model says on a batch, without dropout."""
    _, _, model = export.load_keras_model(folder)
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(model.trainable_variables)
    return compile_step.make_train_step(model, optimizer, DEFAULTS, compiler)(a_batch(folder), {})


@pytest.fixture(scope="module")
def graph_step(trained) -> Any:
    return first_step(trained.folder, "graph")


def test_xla_and_graph_give_the_same_step(trained, graph_step):
    loss, norm, nll, weight, accuracy = graph_step
    assert loss == pytest.approx(nll / weight, rel=1e-5)
    assert weight == a_batch(trained.folder)["weight"].sum()
    assert accuracy > 0.5
    assert norm > 0
    np.testing.assert_allclose(first_step(trained.folder, "xla"), graph_step, rtol=1e-4, atol=1e-5)


# --- JAX ---------------------------------------------------------------------------------------

# A JAX process that does what the tests of this module do with TensorFlow.
JAX = f"""
import json, sys
from pathlib import Path

import keras
import numpy as np

from summarizer import cli, plugins
from summarizer.api.export import load_keras_model
from summarizer.config import TrainConfig
from summarizer.datasets import batching, token_store
from summarizer.decoding.scoring import SearchLimits
from summarizer.decoding.search import compile_search
from summarizer.training import compile_step

trained, folder = Path(sys.argv[1]), sys.argv[2]
line = f"train --preset reverse_digits --data reverse_digits,count=600,low=9 --output {{folder}}"
more = "--set train.steps=3 --set train.batch_size=8 --set train.validation_examples=5"
status = cli.main([*line.split(), *more.split()])
graph = cli.main([*line.replace(folder, folder + "-graph").split(), "--set", "train.compile=graph"])

opened = token_store.read_store(trained / "store")
shape = batching.{SHAPE!r}
batch = next(batching.stream_batches(opened, 1, 0, 0, shape))[2]
_, _, model = load_keras_model(trained)
optimizer = keras.optimizers.Adam(1e-3)
optimizer.build(model.trainable_variables)
search = compile_search(model, plugins.build("strategy", "beam"), {WIDTH}, {LIMITS!r})
before = search(batch["document"])
values = compile_step.make_train_step(model, optimizer, {DEFAULTS!r}, "xla")(batch, {{}})
print(json.dumps({{
    "status": status, "graph": graph, "backend": keras.backend.backend(),
    "tensorflow": sorted(m for m in sys.modules if m.split(".")[0].startswith("tensorflow")),
    "step": values,
    "tokens": np.asarray(before.tokens).tolist(), "score": np.asarray(before.score).tolist(),
}}))
"""


@pytest.fixture(scope="module")
def on_jax(trained, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """What a process with the JAX back end did, said and found."""
    folder = tmp_path_factory.mktemp("jax") / "run"
    done = subprocess.run(
        [sys.executable, "-c", JAX, str(trained.folder), str(folder)],
        cwd=ROOT, env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *printed, found = done.stdout.splitlines()
    return SimpleNamespace(
        **json.loads(found), out="\n".join(printed), err=done.stderr, folder=folder
    )


def test_jax_trains_through_the_command_line_without_tensorflow(on_jax):
    assert (on_jax.status, on_jax.backend, on_jax.tensorflow) == (0, "jax", [])
    assert "training with float32, xla on CPU" in on_jax.err.replace(" with bfloat16 products", "")
    assert f"{on_jax.folder}: 3 steps" in on_jax.out
    assert "summarize with" not in on_jax.out  # an export needs TensorFlow
    arrays, place = storage.load_arrays(on_jax.folder / "checkpoint.npz")
    assert place["step"] == 3
    assert all(np.isfinite(v).all() for v in arrays.values())


def test_a_graph_without_xla_asked_of_jax_is_an_error(on_jax):
    assert on_jax.graph == 1
    assert "summarizer: train.compile=graph: the jax backend always compiles" in on_jax.err
    assert "Traceback" not in on_jax.err


def test_jax_and_tensorflow_give_the_same_step(on_jax, graph_step):
    np.testing.assert_allclose(on_jax.step, graph_step, rtol=1e-4, atol=1e-5)


def test_jax_and_tensorflow_find_the_same_summaries(on_jax, trained):
    _, _, model = export.load_keras_model(trained.folder)
    search = compile_search(model, plugins.build("strategy", "beam"), WIDTH, LIMITS)
    found = search(a_batch(trained.folder)["document"])
    np.testing.assert_array_equal(np.array(on_jax.tokens)[:, 0], np.asarray(found.tokens)[:, 0])
    np.testing.assert_allclose(on_jax.score, np.asarray(found.score), atol=1e-3)


# --- stopping, and keeping the best ------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Steps that cost nothing, each adding 1 to the output bias; fill in the ROUGE-1 to come."""
    scores: list[float] = []

    def validator(model: Any, *_: Any) -> Any:
        return lambda: ValidationResult({"rouge1": scores.pop(0)}, ["a sample"])

    monkeypatch.setattr(compile_step, "make_train_step", fake_step.maker(fake_step.add_one))
    monkeypatch.setattr(validators, "make_validator", validator)
    monkeypatch.setattr(metrics_log, "plot_metrics", lambda folder: folder)
    monkeypatch.setattr("summarizer.api.train.export", lambda folder: {})
    return scores


def command(folder: Path, steps: int, every: int, *more: str) -> list[str]:
    line = f"train --preset reverse_digits --data reverse_digits,count=400 --output {folder}"
    wanted = (
        f"train.steps={steps}",
        f"train.validation_interval={every}",
        "train.batch_size=8",
        *SMALL,
    )
    return [*line.split(), *(word for setting in wanted for word in ("--set", setting)), *more]


SMALL = ("model.embedding_size=8", "model.encoder.width=8", "model.decoder_cell.width=16")


def biases(path: Path) -> set[float]:
    arrays, _ = storage.load_arrays(path)
    return set(arrays.get("output_bias", arrays.get("model.output_bias")).tolist())


def test_the_best_weights_are_kept_and_patience_ends_the_run(tmp_path, quick, capsys):
    quick += [20.0, 45.5, 30.0, 45.5, 99.0]
    assert cli.main(command(tmp_path, 40, 2, "--set", "train.patience=2")) == 0
    assert quick == [99.0]  # it was never asked for: two validations were not better
    assert biases(tmp_path / "weights.npz") == {4.0}
    assert biases(tmp_path / "checkpoint.npz") == {8.0}
    _, place = storage.load_arrays(tmp_path / "checkpoint.npz")
    assert (place["step"], place["best_score"], place["validations_without_gain"]) == (8, 45.5, 2)
    said = capsys.readouterr()
    assert "no better ROUGE-1 in 2 validations: stopping" in said.err
    assert "8 steps, validation ROUGE-1 45.50" in said.out


def test_without_patience_a_run_goes_to_its_end(tmp_path, quick):
    quick += [20.0, 10.0, 5.0, 1.0]
    assert cli.main(command(tmp_path, 7, 2)) == 0  # the last step is validated, too
    assert (quick, biases(tmp_path / "checkpoint.npz")) == ([], {7.0})
    assert biases(tmp_path / "weights.npz") == {2.0}


def test_the_average_of_the_best_is_kept_if_it_is_as_good(tmp_path, quick, capsys):
    quick += [20.0, 45.0, 30.0, 44.0, 45.0]  # the last one is the average's
    assert cli.main(command(tmp_path, 8, 2, "--set", "train.average_checkpoints=2")) == 0
    assert biases(tmp_path / "weights.npz") == {6.0}  # of steps 4 and 8
    assert biases(tmp_path / "checkpoint.npz") == {8.0}
    assert not (tmp_path / "candidates").exists()
    assert "average of steps 4, 8: rouge1 45.00, the best alone 45.00: kept" in (
        capsys.readouterr().err
    )
    quick += [46.0, 45.5]  # goes on; then there is but one candidate
    assert (
        cli.main(command(tmp_path, 10, 2, "--resume", "--set", "train.average_checkpoints=2")) == 0
    )
    assert (quick, biases(tmp_path / "weights.npz")) == ([45.5], {10.0})


def test_a_worse_average_is_not_kept(tmp_path, quick, capsys):
    quick += [20.0, 45.0, 44.0, 44.9]
    assert cli.main(command(tmp_path, 6, 2, "--set", "train.average_checkpoints=3")) == 0
    assert biases(tmp_path / "weights.npz") == {4.0}
    assert ": not kept" in capsys.readouterr().err


def test_a_run_says_when_its_settings_change_by_themselves(tmp_path, quick, capsys):
    quick += [20.0, 10.0, 21.0]
    wanted = ["train.schedule=plateau", "train.coverage_loss=0.5", "train.warmup_steps=1"]
    more = [word for setting in wanted for word in ("--set", setting)]
    assert cli.main(command(tmp_path, 6, 2, *more)) == 0
    said = capsys.readouterr().err
    assert said.count("the loss has flattened at 1.000: the coverage loss counts from now") == 1
    assert said.count("no better ROUGE-1: learning rate times 0.5 from now") == 1
    assert [r["learning_rate"] for r in records(tmp_path)] == [4e-3, 4e-3, 2e-3]
    assert storage.load_arrays(tmp_path / "checkpoint.npz").metadata["coverage_active"] is True


# --- minutes -----------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, quick: list[float]) -> SimpleNamespace:
    """Steps of half a second and validations of two, on a clock that only they move."""
    ticking = SimpleNamespace(passed=0.0, began=time.perf_counter())

    def work(model: Any) -> None:
        ticking.passed += 0.5

    def validator(*_: Any) -> Any:
        def validate() -> ValidationResult:
            ticking.passed += 2
            return ValidationResult(
                dict.fromkeys(("rouge1", "rouge2", "rougeL"), ticking.passed), []
            )

        return validate

    def counting(minutes: float, began: float, *more: Any, **options: Any) -> Any:
        began = ticking.began
        return budget_class(minutes, began, *more, now=lambda: began + ticking.passed, **options)

    budget_class = time_budget.TimeBudget
    monkeypatch.setattr(time_budget, "TimeBudget", counting)
    monkeypatch.setattr(compile_step, "make_train_step", fake_step.maker(work))
    monkeypatch.setattr(validators, "make_validator", validator)
    return ticking


def test_a_run_with_minutes_ends_in_time_and_shows_what_they_bought(tmp_path, clock, capsys):
    assert cli.main(command(tmp_path, 10, 3, "--budget", "3m")) == 0
    assert (
        120 < clock.passed + time_budget.CONVERT + time_budget.EXPORT * 2 + time_budget.PLOT <= 180
    )
    found = records(tmp_path)
    scored = [r for r in found if "rouge1" in r]
    assert scored[-1]["minutes"] == pytest.approx(clock.passed / 60)
    assert len(scored) >= 4
    assert scored[-1]["learning_rate"] < 0.05 * max(r["learning_rate"] for r in found)
    said = capsys.readouterr().err
    assert re.search(r"planned: \d+ steps, the next validation at step \d+", said)
    table = said[said.index(" minutes    step  ROUGE-1") :].splitlines()[: len(scored) + 1]
    assert [line.split()[:2] for line in table[1:]] == [
        [f"{r['minutes']:.1f}", str(r["step"])] for r in scored
    ]


def test_a_run_with_minutes_goes_on_within_them(tmp_path, clock, capsys):
    real, killed = progress.Progress.step, []

    def dies(*arguments: Any) -> None:
        real(*arguments)
        if clock.passed > 100 and not killed:
            killed.append(clock.passed)
            raise RuntimeError("killed")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progress.Progress, "step", dies)
        with pytest.raises(RuntimeError, match="killed"):
            cli.main(command(tmp_path, 10, 3, "--budget", "3m"))
    saved = storage.load_arrays(tmp_path / "checkpoint.npz")[1]["step"]
    before = [r["minutes"] for r in records(tmp_path) if r["step"] <= saved][-1]
    assert 1 < before < 100 / 60
    clock.passed = 0.0  # of the new command
    assert cli.main(command(tmp_path, 10, 3, "--resume")) == 0
    total = 60 * before + clock.passed
    assert 120 < total + time_budget.CONVERT + time_budget.EXPORT * 2 + time_budget.PLOT <= 180
    assert records(tmp_path)[-1]["minutes"] == pytest.approx(total / 60)
    steps = [r["step"] for r in records(tmp_path)]
    assert steps == sorted(set(steps))


@pytest.mark.parametrize(
    ("time", "said"),
    [
        ("10s", r"train.budget=0.166667: too few minutes: .* allow at least 0\.\d"),
        ("3 weeks", "--budget 3 weeks: write a time like 90s, 30m or 2h"),
    ],
)
def test_a_budget_that_cannot_be_is_one_line(tmp_path, clock, capsys, time, said):
    assert cli.main(command(tmp_path, 10, 3, "--budget", time)) == 1
    assert re.fullmatch(said, one_line(capsys))
    assert not (tmp_path / "checkpoint.npz").exists()


# --- TensorBoard -------------------------------------------------------------------------------


def test_tensorboard_gets_the_numbers_of_the_log(tmp_path, quick):
    quick += [20.0, 30.0]
    assert cli.main(command(tmp_path, 4, 2, "--set", "train.tensorboard=true")) == 0
    found: dict[int, dict[str, float]] = {}
    for path in (tmp_path / "tensorboard").iterdir():
        for raw in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(raw.numpy())
            for value in event.summary.value:
                assert value.metadata.plugin_data.plugin_name == "scalars"
                found.setdefault(event.step, {})[value.tag] = float(tf.make_ndarray(value.tensor))
    logged = {r.pop("step"): r for r in records(tmp_path)}
    assert set(found) == set(logged) == {2, 4}
    for number, record in logged.items():
        assert found[number] == pytest.approx(record, rel=1e-5)


def test_tensorboard_without_tensorflow_is_one_line(tmp_path, quick, monkeypatch, capsys):
    monkeypatch.setattr(tensorboard.importlib.util, "find_spec", lambda name: None)
    assert cli.main(command(tmp_path, 4, 2, "--set", "train.tensorboard=true")) == 1
    assert "needs TensorFlow, which is not installed" in one_line(capsys)


# --- from a trained model ----------------------------------------------------------------------


LONG = "reverse_digits,count=400,low=9"


def tuned(folder: Path, start: Path, *more: str) -> list[str]:
    line = f"train --preset docstrings --data {LONG} --output {folder}"
    wanted = ("train.steps=2", "train.batch_size=8", "train.validation_interval=2", *more)
    settings = [word for setting in wanted for word in ("--set", setting)]
    return [*line.split(), *settings, "--init", str(start)]


@pytest.mark.parametrize("shipped", [False, True])
def test_a_run_starts_from_a_model(trained, tmp_path, quick, capsys, caplog, shipped):
    start, folder = trained.folder, tmp_path / "run"
    if shipped:  # only what goes with a model that is handed on, weights in half precision
        start = tmp_path / "shipped"
        start.mkdir()
        for name in ("config.json", "vocabulary.model", "model.onnx", "fingerprints.npz"):
            shutil.copy(trained.folder / name, start)
    quick += [50.0]
    assert cli.main(tuned(folder, start, "model.dropout=0.3")) == 0
    said = capsys.readouterr().out
    assert f"{folder}: 2 steps from {start}, validation ROUGE-1 50.00" in said
    assert f"starting from {start} (reverse_digits, configuration " in caplog.text
    given, _ = storage.load_arrays(trained.folder / "weights.npz")
    made, _ = storage.load_arrays(folder / "weights.npz")
    assert set(given) == set(made)
    for name, value in given.items():
        more = 2 if name == "output_bias" else 0  # the two steps
        np.testing.assert_allclose(made[name], value + more, atol=2e-3 if shipped else 1e-6)
    words = "vocabulary.model"
    assert (folder / words).read_bytes() == (trained.folder / words).read_bytes()
    old, new = (configuration.load_config(f / "config.json") for f in (trained.folder, folder))
    assert new.model == replace(old.model, dropout=0.3)
    assert (new.vocabulary, new.train.init) == (old.vocabulary, str(start))
    assert new.decode != old.decode  # all else is the preset's


def test_a_tuned_model_has_seen_what_both_were_trained_on(trained, tmp_path, quick):
    quick += [50.0]
    assert cli.main(tuned(tmp_path, trained.folder)) == 0
    first, both = (
        set(np.load(folder / "fingerprints.npz")["documents"].tolist())
        for folder in (trained.folder, tmp_path)
    )
    own = {contamination.document_hash(e.document) for e in spec.examples(LONG, "train")}
    assert own - first
    assert both == first | own


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            "model.decoder_cell.width=32",
            "model.decoder_cell=lstm,width=32: {start}, which this starts from, "
            "has lstm,width=128; leave the setting out",
        ),
        (
            "vocabulary.size=500",
            "vocabulary.size=500: {start}, which this starts from, has 300; leave the setting out",
        ),
    ],
)
def test_a_setting_against_the_first_model_is_told(trained, tmp_path, capsys, more, said):
    assert cli.main(tuned(tmp_path / "run", trained.folder, more)) == 1
    assert one_line(capsys) == said.format(start=trained.folder)
    assert not (tmp_path / "run").exists()


def test_a_model_to_start_from_must_be_there(trained, tmp_path, capsys):
    assert cli.main(tuned(tmp_path / "run", tmp_path / "none")) == 1
    assert one_line(capsys) == f"{tmp_path}/none: no such model folder"


def test_a_job_with_init_may_be_queued_again(trained, tmp_path, quick, capsys):
    folder = tmp_path / "run"
    quick += [50.0, 50.0]
    assert cli.main(tuned(folder, trained.folder)) == 0
    again = [*tuned(folder, trained.folder), "--resume"]
    assert cli.main([*again, "--set", "train.steps=4"]) == 0
    assert f"{folder}: 4 steps from {trained.folder}" in capsys.readouterr().out
    assert cli.main([*tuned(folder, tmp_path), "--resume"]) == 1
    expected = f"--init {tmp_path}: the run in {folder} began with {trained.folder}"
    assert one_line(capsys) == expected


def test_a_run_starts_from_a_network_with_a_vocabulary_of_its_own(trained, tmp_path, quick):
    quick += [50.0]
    wanted = ("train.init_parts=network", "vocabulary.size=290", "vocabulary.kind=bpe")
    assert cli.main(tuned(tmp_path, trained.folder, *wanted)) == 0
    old, new = (Vocabulary.load(f / "vocabulary.model") for f in (trained.folder, tmp_path))
    assert new.proto != old.proto
    first, _ = storage.load_arrays(trained.folder / "weights.npz")
    made, _ = storage.load_arrays(tmp_path / "weights.npz")
    expected = vocabulary_transfer.transfer_weights(first, old, new)
    for name, value in expected.items():
        more = 2 if name == "output_bias" else 0  # the two steps
        np.testing.assert_allclose(made[name], value + more, atol=1e-6)


# --- nothing is lost ---------------------------------------------------------------------------


@pytest.fixture
def begun(tmp_path: Path, quick: list[float]) -> Path:
    """A run of two steps, from whose checkpoint one can go on."""
    quick += [50.0]
    assert cli.main(command(tmp_path / "run", 2, 2)) == 0
    return tmp_path / "run"


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line of the error; the bar and what else a run says stand before it."""
    found = re.findall(r"^summarizer: (.*)$", capsys.readouterr().err, re.M)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("fails", ["savez", "replace"])
def test_a_full_disk_leaves_the_last_checkpoint(begun, quick, monkeypatch, capsys, fails):
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def refused(aside: Path, path: Path) -> None:
        if path.name == "checkpoint.npz":
            full()
        os.replace(aside, path)

    quick += [40.0]  # not the best, so that the checkpoint is the first to be written
    before = (begun / "checkpoint.npz").read_bytes()
    with monkeypatch.context() as patch:
        if fails == "savez":
            patch.setattr(storage.np, "savez", full)
        else:
            patch.setattr(storage, "os", SimpleNamespace(replace=refused, fsync=os.fsync))
        capsys.readouterr()
        assert cli.main(command(begun, 6, 2, "--resume")) == 1
    assert one_line(capsys) == f"{begun}/checkpoint.npz: cannot be written: No space left on device"
    assert (begun / "checkpoint.npz").read_bytes() == before
    assert not list(begun.glob("*.part"))
    quick += [60.0, 61.0]
    assert cli.main(command(begun, 6, 2, "--resume")) == 0
    assert biases(begun / "checkpoint.npz") == {6.0}


def test_a_log_that_cannot_be_written_is_one_line(begun, monkeypatch, capsys, quick):
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    quick += [60.0]
    monkeypatch.setattr(progress.Progress, "flush", full)
    capsys.readouterr()
    assert cli.main(command(begun, 4, 2, "--resume")) == 1
    assert one_line(capsys) == "no space left on device"
    assert biases(begun / "checkpoint.npz") == {2.0}


def test_an_interrupt_leaves_the_last_checkpoint(begun, monkeypatch, capsys):
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(loop.named_weights, "weight_arrays", interrupt)  # while saving
    before = (begun / "checkpoint.npz").read_bytes()
    capsys.readouterr()
    monkeypatch.setattr(
        validators, "make_validator", lambda *_: lambda: ValidationResult({"rouge1": 1.0}, [])
    )
    assert cli.main(command(begun, 6, 2, "--resume")) == 130
    assert one_line(capsys) == "interrupted"
    assert (begun / "checkpoint.npz").read_bytes() == before
    assert not list(begun.glob("*.part"))


def test_a_loss_that_is_not_finite_stops_the_run(begun, monkeypatch, capsys):
    monkeypatch.undo()  # a true step
    files = [begun / "checkpoint.npz", begun / "weights.npz"]
    before = [path.read_bytes() for path in files]
    config = train.configuration.load_config(begun / "config.json")
    opened = token_store.read_store(begun / "store")
    shape = batching.BatchShape(
        8,
        config.data.max_document_tokens,
        config.data.max_summary_tokens,
        config.data.bucket_window,
    )
    _, _, batch = next(batching.stream_batches(opened, config.seed, 0, 3, shape))
    capsys.readouterr()
    wanted = ("train.learning_rate=1e38", "train.precision=float32", "train.compile=graph")
    more = [word for setting in wanted for word in ("--set", setting)]
    assert cli.main(command(begun, 6, 2, "--resume", *more)) == 1
    line = one_line(capsys)
    assert re.match(r"step 4: loss (nan|inf), gradient norm (nan|inf): stopped", line)
    assert f"rows {[int(row) for row in batch['row']]};" in line
    assert "--resume" in line
    assert [path.read_bytes() for path in files] == before


def test_a_folder_with_a_run_is_not_written_over(trained, capsys):
    before = (trained.folder / "checkpoint.npz").read_bytes()
    assert cli.main(command(trained.folder, 2, 2)) == 1
    assert one_line(capsys) == (
        f"{trained.folder}: already holds a run; add --resume to continue, or remove it"
    )
    assert (trained.folder / "checkpoint.npz").read_bytes() == before


# --- resuming before the first checkpoint ------------------------------------------------------


def killed_while(patch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    """End a training, as Ctrl-C does, when it calls a function."""

    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    patch.setattr(owner, name, interrupt)


def test_resuming_without_a_folder_begins(tmp_path, quick):
    quick += [50.0]
    assert cli.main(command(tmp_path / "run", 2, 2, "--resume")) == 0
    assert biases(tmp_path / "run" / "checkpoint.npz") == {2.0}
    (tmp_path / "empty").mkdir()
    quick += [50.0]
    assert cli.main(command(tmp_path / "empty", 2, 2, "--resume")) == 0


@pytest.mark.parametrize(
    ("owner", "name", "left"),
    [
        (prepare_data, "train_vocabulary", set()),
        (prepare_data.configuration, "to_json", {"vocabulary.model"}),
        (prepare_data.token_store, "write_store", {"vocabulary.model", "config.json"}),
        (loop, "fit", {"vocabulary.model", "config.json", "store", "fingerprints.npz",
                       "lowercase.npz"}),
    ],
)  # fmt: skip
def test_a_run_killed_before_its_first_checkpoint_goes_on(tmp_path, quick, owner, name, left):
    folder, whole = tmp_path / "run", tmp_path / "whole"
    with pytest.MonkeyPatch.context() as patch:
        killed_while(patch, owner, name)
        assert cli.main(command(folder, 2, 2, "--resume")) == 130
    assert {path.name for path in folder.iterdir()} == left
    made = {path: path.stat().st_ino for path in (folder / "store").glob("*")}
    quick += [50.0, 50.0]
    assert cli.main(command(folder, 2, 2, "--resume")) == 0
    assert {path: path.stat().st_ino for path in made} == made  # not tokenized again
    assert cli.main(command(whole, 2, 2)) == 0
    for file in ("vocabulary.model", "store/pieces.bin", "weights.npz", "config.json"):
        assert (folder / file).read_bytes() == (whole / file).read_bytes()


def test_a_resumed_run_without_a_checkpoint_has_its_own_settings(tmp_path, quick):
    with pytest.MonkeyPatch.context() as patch:
        killed_while(patch, loop, "fit")
        assert cli.main(command(tmp_path, 2, 2)) == 130
    quick += [50.0]
    assert cli.main(["train", "--output", str(tmp_path), "--resume"]) == 0
    assert biases(tmp_path / "checkpoint.npz") == {2.0}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--data", "reverse_digits,count=300"], "it has data.train=reverse_digits,count=400, not"),
        (["--set", "vocabulary.size=310"], "it has vocabulary.size=300, not 310;"),
        (["--set", "model.dropout=0.9"], "it has model.dropout="),
        (["--preset", "lstm"], "of preset reverse_digits, not lstm;"),
    ],
)
def test_another_run_is_not_resumed(tmp_path, quick, capsys, more, said):
    with pytest.MonkeyPatch.context() as patch:
        killed_while(patch, loop, "fit")
        assert cli.main(command(tmp_path, 2, 2)) == 130
    before = {path: path.read_bytes() for path in tmp_path.glob("*.*")}
    capsys.readouterr()
    assert cli.main(command(tmp_path, 2, 2, "--resume", *more)) == 1
    assert one_line(capsys).startswith(f"{tmp_path}: holds another run: {said}")
    assert {path: path.read_bytes() for path in tmp_path.glob("*.*")} == before


def test_a_folder_that_holds_no_run_is_not_resumed(trained, tmp_path, capsys):
    (tmp_path / "notes.txt").touch()
    assert cli.main(command(tmp_path, 2, 2, "--resume")) == 1
    assert one_line(capsys) == (
        f"{tmp_path}: holds notes.txt but no run to resume (no config.json)"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    model = tmp_path / "model"
    model.mkdir()
    for name in ("config.json", "vocabulary.model", "model.onnx"):
        shutil.copy(trained.folder / name, model)
    assert cli.main(["train", "--output", str(model), "--resume"]) == 1
    assert "model: holds a model but no checkpoint to resume from" in one_line(capsys)


# --- damaged files -----------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["cut", "empty", "foreign"])
def test_a_checkpoint_that_cannot_be_used_is_told(trained, tmp_path, capsys, damage):
    folder = tmp_path / "run"
    shutil.copytree(trained.folder, folder)
    path = folder / "checkpoint.npz"
    raw = path.read_bytes()
    if damage == "foreign":
        arrays, place = storage.load_arrays(path)
        storage.save_arrays(path, {**arrays, "model.output_bias": np.zeros(7, "float32")}, place)
    else:
        path.write_bytes(raw[: len(raw) // 2] if damage == "cut" else b"")
    line = f"train --preset reverse_digits --data reverse_digits,count=8000 --output {folder}"
    assert cli.main([*line.split(), "--resume"]) == 1
    reason = {"foreign": "weight 'output_bias' has shape [7]"}.get(
        damage, "cut or not written by this program"
    )
    assert one_line(capsys).startswith(f"{path}: {reason}")


def test_an_interrupted_save_leaves_the_last_file(tmp_path, monkeypatch):
    path = tmp_path / "x.npz"
    storage.save_arrays(path, {"a": np.arange(3)}, {"step": 1})

    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(storage.np, "savez", interrupt)
    with pytest.raises(KeyboardInterrupt):
        storage.save_arrays(path, {"a": np.arange(4)}, {"step": 2})
    arrays, place = storage.load_arrays(path)
    assert (arrays["a"].tolist(), place) == ([0, 1, 2], {"step": 1})
    assert [p.name for p in tmp_path.iterdir()] == ["x.npz"]
    with pytest.raises(ModelError, match=r"y\.npz: no such file"):
        storage.load_arrays(tmp_path / "y.npz")


def test_weights_have_the_same_names_in_every_process(trained):
    _, _, model = export.load_keras_model(trained.folder)
    names = [name for name, _ in named_weights.named_variables(model)]
    assert len(set(names)) == len(names)
    assert {id(variable) for _, variable in named_weights.named_variables(model)} == {
        id(v) for v in model.weights
    }
    assert set(names) == set(storage.load_arrays(trained.folder / "weights.npz")[0])


# --- the toy task, whole -----------------------------------------------------------------------


@pytest.mark.slow
def test_the_toy_task_is_learned_to_98_percent(tmp_path):
    folder = tmp_path / "run"
    assert cli.main(["train", "--preset", "reverse_digits", "--output", str(folder)]) == 0
    assert cli.main(["evaluate", str(folder), "reverse_digits"]) == 0
    report = json.loads((folder / "evaluation" / "report.json").read_text())
    assert report["examples"] > 900
    assert report["scores"]["exact"]["mean"] >= 98


def test_doctor_finds_nothing_wrong_with_the_run(trained, capsys, caplog):
    assert cli.main(["doctor", str(trained.folder)]) == 0
    assert capsys.readouterr().out == "no problems found\n"
    assert "a run of 150 steps, without an evaluation" in caplog.text
