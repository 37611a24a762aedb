import json
from typing import Any

import pytest

from summarizer import config
from summarizer.config import Config
from summarizer.datasets import contamination
from summarizer.doctor.run_files import read_run
from summarizer.errors import InputError, ModelError
from summarizer.types import Example
from tests.unit.doctor.example_data import good_rows
from tests.unit.doctor.example_runs import make_config, make_log


def test_log_of_a_running_training_is_read(tmp_path):
    (tmp_path / "config.json").write_text(config.to_json(Config()))
    with pytest.raises(ModelError, match=r"metrics.jsonl is missing or empty"):
        read_run(tmp_path)
    lines = [json.dumps(record) for record in make_log(200)]
    (tmp_path / "metrics.jsonl").write_text("\n".join([*lines, lines[0][:30]]))
    assert [window.step for window in read_run(tmp_path).windows] == [50, 100, 150, 200]


def test_repeated_steps_and_records_without_loss_are_left_out(tmp_path):
    (tmp_path / "config.json").write_text(config.to_json(Config()))
    log = make_log(200)
    log = [*log[:3], {"step": 160}, *log[1:]]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in log))
    assert [record["step"] for record in read_run(tmp_path).log] == [50, 100, 150, 200]


def test_evaluation_is_read(tmp_path):
    (tmp_path / "config.json").write_text(config.to_json(Config()))
    (tmp_path / "metrics.jsonl").write_text(json.dumps(make_log(50)[0]))
    (tmp_path / "report.json").write_text('{"examples": 3}')
    assert read_run(tmp_path).report == {"examples": 3}
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "evaluation" / "report.json").write_text('{"examples": 5}')
    (tmp_path / "evaluation" / "predictions.jsonl").write_text('{"id": "a"}\n{"id": "b"}\n')
    run = read_run(tmp_path)
    assert (run.report, run.predictions) == ({"examples": 5}, [{"id": "a"}, {"id": "b"}])
    (tmp_path / "evaluation" / "report.json").write_text("{")
    with pytest.raises(InputError, match=r"report.json: not JSON"):
        read_run(tmp_path)


def test_fingerprints_give_the_number_of_pairs(tmp_path):
    def count(**settings: Any) -> int:
        (tmp_path / "config.json").write_text(config.to_json(make_config(**settings)))
        return read_run(tmp_path).pairs

    (tmp_path / "metrics.jsonl").write_text(json.dumps(make_log(50)[0]) + "\n")
    assert count() == 0
    recorder, path = contamination.ContaminationIndex(), tmp_path / contamination.FILE
    for row in good_rows("a", 7):
        list(recorder.record([Example(row["id"], row["document"])]))
    recorder.save(path)
    assert count() == 7
    assert count(**{"train.init": "runs/first"}) == 0  # includes the first model's pairs
    assert count(**{"data.task": "language_model"}) == 0  # trains on windows of the 7 texts
    whole = path.read_bytes()
    for damaged in (b"", whole[:3], whole[:100], whole[:-30]):
        path.write_bytes(damaged)
        with pytest.raises(
            ModelError, match=r"fingerprints.npz: cut or not written by this program"
        ):
            count()
