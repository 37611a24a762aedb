"""`summarizer calibrate`, with the toy model."""

import json
import re
import shutil
from pathlib import Path

import pytest

from summarizer import cli


@pytest.fixture
def model(digits, tmp_path: Path) -> Path:
    for name in ("config.json", "vocabulary.model", "model.onnx", "lowercase.npz"):
        shutil.copy(digits.folder / name, tmp_path)
    return tmp_path


def test_a_model_learns_its_confidence(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [
        "calibrate",
        str(model),
        "--data",
        "reverse_digits,count=80,split=all",
        "--num-documents",
        "60",
    ]
    assert cli.main(command) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{model / 'confidence.json'}: learned on 60 documents\n")
    # The digits in either order are the same words.
    names = ("first hypotheses", "reranked", "model", "first sentences", "the choice")
    scores = {n: float(re.search(rf"([\d.]+) {n}", out)[1]) for n in names}  # type: ignore[index]
    assert scores["first sentences"] == 100
    assert scores["the choice"] >= scores["model"] == scores["reranked"]
    assert scores["reranked"] >= scores["first hypotheses"]
    assert (model / "reranker.json").exists() == (scores["reranked"] > scores["first hypotheses"])
    record = json.loads((model / "confidence.json").read_text())
    assert record["documents"] == 60
    assert 0 <= record["calibration_error"] < 0.5


def test_too_few_documents_are_refused(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["calibrate", str(model), "--data", "reverse_digits,count=9,split=all"]) == 1
    assert "9 documents: a confidence needs at least 50" in capsys.readouterr().err
    assert not (model / "confidence.json").exists()
