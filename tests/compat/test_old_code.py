"""A run goes on to the same bits with the old code and with this; see `conftest.py`.

git worktree add ../old 55f18f5
SUMMARIZER_OLD_CODE=../old python -m pytest tests/compat/test_old_code.py
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.compat import cases

OLD = Path(os.environ["SUMMARIZER_OLD_CODE"]).resolve()

# The export at the end of a run takes longer than the run, and is not compared; a program that
# does not export by this name exports all the same.
TRAIN = """
import sys
from summarizer import api, cli
api.export = lambda folder: {}
sys.exit(cli.main(sys.argv[1:]))
"""


def command(code: Path, words: list[str]) -> None:
    """Run a command of one of the two programs."""
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, *words],
        cwd=code, capture_output=True, text=True, check=False, timeout=1800,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


def state(path: Path) -> dict[str, tuple[str, bytes]]:
    """Return the arrays of a file by name, to the bit; of its place the values alone."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    place = json.loads(arrays.pop("place.json").tobytes())
    bits = {name: (str(array.dtype), array.tobytes()) for name, array in arrays.items()}
    return bits | {"place": ("", repr(sorted(map(repr, place.values()))).encode())}


def same(begun: Path, tmp_path: Path, words: list[str]) -> None:
    """Resume copies of a run with both programs; compare what they leave."""
    left = {}
    for code in (OLD, cases.ROOT):
        folder = tmp_path / ("old" if code == OLD else "new")
        shutil.copytree(begun, folder)
        command(code, ["train", "--resume", "--output", str(folder), *words])
        left[code] = [state(folder / name) for name in ("checkpoint.npz", "weights.npz")]
    for old, new in zip(left[OLD], left[cases.ROOT], strict=True):
        assert old.keys() == new.keys()
        assert [name for name in old if old[name] != new[name]] == []


@pytest.mark.parametrize("name", ["killed", "tagger", "language_model"])
def test_a_saved_run_goes_on_to_the_same_bits(name, toy, tmp_path):
    steps = cases.TOYS["digits" if name == "killed" else name].more
    same(toy(name), tmp_path, ["--set", f"train.steps={steps}"])


def test_a_run_begun_by_the_old_code_goes_on_to_the_same_bits(tmp_path):
    toy, folder = cases.TOYS["digits"], tmp_path / "begun"
    more = "train.schedule=plateau train.validate_every=10 train.ema=0.5 train.coverage_from=start"
    sets = [word for setting in more.split() for word in ("--set", setting)]
    command(OLD, [*toy.command(folder, steps=40), *sets])
    same(folder, tmp_path, ["--set", "train.steps=55"])
