"""The command line: parse arguments, call one function, print.

Results go to stdout, everything else to stderr. Exit status: 0 success, 1 a user's error (one
line), 2 wrong usage, 3 findings of `doctor`, 130 interrupted.
"""

import argparse
import logging
import os
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from summarizer import __version__
from summarizer.cli import compare, demo, doctor, evaluate, export, generate, lists, summarize
from summarizer.errors import ConfigError, SummarizerError

DISTRIBUTION = "summarizer-lstm"

Run = Callable[[argparse.Namespace], int]
AddArguments = Callable[[argparse.ArgumentParser], None]

HELP = {
    "summarize": "summarize documents, one summary a line",
    "train": "train a model from a preset and your data",
    "generate": "continue a prompt with a language model",
    "evaluate": "score a model, or the predictions of any system, on a data set",
    "export": "export a model for other programs, and check that it gives the same summaries",
    "compare": "compare reports, or train variants under equal budgets and compare them",
    "doctor": "find problems of a data set or of a run",
    "datasets": "list the data sources; all also take split= and shard=",
    "presets": "list the presets",
    "demo": "summarize the articles of data/ with the shipped model",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `summarizer VERB …`; return the exit status.

    Args:
        arguments: words of the command line; None: those of the process.
    """
    words = sys.argv[1:] if arguments is None else arguments
    parsed = build_parser().parse_args(words)
    parsed.command = shlex.join(["summarizer", *words])
    logging.basicConfig(format="summarizer: %(message)s", stream=sys.stderr)
    logging.getLogger("summarizer").setLevel(logging.INFO)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's own messages
    try:
        status: int = parsed.run(parsed)
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
    """Return the parser of all verbs."""
    parser = argparse.ArgumentParser(
        prog="summarizer", description="Train, measure and ship small abstractive summarizers."
    )
    parser.add_argument("--version", action="version", version=f"summarizer {__version__}")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for name, (run, add_arguments) in _verbs().items():
        text = HELP[name]
        description = text[0].upper() + text[1:] + "."
        verb = verbs.add_parser(name, help=text, description=description)
        verb.add_argument("--debug", action="store_true", help="show tracebacks of errors")
        verb.set_defaults(run=run)
        if add_arguments:
            add_arguments(verb)
    return parser


def _verbs() -> dict[str, tuple[Run, AddArguments | None]]:
    """Return the function of each verb, and the function that adds its arguments."""
    return {
        "summarize": (summarize.run, summarize.add_arguments),
        "train": (_train, _add_train_arguments),
        "generate": (generate.run, generate.add_arguments),
        "evaluate": (evaluate.run, evaluate.add_arguments),
        "export": (export.run, export.add_arguments),
        "compare": (compare.run, compare.add_arguments),
        "doctor": (doctor.run, doctor.add_arguments),
        "datasets": (lists.run_datasets, None),
        "presets": (lists.run_presets, None),
        "demo": (demo.run, demo.add_arguments),
    }


def _add_train_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--preset", default="docstrings", metavar="NAME", help="preset; default: docstrings")
    add("--data", metavar="SPEC", help="training data; default: the preset's")
    add(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="override a setting, such as train.steps=2000; repeatable",
    )
    add("--budget", metavar="TIME", help="time limit of the whole run, such as 90s, 30m or 2h")
    add("--init", metavar="MODEL", help="model to fine-tune; its vocabulary is kept")
    add("--output", metavar="FOLDER", help="folder of the run; default: runs/PRESET")
    add("--resume", action="store_true", help="continue the run in the folder")
    add("--skip-bad", action="store_true", help="skip and count lines that cannot be read")


def _train(a: argparse.Namespace) -> int:
    from summarizer import config
    from summarizer.api.presets import apply_overrides, load_preset
    from summarizer.api.train import train

    began = time.perf_counter()
    if a.resume and a.init:
        raise ConfigError("--init: a resumed run goes on with its own weights; leave it out")
    chosen = load_preset(a.preset)
    folder = Path(a.output or Path("runs") / chosen.name)
    if a.resume and (folder / "config.json").exists():
        chosen = config.load_config(folder / "config.json")
    settings = [f"data.train={a.data}"] if a.data else []
    settings += [f"train.budget={config.parse_duration(a.budget)}"] if a.budget else []
    settings += [f"train.init={a.init}"] if a.init else []
    read = config.apply_settings if a.resume else apply_overrides
    chosen = read(chosen, [*settings, *a.settings])
    run = train(chosen, folder, a.resume, a.skip_bad, began)
    start = f" from {run.init}" if run.init else ""
    score = f"{run.metric.label} {run.metric.text(run.score)}"
    print(f"{run.folder}: {run.steps} steps{start}, validation {score}")
    if run.exported:
        use = f"summarize with: summarize --model {run.folder} FILE"
        if chosen.data.task == "language_model":
            use = f'continue with: summarizer generate --model {run.folder} --prompt "TEXT"'
        print(use)
    return 0
