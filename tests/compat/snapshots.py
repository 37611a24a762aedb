"""Write the snapshots again, after options or settings were renamed on purpose.

    PYTHONPATH=. python tests/compat/snapshots.py

`help/` holds the output of `--help`, `snapshots/` the `config.json` of each preset. The files in
`presets/` come from the old code and must stay as they are.
"""

import contextlib
import io
import os

from summarizer.config import to_json
from tests.compat import cases, program

HELP, CONFIGS = cases.DATA / "help", cases.DATA / "snapshots"


def help_of(verb: str) -> str:
    """Return the output of `--help`, of a verb or (`summarizer`) of the whole program."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        program.run(*([] if verb == "summarizer" else [verb]), "--help")
    return out.getvalue()


def verbs() -> list[str]:
    """Return the names in `help/`."""
    return sorted(path.stem for path in HELP.glob("*.txt"))


def presets() -> list[str]:
    """Return the names of the old presets."""
    return sorted(p.stem for p in (cases.DATA / "presets").glob("[!_]*.json") if p.stem != "hashes")


if __name__ == "__main__":
    os.environ["COLUMNS"] = "100"
    CONFIGS.mkdir(exist_ok=True)
    for verb in verbs():
        (HELP / f"{verb}.txt").write_text(help_of(verb), encoding="utf-8")
    for name in presets():
        text = to_json(program.preset(name))
        (CONFIGS / f"{name}.json").write_text(text, encoding="utf-8")
