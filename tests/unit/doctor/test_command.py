import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from summarizer import cli, config
from summarizer.doctor import dataset_size
from summarizer.doctor.finding import LINE_WIDTH
from tests.unit.doctor.example_data import Files
from tests.unit.doctor.example_runs import make_config, make_log

Doctor = Callable[..., tuple[int, str, str]]


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Run the command; return exit status, stdout and stderr."""

    def run(*arguments: Any) -> tuple[int, str, str]:
        status = cli.main(["doctor", *map(str, arguments)])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """The files of a healthy run."""
    folder = tmp_path / "run"
    folder.mkdir()
    settings = {"train.steps": 1500}
    (folder / "config.json").write_text(config.to_json(make_config(**settings)))
    log = "".join(json.dumps(record) + "\n" for record in make_log())
    (folder / "metrics.jsonl").write_text(log)
    return folder


def arguments(files: Files) -> list[Any]:
    paths = files.write()
    return [paths["train"], "--max-document-tokens", 400, "--validation", paths["validation"]]


def test_findings_as_text_and_as_json(files, doctor):
    files.test[0]["document"] = files.train[7]["document"]
    given = [*arguments(files), "--test", files.folder / "test.jsonl"]
    status, out, _ = doctor(*given)
    blocks = out.rstrip("\n").split("\n\n")
    assert status == 3
    assert [block.split(":")[0] for block in blocks] == [
        "copies across splits", "too few pairs", "too many epochs",
    ]  # fmt: skip
    assert blocks[0].startswith("copies across splits: 1 of 20 test documents (5.0%) also occur")
    assert "13 training pairs" not in out
    assert "200 training pairs (training from scratch needs about 1,000)" in blocks[1]
    assert all("\n  fix: " in block for block in blocks)
    assert max(map(len, out.splitlines())) <= LINE_WIDTH
    status, out, _ = doctor(*given, "--json", "--max-document-tokens", 16, "--preset", "lstm")
    records = [json.loads(line) for line in out.splitlines()]
    assert status == 3
    assert [record["name"] for record in records] == [
        "copies across splits", "truncated documents", "too few pairs", "too many epochs",
    ]  # fmt: skip
    assert all(list(r) == ["name", "count", "of", "what", "change", "example"] for r in records)


def test_old_option_is_accepted_and_hidden(files, doctor, capsys):
    given = arguments(files)
    new = doctor(*given, "--json", "--max-document-tokens", 16)
    assert "truncated documents" in new[1]
    assert doctor(*given, "--json", "--pieces", 16) == new
    with pytest.raises(SystemExit, match="0"):
        doctor("--help")
    out = capsys.readouterr().out
    assert "--max-document-tokens" in out
    assert "--pieces" not in out


def test_no_findings_exit_with_0(files, doctor, monkeypatch, run_folder, caplog):
    monkeypatch.setattr(dataset_size, "ENOUGH_PAIRS", 200)
    monkeypatch.setattr(dataset_size, "MAX_EPOCHS", 1000)
    given = arguments(files)
    assert doctor(*given)[:2] == (0, "no problems found\n")
    assert doctor(*given, "--json")[:2] == (0, "")
    assert doctor(run_folder)[:2] == (0, "no problems found\n")
    assert "a run of 1,500 steps, without an evaluation" in caplog.text


def test_base_install_checks_runs_and_names_the_extra_for_datasets(files, run_folder):
    code = (
        "import sys\n"
        "for name in ('ftfy', 'py3langid', 'rensa'):\n"
        "    sys.modules[name] = None\n"
        "from summarizer import cli\n"
        "sys.exit(cli.main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "doctor"]
    checked = subprocess.run([*command, run_folder], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, "no problems found\n")
    target = files.write()["train"]
    checked = subprocess.run([*command, target], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr.count("\n")) == (1, "", 1)
    assert "this needs pip install 'summarizer-lstm[train]'" in checked.stderr


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nothing.jsonl", "no such file"),
        ("nowhere", "no file, folder or source 'nowhere'"),
        ("empty", "no .txt or .md file in the folder"),
    ],
)
def test_target_that_is_neither_dataset_nor_run(tmp_path, monkeypatch, doctor, target, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    status, out, err = doctor(target)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert message in err
    assert "a run would be a folder with config.json" in err


def test_dataset_options_are_refused_for_a_run(run_folder, doctor, capsys):
    with pytest.raises(SystemExit, match="2"):
        doctor(run_folder, "--pieces", 100, "--test", "a.jsonl")
    assert "only a dataset has --max-document-tokens, --test" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        doctor(run_folder, "--preset", "lstm", "--test", "docstrings")
    assert "only a dataset has --preset, --test" in capsys.readouterr().err
    assert doctor("reverse_digits", "--preset", "lsmt")[0] == 1
    with pytest.raises(SystemExit, match="2"):
        doctor("reverse_digits", "--max-document-tokens", 0)
