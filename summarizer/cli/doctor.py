"""`summarizer doctor` on the command line: its options, and what it prints.

Exit status 0 where nothing was found, 3 where something was.
"""

import argparse
import dataclasses
from pathlib import Path
from typing import Any

FOUND = 3  # exit status
_PRESET = "docstrings"


def add_arguments(parser: Any) -> None:
    """Give the verb its options."""
    parser.set_defaults(refuse=parser.error)
    parser.add_argument("word", metavar="SPEC | RUN", help="data, or the folder of a run")
    parser.add_argument("--preset", default=_PRESET, metavar="NAME",
                        help=f"what the data is for; default: {_PRESET}")  # fmt: skip
    parser.add_argument("--pieces", type=int, metavar="N",
                        help="of a document that are read; default: the preset's")  # fmt: skip
    parser.add_argument("--validation", metavar="SPEC", help="what training validates on")
    parser.add_argument("--test", metavar="SPEC", help="what is evaluated on")
    parser.add_argument("--json", action="store_true", help="one JSON object a finding and line")


def run(a: argparse.Namespace) -> int:
    """Print what is wrong with data or with a run."""
    from summarizer.doctor import finding

    if a.pieces is not None and a.pieces < 1:
        a.refuse("--pieces is a number above 0")
    folder = Path(a.word)
    if (folder / "config.json").is_file():
        defaults = {"preset": _PRESET, "pieces": None, "validation": None, "test": None}
        if wrong := [f"--{name}" for name, default in defaults.items() if vars(a)[name] != default]:
            a.refuse(f"{folder} is a run, which has no {', '.join(wrong)}")
        from summarizer.doctor import run as runs

        found = runs.examine(folder)
    else:
        found = _data(a)
    if a.json:
        print(*map(finding.line, found), sep="\n", end="\n" * bool(found))
    else:
        print(finding.text(found))
    return FOUND if found else 0


def _data(a: argparse.Namespace) -> Any:
    """What is found in data; a SPEC that names nothing is told to be no run, either."""
    from summarizer import plugins
    from summarizer.doctor import data
    from summarizer.errors import InputError, SummarizerError

    chosen = plugins.load("preset", a.preset).config()
    read = dataclasses.replace(chosen.data, spec=a.word, validation=a.validation or "")
    if a.pieces is not None:
        read = dataclasses.replace(read, document_pieces=a.pieces)
    try:
        return data.examine(dataclasses.replace(chosen, data=read), a.test or "")
    except SummarizerError as error:
        data_meant = Path(a.word).is_file() or set(a.word) & set(",:")
        if data_meant or a.word in plugins.names("source") or a.word not in str(error):
            raise
        raise InputError(f"{error}; a run would be a folder with config.json") from None
