"""The command line: parse arguments, call one function, print.

Results go to stdout, everything else to stderr. Exit status: 0 success, 1 a user's error (one
line), 2 wrong usage, 3 findings of `doctor`, 130 interrupted.
"""

import argparse
import logging
import shlex
import sys
from collections.abc import Callable, Sequence

from summarizer import __version__
from summarizer.cli import (
    calibrate,
    compare,
    demo,
    doctor,
    evaluate,
    export,
    generate,
    lists,
    streams,
    summarize,
    train,
)
from summarizer.errors import InputError, SummarizerError
from summarizer.storage import own_temporary_directory
from summarizer.training import quiet_start

DISTRIBUTION = "summarizer-lstm"
_ANY_BYTES = ("files", "command")  # arguments that may be other than UTF-8

Run = Callable[[argparse.Namespace], int]
AddArguments = Callable[[argparse.ArgumentParser], None]

HELP = {
    "summarize": "summarize documents, one summary per line",
    "train": "train a model from a preset and your data",
    "generate": "continue a prompt with a language model",
    "evaluate": "score a model, or the predictions of any system, on a dataset",
    "export": "export a model for other programs, and check that it gives the same summaries",
    "calibrate": "learn to rank summaries, and when the first sentence is better",
    "compare": "compare evaluation reports, or train several variants with equal budgets and "
    "compare those",
    "doctor": "find problems in a dataset or a training run",
    "datasets": "list the data sources (every source accepts split= and shard=)",
    "presets": "list the presets",
    "demo": "summarize the articles of data/ with the shipped model",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `summarizer COMMAND …`; return the exit status.

    Args:
        arguments: words of the command line; None: those of the process.
    """
    streams.prepare()
    words = sys.argv[1:] if arguments is None else arguments
    parsed = build_parser().parse_args(words)
    parsed.command = shlex.join(["summarizer", *words])
    logging.basicConfig(format="summarizer: %(message)s", stream=sys.stderr)
    logging.getLogger("summarizer").setLevel(logging.INFO)
    quiet_start.install()
    try:
        _check_arguments(parsed)
        with own_temporary_directory():
            status: int = parsed.run(parsed)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        print("summarizer: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stdout = None  # the reader is gone: leave without a second error at exit
        return 0
    except (SummarizerError, ModuleNotFoundError, OSError) as error:
        line = _error_line(error)
        if parsed.debug or line is None:
            raise
        print(f"summarizer: {line}", file=sys.stderr)
        return 1


def summarize_main(arguments: Sequence[str] | None = None) -> int:
    """Run `summarize FILE …`, the shortcut for `summarizer summarize`."""
    return main(["summarize", *(sys.argv[1:] if arguments is None else arguments)])


def _check_arguments(parsed: argparse.Namespace) -> None:
    """Refuse words that cannot be written as UTF-8; names of documents may be any bytes.

    Raises:
        InputError: an argument holds such bytes.
    """
    values = {name: value for name, value in vars(parsed).items() if name not in _ANY_BYTES}
    for value in values.values():
        for word in value if isinstance(value, list) else [value]:
            if isinstance(word, str) and not _is_utf8(word):
                raise InputError(f"arguments must be UTF-8, not {word!a}; set a locale of UTF-8")


def _is_utf8(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:  # bytes that the locale's encoding lacks
        return False
    return True


def _error_line(error: Exception) -> str | None:
    """Return the line that explains an error to the user; None: the error is a defect."""
    if isinstance(error, ModuleNotFoundError):
        name = error.name or ""
        if not name or name.startswith("summarizer"):
            return None
        return f"{name} is not installed; this needs pip install '{DISTRIBUTION}[train]'"
    if isinstance(error, OSError):  # a full disk, a folder that may not be written
        if error.errno is None:
            return None
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{(error.strerror or str(error)).lower()}"
    return str(error)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="summarizer", description="Train, evaluate and export small abstractive summarizers."
    )
    parser.add_argument("--version", action="version", version=f"summarizer {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, (run, add_arguments) in _commands().items():
        text = HELP[name]
        description = text[0].upper() + text[1:] + "."
        command = commands.add_parser(name, help=text, description=description)
        command.add_argument("--debug", action="store_true", help="show tracebacks of errors")
        command.set_defaults(run=run)
        if add_arguments:
            add_arguments(command)
    return parser


def _commands() -> dict[str, tuple[Run, AddArguments | None]]:
    """Return the function of each command, and the function that adds its arguments."""
    return {
        "summarize": (summarize.run, summarize.add_arguments),
        "train": (train.run, train.add_arguments),
        "generate": (generate.run, generate.add_arguments),
        "calibrate": (calibrate.run, calibrate.add_arguments),
        "evaluate": (evaluate.run, evaluate.add_arguments),
        "export": (export.run, export.add_arguments),
        "compare": (compare.run, compare.add_arguments),
        "doctor": (doctor.run, doctor.add_arguments),
        "datasets": (lists.run_datasets, None),
        "presets": (lists.run_presets, None),
        "demo": (demo.run, demo.add_arguments),
    }
