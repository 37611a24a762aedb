"""SavedModels from text to text, weights in fewer bits, and exports that are proved again."""

import copy as copying
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import onnx as onnx_library
import onnxruntime
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from summarizer import cli, config, storage, vocabulary
from summarizer.api import export as export_module
from summarizer.api import verify_export
from summarizer.api.export import export
from summarizer.datasets import spec
from summarizer.errors import ConfigError, ModelError
from summarizer.exporters import onnx_export, parity, saved_model, text_ops, weight_formats
from summarizer.exporters.record import read_export_record
from summarizer.runtime.onnx_summarizer import OnnxSummarizer
from summarizer.vocabulary import Vocabulary

DATA = ["--data", "reverse_digits,count=800", "--documents", "20"]
GUIDE = Path(__file__).parents[2] / "docs" / "howto" / "export.md"
TEXTS = [e.document for e in spec.examples("reverse_digits,count=400,seed=2", "all")][:40]


def guide(section: str, folder: Path) -> str:
    """The program that the guide shows for one way to use a model, as it stands there."""
    text = GUIDE.read_text("utf-8").split(f"## {section}\n")[1]
    return text.split("```python\n")[1].split("```")[0].replace("MODEL", str(folder))


def copied(folder: Path, place: Path) -> Path:
    leave = shutil.ignore_patterns("store", "checkpoint.npz", "metrics.*")
    return Path(shutil.copytree(folder, place, ignore=leave))


@pytest.fixture(scope="module")
def exported(digits, tmp_path_factory) -> Any:
    """A model with both exports, and what the command said of the second; to be read only."""
    folder = copied(digits.folder, tmp_path_factory.mktemp("models") / "model")
    command = ["export", str(folder), "--format", "saved_model", "--data", DATA[1]]
    done = pytest.MonkeyPatch()
    said: list[str] = []
    done.setattr("builtins.print", lambda *words, **_: said.extend(map(str, words)))
    try:
        assert cli.main(command) == 0, said
    finally:
        done.undo()
    return SimpleNamespace(folder=folder, said=said)


@pytest.fixture
def copy(exported, tmp_path: Path) -> Path:
    return copied(exported.folder, tmp_path / "model")


@pytest.fixture(scope="module")
def opened(exported) -> saved_model.Loaded:
    return saved_model.load(exported.folder / "saved_model")


# --- SavedModel --------------------------------------------------------------------------------


def test_a_saved_model_says_what_summarize_says(exported, opened):
    texts = [*TEXTS, " 7 \n 1\t2\0 3 ", "a", "¿ Σ 9?"]
    summaries, scores, _ = opened.run(texts)
    ours = OnnxSummarizer(exported.folder).summarize(texts)
    assert np.mean([a.text == b for a, b in zip(ours, summaries, strict=True)]) > 0.95
    near = [s for s, a, b in zip(scores, ours, summaries, strict=True) if a.text == b]
    assert np.abs(np.array(near) - [a.score for a in ours if a.text in summaries]).max() < 0.02


def test_it_cleans_and_cuts_the_text_and_says_how_much_was_left_out(exported, opened):
    limit = config.load_config(exported.folder / "config.json").data.max_document_tokens
    long = " ".join("12345" * limit)
    one, _, left_out = opened.run(["7 1 2 3", long])
    pieces = len(Vocabulary.load(exported.folder / "vocabulary.model").encode(long))
    assert left_out.tolist() == [0, pieces - limit]
    assert opened.run(["\ufeff7\u00a01\n2 \x00 3 "])[0] == one[:1]


def test_a_document_without_text_has_an_empty_summary_and_changes_no_other(opened):
    alone, scores, _ = opened.run([TEXTS[0]])
    among, others, _ = opened.run(["", TEXTS[0], " \x00"])
    assert among == ["", alone[0], ""]
    np.testing.assert_allclose(others, [-1e9, scores[0], -1e9], atol=1e-4)


def test_bytes_that_are_no_character_are_dropped_from_the_summary(exported):
    words = Vocabulary.load(exported.folder / "vocabulary.model")
    byte = {name: i for i, name in enumerate(words.tokens(range(words.size)))}
    digit = words.encode("7")[-1]
    rows = [[digit, byte["<0xC3>"], digit], [byte["<0xC3>"], byte["<0xA9>"], 2], [2, 0, 0]]
    text = saved_model._decode(text_ops.tokenizer(words), tf.constant(rows))
    assert [t.decode() for t in text.numpy()] == [words.decode(row) for row in rows]


def test_it_runs_without_this_package_and_without_a_gpu(exported, opened, tmp_path):
    """The guide's own five lines, in a process that cannot import the rest."""
    program = guide("Use a SavedModel", exported.folder)
    assert "print(" in program
    program = program.replace('"The text of a document …"', repr(TEXTS[0]))
    program = program.replace('"Another one …"', repr(TEXTS[1]))
    gone = ("summarizer", "sentencepiece", "onnxruntime")  # tensorflow_text itself needs keras
    header = f"import sys\nsys.modules.update(dict.fromkeys({gone!r}))\n"
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "PYTHONPATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", header + program], cwd=tmp_path, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(opened.run(TEXTS[:2])[0])


def test_the_share_of_equal_summaries_is_said_and_noted_beside_the_graph(exported, digits):
    (line,) = exported.said
    assert line.startswith(f"{exported.folder / 'saved_model'}: ")
    assert re.search(r"same summary as Keras on (100\.0|99\.\d)% of \d+ documents", line)
    notes = read_export_record(exported.folder)
    assert notes.pop("saved_model").keys() >= {"same", "worst", "documents", "bytes", "sha256"}
    assert notes == read_export_record(digits.folder)


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        tf.errors.ResourceExhaustedError(None, None, "No space left on device\nmore"),
    ],
)
def test_a_full_disk_leaves_the_old_saved_model(copy, monkeypatch, capsys, error):
    def full(module: Any, path: str, *_: Any) -> None:
        Path(path).mkdir()
        (Path(path) / "part").write_text("x")
        raise error

    before = storage.sha256(copy / "saved_model")
    monkeypatch.setattr(tf.saved_model, "save", full)
    line = fails(capsys, copy, "--format", "saved_model")
    assert line.endswith("saved_model.part: cannot be written: No space left on device")
    assert storage.sha256(copy / "saved_model") == before
    assert {p.name for p in copy.iterdir() if p.is_dir()} == {"saved_model"}


def test_a_folder_that_cannot_be_replaced_stays(tmp_path, monkeypatch):
    folder = tmp_path / "saved_model"
    folder.mkdir()
    (folder / "which").write_text("old")
    rename = Path.rename

    def refused(path: Path, target: Path) -> Any:
        if target == folder and path.suffix == ".part":
            raise PermissionError(13, "Permission denied")
        return rename(path, target)

    def replace() -> None:
        with storage.atomic_directory(folder) as new:
            (new / "which").write_text("new")

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(ModelError, match="cannot be written: Permission denied"):
        replace()
    assert (folder / "which").read_text() == "old"
    monkeypatch.undo()
    replace()
    assert (folder / "which").read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["saved_model"]


def test_a_saved_model_that_differs_from_keras_is_refused(copy, monkeypatch, capsys):
    before = storage.sha256(copy / "saved_model")

    def another(model: Any, config: Any, words: Any, path: Path, about: Any) -> None:
        shutil.copytree(copy / "saved_model", path, dirs_exist_ok=True)

    monkeypatch.setattr(saved_model, "export", another)
    summaries = [("1", 0.0)] * 20
    monkeypatch.setattr(export_module, "keras_summaries", lambda *_: summaries)
    assert "the exported graph differs from Keras" in fails(capsys, copy, "--format", "saved_model")
    assert storage.sha256(copy / "saved_model") == before


# --- what cannot be exported -------------------------------------------------------------------


def fails(capsys: pytest.CaptureFixture[str], folder: Path, *words: str) -> str:
    assert cli.main(["export", str(folder), *DATA, *words]) == 1
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    return said.err.removesuffix("\n")


def test_a_vocabulary_of_words_has_no_saved_model():
    words = vocabulary.train_vocabulary(["some words"] * 20, 300, kind="words")
    with pytest.raises(ConfigError, match="vocabulary.kind=words: a SavedModel has no tokenizer"):
        saved_model.check(words)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"format": "saved"}, "format 'saved': did you mean 'saved_model'? known: onnx, saved_"),
        ({"weights": "int4"}, "weights 'int4': did you mean 'int8'? known: float16, float32, int8"),
        ({"format": "saved_model", "weights": "int8"}, "weights 'int8': a SavedModel has float32"),
        ({"documents": 0}, "documents 0: must be above 0"),
    ],
)
def test_unknown_choices_are_named(digits, options, line):
    with pytest.raises(ConfigError) as error:
        export(digits.folder, **options)
    assert line in str(error.value)


WRONG = ("--format saved", "--weights int4", "--weights int8 --full", "--verify --sizes")


@pytest.mark.parametrize("choice", WRONG)
def test_wrong_choices_are_wrong_usage(choice, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["export", "x", *choice.split()])
    assert ended.value.code == 2
    assert choice.split()[1] in capsys.readouterr().err


def test_another_backend_is_told(digits, monkeypatch, capsys):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert "KERAS_BACKEND=jax: exports need" in fails(capsys, digits.folder)


def test_a_missing_library_is_told(copy, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tensorflow_text", None)
    line = fails(capsys, copy, "--format", "saved_model")
    assert line.startswith("summarizer: tensorflow_text is not installed; this needs pip install ")


# --- weights in fewer bits ---------------------------------------------------------------------

MATRICES = arrays.arrays(
    np.float32, st.tuples(st.integers(2, 40), st.integers(120, 200)),
    elements=st.integers(-999, 999).map(lambda i: i / 100), fill=st.just(0.0),
)  # fmt: skip


@given(MATRICES)
def test_int8_is_within_half_a_step_of_each_row_or_column(matrix):
    matrix = np.tile(matrix, (20, 1))  # large enough to be compressed
    kept = weight_formats.quantize("kernel", matrix, "int8")
    values, scale = kept["kernel"], kept["kernel" + weight_formats.SCALE]
    assert values.dtype == np.int8
    assert sorted(scale.shape)[0] == 1
    assert (np.abs(values * scale - matrix) <= scale * 0.5001).all()
    assert (np.abs(values).max() == 127) == matrix.any()  # no bit is wasted
    again = weight_formats.round_trip({"kernel": matrix}, "int8")
    np.testing.assert_array_equal(
        weight_formats.round_trip(again, "int8")["kernel"], again["kernel"]
    )


def test_only_large_matrices_are_int8():
    shapes = {"bias": (5000,), "gate": (5000, 1), "small": (8, 8), "kernel": (64, 64)}
    kept = {
        n: weight_formats.quantize(n, np.ones(s, np.float32), "int8")[n].dtype
        for n, s in shapes.items()
    }
    assert kept == {"bias": "float32", "gate": "float16", "small": "float16", "kernel": "int8"}


@pytest.fixture
def untraced(digits, monkeypatch) -> None:
    """Take the traced search from the file that has it: tracing takes long."""
    proto = onnx_library.load(digits.folder / "model.onnx")
    names = set(storage.load_arrays(digits.folder / "weights.npz")[0])
    for kept, goes in (
        (proto.graph.node, lambda node: node.output[0].startswith("weight_")),
        (proto.graph.initializer, lambda array: array.name in names),
    ):
        left = [item for item in kept if not goes(item)]
        del kept[:]
        kept.extend(left)
    monkeypatch.setattr(onnx_export, "_trace", lambda _: copying.deepcopy(proto))


def test_int8_weights_end_to_end(copy, untraced, tmp_path, capsys):
    """Of a folder whose only weights are the graph's: smaller, alike, proved, and none is lost."""
    (copy / "weights.npz").unlink()
    half, held = (copy / "model.onnx").stat().st_size, onnx_export.read_weights(copy / "model.onnx")
    assert cli.main(["export", str(copy), "--weights", "int8", *DATA]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "same summary as Keras on 100.0% of 20 documents" in said[0]
    assert said[1].startswith("int8 weights: same summary as float32 on ")
    record = read_export_record(copy)
    assert record["weights"] == "int8"
    assert record["bytes"] == (copy / "model.onnx").stat().st_size < 0.8 * half
    assert "saved_model" in record
    for name, array in storage.load_arrays(copy / "weights.npz")[0].items():
        np.testing.assert_array_equal(array, held[name].astype(np.float32))

    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "folded.onnx")
    onnxruntime.InferenceSession(copy / "model.onnx", options, providers=["CPUExecutionProvider"])
    assert onnx_export.read_graph(copy / "model.onnx").weight_format == "int8"
    # The optimizer has not unpacked them.
    assert b"MatMulIntegerToFloat" in (tmp_path / "folded.onnx").read_bytes()

    for name in ("weights.npz", "export.json"):
        (copy / name).unlink()
    shutil.rmtree(copy / "saved_model")
    assert cli.main(["export", str(copy), "--verify", *DATA]) == 0
    said = capsys.readouterr().out
    assert "export.json has no checksum of it\n" in said
    assert f"{copy / 'model.onnx'}: int8 weights\n" in said


def test_sizes_and_rouge_stand_side_by_side(digits, untraced, capsys):
    before = {p: p.stat().st_mtime_ns for p in digits.folder.iterdir()}
    assert cli.main(["export", str(digits.folder), "--sizes", *DATA]) == 0
    head, *rows, last = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["weights", "MB", "ROUGE-1"]
    assert [row.split()[0] for row in rows] == ["float32", "float16", "int8"]
    full, half, int8 = (float(row.split()[1]) for row in rows)
    assert full > half > int8 > 0
    assert rows[0].endswith(" 100.0%")
    assert last.startswith("20 documents; rouge|")
    assert {p: p.stat().st_mtime_ns for p in digits.folder.iterdir()} == before


def test_sizes_need_references(exported, tmp_path, capsys):
    (tmp_path / "a.txt").write_text("1 2 3")
    data = ["--sizes", "--data", str(tmp_path)]
    assert "example a.txt: has no reference summary" in fails(capsys, exported.folder, *data)


# --- proved again ------------------------------------------------------------------------------


def test_exports_are_proved_again_and_nothing_is_written(exported, capsys):
    before = storage.sha256(exported.folder)
    assert cli.main(["export", str(exported.folder), "--verify", *DATA]) == 0
    said = capsys.readouterr().out
    for name, kind in (("model.onnx", "float16"), ("saved_model", "float32")):
        start = f"{exported.folder / name}: "
        assert re.search(rf"{start}[\d.]+ MB, as it was exported\n", said)
        assert f"{start}made for this vocabulary and configuration\n" in said
        assert f"{start}{kind} weights, those of weights.npz\n" in said
        assert re.search(rf"{start}same summary as Keras on (100|9\d)\.\d% of 20 documents", said)
    assert storage.sha256(exported.folder) == before


def altered(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def other_weights(folder: Path) -> None:
    held, place = storage.load_arrays(folder / "weights.npz")
    held["embeddings"] = held["embeddings"] + 1
    storage.save_arrays(folder / "weights.npz", held, place)


def other_setting(folder: Path, section: str, name: str, value: Any) -> None:
    tree = json.loads((folder / "config.json").read_text())
    tree[section][name] = value
    (folder / "config.json").write_text(json.dumps(tree))


def other_vocabulary(folder: Path) -> None:
    with open(folder / "vocabulary.model", "ab") as file:
        file.write(b"\xc0\x3e\x01")  # a field that SentencePiece does not know


def unnoted(folder: Path, hurt: Any) -> None:
    """Hurt an export of which no checksum was kept."""
    (folder / "export.json").unlink()
    hurt(folder)


VARIABLES = "saved_model/variables/variables.data-00000-of-00001"
DAMAGES = {
    "no folder": (shutil.rmtree, ": no such model folder"),
    "no export": (
        lambda f: ((f / "model.onnx").unlink(), shutil.rmtree(f / "saved_model")),
        ": holds no export; make one with: summarizer export",
    ),
    "altered graph": (
        lambda f: altered(f / "model.onnx"), "/model.onnx: truncated or altered since",
    ),
    "cut graph": (
        lambda f: (f / "model.onnx").write_bytes((f / "model.onnx").read_bytes()[:-9]),
        "/model.onnx: truncated or altered since",
    ),
    "altered SavedModel": (
        lambda f: altered(f / VARIABLES), "/saved_model: truncated or altered since",
    ),
    "cut SavedModel": (
        lambda f: (f / VARIABLES).unlink(), "/saved_model: truncated or altered since",
    ),
    "notes that are no JSON": (lambda f: (f / "export.json").write_text("{"), "/export.json: not "),
    "notes that are a list": (lambda f: (f / "export.json").write_text("[]"), "/export.json: not "),
    "other weights": (other_weights, "/model.onnx: 'embeddings' is not that of weights.npz"),
    "another vocabulary": (other_vocabulary, "/model.onnx: exported with another vocabulary"),
    "another model": (
        lambda f: other_setting(f, "model", "dropout", 0.5),
        "/model.onnx: made with other settings than config.json",
    ),
    "another search": (
        lambda f: other_setting(f, "decode", "maximum", 9),
        "/saved_model: made with other settings than config.json",
    ),
    "altered graph without notes": (
        lambda f: unnoted(f, lambda f: altered(f / "model.onnx")), "/model.onnx: ",
    ),
    "cut SavedModel without notes": (
        lambda f: unnoted(f, lambda f: (f / VARIABLES).unlink()),
        "/saved_model: truncated or not an exported SavedModel",
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_does_not_belong_together_is_found(copy, capsys, damage):
    hurt, reason = DAMAGES[damage]
    hurt(copy)
    assert f"summarizer: {copy}{reason}" in fails(capsys, copy, "--verify")


@pytest.mark.parametrize(("share", "worst"), [(0.98, 0.0), (1.0, 0.002), (1.0, float("nan"))])
def test_an_export_that_says_something_else_is_found(digits, monkeypatch, capsys, share, worst):
    found = parity.Parity(share, worst)
    monkeypatch.setattr(verify_export, "_onnx_parity", lambda *_: found)
    line = fails(capsys, digits.folder, "--verify")
    assert f"/model.onnx: same summary as Keras on {share:.1%} of 20 documents" in line
    assert line.endswith("; it must be 99% and 1e-03: export it again")


def test_the_guide_runs_the_graph(exported, capsys):
    program = guide("Use the graph", exported.folder).replace("The text of a document …", TEXTS[0])
    exec(compile(program, str(GUIDE), "exec"), {})
    words = Vocabulary.load(exported.folder / "vocabulary.model")
    printed = capsys.readouterr().out.strip()
    assert set(printed) <= set("0123456789 ")
    assert words.encode(printed)
