import json
import subprocess
import sys

import pytest

from summarizer.errors import InputError
from summarizer.training.metrics_log import FILE, read_log, read_records


def test_log_is_read_in_order(tmp_path):
    log = [{"step": 50, "loss": 3.5}, {"step": 100, "loss": 2.5, "rouge1": 20.0}]
    (tmp_path / FILE).write_text("".join(json.dumps(record) + "\n" for record in log))
    assert read_log(tmp_path) == log


def test_missing_or_empty_log_has_no_records(tmp_path):
    assert read_log(tmp_path) == []
    (tmp_path / FILE).touch()
    assert read_log(tmp_path) == []


@pytest.mark.parametrize("length", range(1, len('{"step": 100}')))
def test_incomplete_last_line_is_left_out(tmp_path, length):
    (tmp_path / FILE).write_text('{"step": 50}\n' + '{"step": 100}'[:length])
    assert read_log(tmp_path) == [{"step": 50}]


@pytest.mark.parametrize("line", ['{"step"', "[1]", "7", ""])
def test_damaged_line_is_named(tmp_path, line):
    path = tmp_path / "records.jsonl"
    path.write_text(f'{{"step": 50}}\n{line}\n{{"step": 100}}\n')
    with pytest.raises(InputError, match=r"records.jsonl:2: not a JSON object"):
        read_records(path)
    path.write_text("[1]\n")
    with pytest.raises(InputError, match=r"records.jsonl:1: not a JSON object"):
        read_records(path)


def test_import_does_not_load_tensorflow():
    """`doctor` reads logs without TensorFlow."""
    code = "import sys, summarizer.training.metrics_log; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert {"tensorflow", "keras"}.isdisjoint(loaded)
