"""The saved data as the program knows it: folders of models and runs, put together from parts."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.compat import cases

# It compares with a checkout of the old code, whose folder this variable names.
collect_ignore = [] if os.environ.get("SUMMARIZER_OLD_CODE") else ["test_old_code.py"]


@pytest.fixture(scope="session")
def saved() -> Callable[[str], Any]:
    """Read a JSON file of the saved data."""
    return lambda name: json.loads((cases.DATA / name).read_text("utf-8"))


@pytest.fixture
def toy(tmp_path: Path) -> Callable[[str], Path]:
    """Put a saved folder together in a place where it can be changed."""
    return lambda name: cases.place(name, tmp_path)
