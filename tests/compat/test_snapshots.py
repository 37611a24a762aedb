"""The output of `--help` and the text of `config.json`, to the letter.

These change when options and settings are renamed on purpose; `snapshots.py` writes them again.
"""

import pytest

from summarizer.config import to_json
from tests.compat import program, snapshots


@pytest.mark.parametrize("verb", snapshots.verbs())
def test_help_is_the_same(verb, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    # Versions of Python break the lines of the usage in different places.
    saved = (snapshots.HELP / f"{verb}.txt").read_text("utf-8")
    assert snapshots.help_of(verb).split() == saved.split()


@pytest.mark.parametrize("name", snapshots.presets())
def test_presets_are_written_the_same(name):
    saved = (snapshots.CONFIGS / f"{name}.json").read_text("utf-8")
    assert to_json(program.preset(name)) == saved
