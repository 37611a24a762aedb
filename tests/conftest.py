"""What holds for every test: quiet libraries, fixed seeds, and no skip that is not allowed."""

import gc
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before anything imports TensorFlow
os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np
import pytest
from hypothesis import settings

# The same examples each time: a failure that comes and goes tells nothing about a change.
settings.register_profile("summarizer", derandomize=True, deadline=None)
settings.load_profile("summarizer")

ALLOWED_SKIPS: frozenset[str] = frozenset()
"""Names of tests (`tests/test_x.py::test_y`) that may skip themselves; each with its reason."""


def fail_if_skipped(report: Any, allowed: frozenset[str] = ALLOWED_SKIPS) -> None:
    """Turn the report of a skip that is not allowed into one of a failure."""
    name = report.nodeid.split("[")[0]
    if report.skipped and not hasattr(report, "wasxfail") and name not in allowed:
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: a skip that is not in ALLOWED_SKIPS ({reason})"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    report = yield
    fail_if_skipped(report)
    return report


def pytest_collection_finish() -> None:
    """Keep the garbage collector away from all that is imported; it would slow timed tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _own_temporary_directory(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Put what libraries leave in the temporary directory where pytest removes it."""
    tempfile.tempdir = str(tmp_path_factory.mktemp("temporary"))
    os.environ["TMPDIR"] = tempfile.tempdir  # for subprocesses


@pytest.fixture(autouse=True)
def _same_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin every test from the same seeds, whatever ran before it and whoever runs it."""
    random.seed(1)
    np.random.seed(1)
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(1)
    monkeypatch.delenv("SUMMARIZER_MODEL", raising=False)


class Model(NamedTuple):
    """A model folder."""

    folder: Path


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Return a copy of the small model of the toy task in `tests/data/digits`.

    `tests/data/make_digits.py` trained it. Read only: a test that changes its files copies the
    folder.
    """
    folder = tmp_path_factory.mktemp("runs") / "digits"
    shutil.copytree(Path(__file__).parent / "data" / "digits", folder)
    return Model(folder)
