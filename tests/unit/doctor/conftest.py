"""Fixtures of the doctor's tests."""

from pathlib import Path

import pytest

from tests.unit.doctor.example_data import Files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)
