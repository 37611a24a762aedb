"""The benchmark of the pipeline runs and measures all it names.

That memory stays flat is tested where nothing else counts: `test_pipeline`, `test_stream`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    command = [sys.executable, str(ROOT / "benchmarks" / "pipeline.py"), "--quick"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, "--results", str(folder)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stderr
    assert [path.name for path in folder.iterdir()] == ["pipeline.json"]
    found = json.loads((folder / "pipeline.json").read_text())
    assert all(row["what"] in done.stdout for row in found["rows"])
    return found


def test_every_row_is_measured(record):
    assert {row["unit"]: row["target"] for row in record["rows"]} == {
        "documents/s": 10_000,
        "examples/s": 20_000,
        "ratio": 1.1,
        "s": 2.0,
        "%": None,  # of made-up documents: for comparison
    }
    for row in record["rows"]:
        assert row["value"] > 0
        assert row["low"] is None or row["low"] <= row["value"] <= row["high"]
