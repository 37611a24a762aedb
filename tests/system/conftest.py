"""A model that is trained during the tests."""

import contextlib
import io
from pathlib import Path
from typing import NamedTuple

import pytest

COMMAND = (
    "train --preset reverse_digits --data reverse_digits,count=2000 --set train.steps=150 "
    "--set train.warmup_steps=50 --set train.batch_size=32 --set train.validation_examples=20"
)


class TrainedModel(NamedTuple):
    """A run: its folder, and what was printed while it ran."""

    folder: Path
    out: str
    err: str


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    """Train and export the toy model through the command line. Read only."""
    from summarizer import cli

    folder = tmp_path_factory.mktemp("runs") / "digits"
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.main([*COMMAND.split(), "--output", str(folder)])
    assert status == 0, err.getvalue()
    return TrainedModel(folder, out.getvalue(), err.getvalue())
