"""`summarizer doctor` on the command line: its options, and what it prints.

The exit status is 0 without findings and 3 with findings.
"""

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from summarizer.doctor.finding import Finding

FINDINGS = 3  # exit status
_PRESET = "docstrings"
_DEFAULTS = {"preset": _PRESET, "max_document_tokens": None, "validation": None, "test": None}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.set_defaults(refuse=parser.error)
    parser.add_argument(
        "target", metavar="SPEC | RUN", help="a dataset SPEC, or the folder of a training run"
    )
    parser.add_argument(
        "--preset", default=_PRESET, metavar="NAME",
        help=f"check the dataset against the settings of this preset; default: {_PRESET}",
    )  # fmt: skip
    parser.add_argument(
        "--max-document-tokens", type=int, metavar="N",
        help="number of document tokens that the model reads; default: the preset's",
    )  # fmt: skip
    parser.add_argument(
        "--pieces", dest="max_document_tokens", type=int, help=argparse.SUPPRESS
    )  # fmt: skip
    parser.add_argument(
        "--validation",
        metavar="SPEC",
        help="separate validation data; the whole dataset is then used for training",
    )
    parser.add_argument(
        "--test", metavar="SPEC", help="test set; default: the dataset's test split"
    )
    parser.add_argument("--json", action="store_true", help="print each finding as one JSON object")


def run(a: argparse.Namespace) -> int:
    """Print the findings of a dataset or a run."""
    from summarizer.doctor.check_run import check_run
    from summarizer.doctor.finding import to_json, to_text

    if a.max_document_tokens is not None and a.max_document_tokens < 1:
        a.refuse("--max-document-tokens must be at least 1")
    folder = Path(a.target)
    if (folder / "config.json").is_file():
        changed = [name for name, default in _DEFAULTS.items() if vars(a)[name] != default]
        if changed:
            options = ", ".join(f"--{name.replace('_', '-')}" for name in changed)
            a.refuse(f"{folder} is a run; only a dataset has {options}")
        findings = check_run(folder)
    else:
        findings = _check_dataset(a)
    if a.json:
        print(*map(to_json, findings), sep="\n", end="\n" * bool(findings))
    else:
        print(to_text(findings))
    return FINDINGS if findings else 0


def _check_dataset(a: argparse.Namespace) -> "list[Finding]":
    """Return the findings of a dataset; if the SPEC may be a mistyped run, the error says so."""
    from summarizer import plugins
    from summarizer.doctor.check_dataset import check_dataset
    from summarizer.errors import InputError, SummarizerError

    preset = plugins.load("preset", a.preset).config()
    data = dataclasses.replace(preset.data, train=a.target, validation=a.validation or "")
    if a.max_document_tokens is not None:
        data = dataclasses.replace(data, max_document_tokens=a.max_document_tokens)
    try:
        return check_dataset(dataclasses.replace(preset, data=data), a.test or "")
    except SummarizerError as error:
        is_source = a.target in plugins.names("source") or bool(set(a.target) & set(",:"))
        if is_source or Path(a.target).is_file() or a.target not in str(error):
            raise
        raise InputError(f"{error}; a run would be a folder with config.json") from None
