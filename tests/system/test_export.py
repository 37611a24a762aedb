"""The exported file says what Keras says, alone and in any batch, and bad model files are told."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from summarizer import cli, storage, vocabulary
from summarizer.api.load_model import load_keras_model
from summarizer.datasets import spec
from summarizer.decoding.graph_inputs import arrays as input_arrays
from summarizer.decoding.graph_inputs import neutral_inputs
from summarizer.errors import ModelError
from summarizer.exporters import onnx_export, parity
from summarizer.model import named_weights
from summarizer.runtime.onnx_summarizer import OnnxSummarizer
from summarizer.vocabulary import END, PAD

TEST = "reverse_digits,count=800,seed=2"


def documents(session: OnnxSummarizer, count: int) -> list[list[int]]:
    texts = [e.document for e in spec.examples(TEST, "test")][:count]
    assert len(texts) == count
    return session.vocabulary.encode_all(texts)


def best(found: dict[str, Any]) -> list[tuple[int, ...]]:
    return [tuple(p for p in row[0] if p != PAD) for row in found["pieces"]]


@pytest.fixture(scope="module")
def session(digits) -> OnnxSummarizer:
    return OnnxSummarizer(digits.folder)


@pytest.fixture
def copy(digits, tmp_path: Path) -> Path:
    """The trained model's folder, to be changed; without what only training needs."""
    leave = shutil.ignore_patterns("store", "checkpoint.npz", "metrics.*")
    return Path(shutil.copytree(digits.folder, tmp_path / "model", ignore=leave))


# --- the graph ---------------------------------------------------------------------------------


def test_training_ends_with_an_export_that_is_proved(digits):
    record = json.loads((digits.folder / "export.json").read_text())
    assert record["documents"] == 200
    assert record["same"] >= 0.99
    assert record["worst"] <= 1e-3
    assert record["weights"] == "float16"
    assert record["same_as_full_precision"] > 0.9
    assert record["bytes"] == (digits.folder / "model.onnx").stat().st_size


def test_keras_opens_the_exported_file_and_finds_the_same_summaries(copy, session):
    (copy / "weights.npz").unlink()
    config, _, model = load_keras_model(copy)
    ids = documents(session, 30)
    ours = [best.tokens for best in parity.searcher(model, config.decode)(ids)]
    assert parity.fraction_equal(ours, best(session.search(ids))) >= 0.95


def test_half_precision_rounds_the_matrices_and_nothing_else(digits):
    half = onnx_export.read_weights(digits.folder / "model.onnx")
    full, _ = storage.load_arrays(digits.folder / "weights.npz")
    for name, array in full.items():
        if array.ndim > 1:
            assert half[name].dtype == np.float16
            np.testing.assert_array_equal(half[name], array.astype(np.float16))
        else:
            np.testing.assert_array_equal(half[name], array)


def test_a_document_is_searched_alike_alone_and_among_others(session):
    ids = [[*document] for document in documents(session, 8)]
    assert len({len(document) for document in ids}) > 2
    together = session.search(ids)
    for i, document in enumerate(ids):
        alone = session.search([document])
        np.testing.assert_array_equal(together["pieces"][i], alone["pieces"][0])
        np.testing.assert_allclose(together["score"][i], alone["score"][0], atol=1e-3)
        np.testing.assert_allclose(
            together["attention"][i][..., : len(document)], alone["attention"][0], atol=1e-3
        )
        assert not together["attention"][i][..., len(document) :].any()


def test_beam_and_lengths_are_inputs_of_the_graph(session):
    ids = documents(session, 3)
    for beam, maximum in ((1, 5), (2, 9), (7, 24)):
        found = session.search(ids, beam, maximum)
        assert found["pieces"].shape == (3, beam, maximum)
        assert found["gate"].shape == (3, beam, maximum)
        assert (np.diff(found["score"], axis=1) <= 0).all()
        ended = (found["pieces"] == END).sum(axis=2)
        assert (ended[found["log_prob"] > -1e8] == 1).all()


def test_what_the_generator_may_not_write_is_only_copied(session):
    (document,) = documents(session, 1)
    allowed = np.zeros((1, session.vocabulary.size), bool)
    allowed[0, END] = True
    values = neutral_inputs(np.array([document]), 3, session.vocabulary.size)
    limits = {"minimum": 4, "maximum": 12, "penalty": 0.0, "block": 0, "allowed": allowed}
    (pieces,) = session._session.run(["pieces"], values | input_arrays(limits))
    assert set(pieces.ravel().tolist()) - {PAD, END} <= set(document)


# --- making it ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_export_in_full_precision(copy, capsys):
    command = ["export", str(copy), "--full", "--data", "reverse_digits,count=400"]
    half = (copy / "model.onnx").stat().st_size
    assert cli.main(command) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{copy / 'model.onnx'}: ")
    assert "same summary as Keras on 100.0% of" in said
    assert "float16" not in said
    record = json.loads((copy / "export.json").read_text())
    assert record["weights"] == "float32"
    assert "same_as_full_precision" not in record
    assert 0 < record["documents"] < 200
    assert record["worst"] <= 1e-3
    assert (copy / "model.onnx").stat().st_size == record["bytes"] > 1.3 * half
    full = onnx_export.read_weights(copy / "model.onnx")
    for name, array in storage.load_arrays(copy / "weights.npz")[0].items():
        np.testing.assert_array_equal(full[name], array)


def test_export_says_what_half_precision_costs(monkeypatch, capsys):
    made = {
        "documents": 200, "same": 0.995, "worst": 2e-5, "weights": "float16",
        "same_as_full_precision": 0.98, "bytes": 1_500_000,
    }  # fmt: skip
    monkeypatch.setattr("summarizer.api.export.export", lambda *_, **__: made)
    assert cli.main(["export", "x"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "x/model.onnx: 1.5 MB; same summary as Keras on 99.5% of 200 documents, "
        "scores within 2.0e-05",
        "float16 weights: same summary as float32 on 98.0%",
    ]


def test_a_graph_that_differs_from_keras_is_refused(copy, monkeypatch, capsys):
    """The graph keeps the trained weights, Keras gets one matrix that is not theirs."""
    before, record = (copy / "model.onnx").read_bytes(), (copy / "export.json").read_bytes()
    read = onnx_export.read_weights

    def altered(path: Path) -> dict[str, Any]:
        return {**read(path), "embeddings": read(path)["embeddings"] * 0.5}

    monkeypatch.setattr(onnx_export, "export", lambda model, path, *_: path.write_bytes(before))
    monkeypatch.setattr(onnx_export, "read_weights", altered)
    assert cli.main(["export", str(copy), "--full", "--data", "reverse_digits,count=400"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith(f"summarizer: {copy}: the exported graph differs from Keras: ")
    assert said.err.count("\n") == 1
    assert said.out == ""
    assert (copy / "model.onnx").read_bytes() == before
    assert (copy / "export.json").read_bytes() == record
    assert not list(copy.glob("*.new"))


def test_parity_counts_summaries_and_scores():
    assert parity.fraction_equal([(1, 2), (3,)], [(1, 2), (3, 4)]) == 0.5


# --- model folders that cannot be used ---------------------------------------------------------


def another_vocabulary() -> bytes:
    return vocabulary.train_vocabulary(
        ["another text of other words"] * 20, 300, lowercase=False
    ).proto


def cut(path: Path, share: float = 0.5) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])


def set_in_config(path: Path, section: str, key: str, value: Any) -> None:
    tree = json.loads(path.read_text())
    (tree[section] if section else tree)[key] = value
    path.write_text(json.dumps(tree))


DAMAGES = {
    "no folder": (lambda f: shutil.rmtree(f), ": no such model folder"),
    "no config": (
        lambda f: (f / "config.json").unlink(), "/config.json: No such file or directory",
    ),
    "cut config": (lambda f: cut(f / "config.json"), "/config.json: configuration is not JSON"),
    "binary config": (lambda f: (f / "config.json").write_bytes(b"\xff\xfe"), "/config.json: "),
    "unknown setting": (
        lambda f: set_in_config(f / "config.json", "train", "stepz", 3),
        "/config.json: unknown setting 'train.stepz': did you mean 'steps'?",
    ),
    "value of another type": (
        lambda f: set_in_config(f / "config.json", "decode", "maximum", "many"),
        "/config.json: decode.max_tokens='many': must be a value of type int",
    ),
    "options of another type": (
        lambda f: set_in_config(
            f / "config.json", "decode", "strategy", {"name": "beam", "options": 3}
        ),
        "/config.json: decode.strategy.options=3: must be an object",
    ),
    "a part without a name": (
        lambda f: set_in_config(f / "config.json", "decode", "strategy", {"options": {}}),
        "/config.json: configuration 'decode.strategy': has no 'name'",
    ),
    "no vocabulary": (
        lambda f: (f / "vocabulary.model").unlink(), "/vocabulary.model: No such file or directory",
    ),
    "cut vocabulary": (lambda f: cut(f / "vocabulary.model"), "/vocabulary.model: "),
    "empty vocabulary": (lambda f: cut(f / "vocabulary.model", 0), "/vocabulary.model: "),
}  # fmt: skip
GRAPHS = {
    "no graph": (
        lambda f: (f / "model.onnx").unlink(),
        "/model.onnx: no such file; make it with: summarizer export",
    ),
    "cut graph": (
        lambda f: cut(f / "model.onnx"), "/model.onnx: truncated or not an exported model",
    ),
    "nearly whole graph": (
        lambda f: cut(f / "model.onnx", 0.999), "/model.onnx: truncated or not an exported model",
    ),
    "empty graph": (
        lambda f: cut(f / "model.onnx", 0), "/model.onnx: truncated or not an exported model",
    ),
    "text for a graph": (
        lambda f: (f / "model.onnx").write_text("hello"),
        "/model.onnx: truncated or not an exported model",
    ),
    "another vocabulary": (
        lambda f: (f / "vocabulary.model").write_bytes(another_vocabulary()),
        "/model.onnx: exported with another vocabulary than",
    ),
}  # fmt: skip
WEIGHTS = {
    "cut weights": (
        lambda f: cut(f / "weights.npz"), "/weights.npz: cut or not written by this program",
    ),
    "empty weights": (
        lambda f: cut(f / "weights.npz", 0), "/weights.npz: cut or not written by this program",
    ),
    "weights of another model": (
        lambda f: set_in_config(f / "config.json", "model", "embedding", 32),
        "/weights.npz: weight 'encoder.left.kernel' has shape [",
    ),
    "a weight too few": (
        lambda f: storage.save_arrays(f / "weights.npz", {"embeddings": np.zeros(1)}, {}),
        "/weights.npz: ",
    ),
    "neither weights nor graph": (
        lambda f: ((f / "weights.npz").unlink(), (f / "model.onnx").unlink()),
        "/weights.npz: no such file",
    ),
    "cut graph for weights": (
        lambda f: ((f / "weights.npz").unlink(), cut(f / "model.onnx")),
        "/model.onnx: truncated or not an ONNX file",
    ),
    "unknown encoder": (
        lambda f: set_in_config(f / "config.json", "model", "encoder", {"name": "bidirectionl"}),
        "unknown encoder 'bidirectionl': did you mean 'bidirectional'?",
    ),
}  # fmt: skip


def told(capsys: pytest.CaptureFixture[str]) -> str:
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("summarizer: ")
    return said.err


@pytest.mark.parametrize("damage", [*DAMAGES, *GRAPHS])
def test_a_damaged_model_is_told_when_summarizing(copy, tmp_path, capsys, damage):
    hurt, reason = {**DAMAGES, **GRAPHS}[damage]
    hurt(copy)
    document = tmp_path / "document.txt"
    document.write_text("1 2 3")
    assert cli.main(["summarize", "--model", str(copy), str(document)]) == 1
    assert f"summarizer: {copy}{reason}" in told(capsys)


@pytest.mark.parametrize("damage", [*DAMAGES, *WEIGHTS])
def test_a_damaged_model_is_told_when_exporting(copy, capsys, damage):
    hurt, reason = {**DAMAGES, **WEIGHTS}[damage]
    hurt(copy)
    assert cli.main(["export", str(copy)]) == 1
    line = told(capsys)
    assert reason in line
    assert str(copy) in line or "unknown encoder" in line


class Payload:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_opening_a_model_runs_no_code_of_its_folder(copy, tmp_path, capsys):
    payload, place = Payload(tmp_path / "ran"), np.frombuffer(b"{}", np.uint8)
    arrays, _ = storage.load_arrays(copy / "weights.npz")
    arrays["embeddings"] = np.array([payload], dtype=object)
    np.savez(copy / "weights.npz", **arrays, **{"place.json": place})
    assert cli.main(["export", str(copy)]) == 1
    assert f"{copy}/weights.npz: cut or not written by this program" in told(capsys)
    assert not payload.path.exists()


def test_a_graph_is_read_back_under_the_names_of_the_weights(digits):
    _, _, model = load_keras_model(digits.folder)
    held = onnx_export.read_weights(digits.folder / "model.onnx")
    assert {name for name, _ in named_weights.named_variables(model)} <= set(held)
    with pytest.raises(ModelError, match="no weight"):
        named_weights.assign_weights(model, {}, Path("x"))
