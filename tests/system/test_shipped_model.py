"""The model that a clone ships is found, also by the name of the one that was shipped before."""

import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from summarizer import cli
from summarizer import config as configuration
from summarizer.api import shipped_model
from summarizer.api.fine_tuning import check_initial_model, inherit_model_settings
from summarizer.api.presets import apply_overrides, load_preset
from summarizer.training import compile_step, metrics_log, validators
from summarizer.training.metric import ValidationResult
from summarizer.vocabulary import Vocabulary
from tests import fake_step
from tests.commands import copy_model

ROOT = Path(__file__).parents[2]
FORMER = "saved_models/arxiv-titles"


def note(named: str | Path, used: str | Path) -> str:
    return f"{named}: is no longer shipped; using {used} in its place"


@pytest.fixture
def clone(digits: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `saved_models/english`, a copy of the toy model, and a document."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shipped_model, "SHIPPED_MODEL", tmp_path / "elsewhere" / "english")
    copy_model(digits.folder, Path("saved_models/english"))
    Path("a.txt").write_text("3 1 4 1 5")
    return tmp_path


def test_the_shipped_model_is_there():
    assert shipped_model.find_model(None) == ROOT / "saved_models" / "english"
    names = {path.name for path in (ROOT / "saved_models").iterdir() if path.is_dir()}
    assert names == {"english"}
    kept = {path.name for path in shipped_model.SHIPPED_MODEL.iterdir()}
    assert kept >= {"config.json", "vocabulary.model", "model.onnx", "lowercase.npz", "card.md"}


@pytest.mark.parametrize("named", [FORMER, f"{FORMER}/", "{root}/saved_models/arxiv-titles"])
def test_the_former_model_stands_for_the_one_beside_it(named, clone, capsys, caplog):
    named = named.format(root=clone)
    assert cli.main(["summarize", "--model", "saved_models/english", "a.txt"]) == 0
    expected = capsys.readouterr().out
    assert cli.main(["summarize", "--model", named, "a.txt"]) == 0
    assert capsys.readouterr().out == expected
    assert caplog.messages == [note(named, Path(named).with_name("english"))]


def test_the_note_is_one_line_on_stderr(clone):
    command = [sys.executable, "-m", "summarizer", "summarize", "--model", FORMER, "a.txt"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert done.stderr == f"summarizer: {note(FORMER, 'saved_models/english')}\n"
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize("named", ["arxiv-titles", FORMER, "other/saved_models/arxiv-titles"])
def test_the_former_model_stands_for_the_shipped_one(named, clone, digits, caplog, monkeypatch):
    monkeypatch.setattr(shipped_model, "SHIPPED_MODEL", digits.folder)
    shutil.rmtree("saved_models")
    monkeypatch.setenv("SUMMARIZER_MODEL", named)
    assert cli.main(["summarize", "a.txt"]) == 0
    assert caplog.messages == [note(named, digits.folder)]


def test_a_folder_that_exists_and_another_run_of_that_name_are_not_replaced(
    clone, digits, capsys, caplog
):
    copy_model(digits.folder, Path(FORMER))
    assert cli.main(["summarize", "--model", FORMER, "a.txt"]) == 0
    assert caplog.messages == []
    assert cli.main(["summarize", "--model", "runs/arxiv-titles", "a.txt"]) == 1
    assert capsys.readouterr().err == "summarizer: runs/arxiv-titles: no such model folder\n"


def test_where_no_model_is_shipped_the_former_one_is_missed(clone, capsys):
    """As in an installed wheel, which contains no model."""
    assert cli.main(["summarize", "--model", "arxiv-titles", "a.txt"]) == 1
    assert capsys.readouterr().err == "summarizer: arxiv-titles: no such model folder\n"


def test_a_configuration_that_starts_from_the_former_model_names_the_shipped_one(clone, caplog):
    for named, start in ((FORMER, "saved_models/english"), ("saved_models/english/",) * 2):
        config = apply_overrides(load_preset("docstrings"), [f"train.init={named}"])
        assert config.train.init == start
        assert inherit_model_settings(config, named) == config
    assert caplog.messages == [note(FORMER, "saved_models/english")] * 2
    assert config.model == configuration.load_config(Path("saved_models/english/config.json")).model


def test_headlines_go_on_from_the_shipped_model(tmp_path):
    """Its pairs have no type: they are taken for headlines."""
    start = shipped_model.SHIPPED_MODEL
    settings = [f"train.init={start}", f"data.train={tmp_path / 'news.csv'}"]
    config = apply_overrides(load_preset("headlines"), settings)
    check_initial_model(config)
    shipped = configuration.load_config(start / "config.json")
    without_heads = dataclasses.replace(shipped.model, sentence_head=False, word_head=False)
    assert (config.model, config.vocabulary) == (without_heads, shipped.vocabulary)
    assert config.train.learning_rate < load_preset("english").train.learning_rate
    vocabulary = Vocabulary.load(start / "vocabulary.model")
    assert vocabulary.start() == vocabulary.controls["headline"]


def test_a_run_starts_from_the_former_model_and_goes_on(clone, monkeypatch, capsys, caplog):
    monkeypatch.setattr(compile_step, "make_train_step", fake_step.maker(fake_step.add_one))
    scores = ValidationResult({"rouge1": 1.0}, [])
    monkeypatch.setattr(validators, "make_validator", lambda *_: lambda: scores)
    monkeypatch.setattr(metrics_log, "plot_metrics", lambda folder: folder)
    monkeypatch.setattr("summarizer.api.train.export", lambda folder: {})
    line = f"train --data reverse_digits,count=400 --output run --init {FORMER} --set train.steps="
    assert cli.main(f"{line}2".split()) == 0
    assert "run: 2 steps from saved_models/english" in capsys.readouterr().out
    assert caplog.messages[0] == note(FORMER, "saved_models/english")
    assert len([line for line in caplog.messages if "no longer" in line]) == 1
    assert configuration.load_config(Path("run/config.json")).train.init == "saved_models/english"
    assert cli.main([*f"{line}4".split(), "--resume"]) == 0
    assert "run: 4 steps from saved_models/english" in capsys.readouterr().out
    other = f"{line}6".replace(FORMER, "other").split()
    assert cli.main([*other, "--resume"]) == 1
    expected = "--init other: the run in run began with saved_models/english"
    assert capsys.readouterr().err.splitlines()[-1] == f"summarizer: {expected}"
