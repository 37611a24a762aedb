"""What `--help` prints and what `config.json` holds, to the letter.

These change when options and settings are renamed: then make the files anew (write what the
program prints now), and let `test_settings.py` show that the old files are still read.
"""

import pytest

from summarizer.config import to_json
from tests.compat import cases, program

HELP = sorted(path.stem for path in (cases.DATA / "help").glob("*.txt"))
PRESETS = sorted(path.stem for path in (cases.DATA / "presets").glob("[!_]*.json"))
PRESETS.remove("hashes")


@pytest.mark.parametrize("verb", HELP)
def test_help_is_the_same(verb, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as ended:
        program.run(*([] if verb == "summarizer" else [verb]), "--help")
    assert ended.value.code == 0
    # Versions of Python break the lines of the usage in other places.
    saved = (cases.DATA / "help" / f"{verb}.txt").read_text("utf-8")
    assert capsys.readouterr().out.split() == saved.split()


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_written_the_same(name):
    assert to_json(program.preset(name)) == (cases.DATA / "presets" / f"{name}.json").read_text(
        "utf-8"
    )
