"""What the tests of the documentation need to try commands, without being tests themselves."""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path

from summarizer import cli, config
from summarizer.api.presets import load_preset
from summarizer.errors import ConfigError

ROOT = Path(__file__).parent.parent
OWN = ("summarize", "summarizer")

# A training as small as one can be: for the network, and for how long.
SMALL = ["model.embedding_size=8", "model.encoder.width=8", "model.decoder_cell.width=16"]
SMALL += ["vocabulary.size=400"]
SHORT = [
    "train.steps=1",
    "train.batch_size=4",
    "train.warmup_steps=1",
    "train.validation_examples=2",
]
SHORT += ["train.precision=float32", "train.compile=graph", "data.max_document_tokens=16"]
SHORT += ["data.max_summary_tokens=8", "decode.max_tokens=6", "train.budget=0"]


def options() -> set[str]:
    """All options of all verbs."""
    return set(re.findall(r"--[a-z][a-z-]*", "".join(map(help_of, verbs()))))


def verbs() -> list[str]:
    (choices,) = [a.choices for a in cli.build_parser()._actions if a.choices]
    return list(choices)


def help_of(verb: str) -> str:
    (choices,) = [a.choices for a in cli.build_parser()._actions if a.choices]
    return str(choices[verb].format_help())


def parses(words: list[str]) -> bool:
    """Tell whether the parser takes a command, and whether its settings can be."""
    arguments = words[1:] if words[0] == "summarizer" else words
    try:
        parsed = cli.build_parser().parse_args(arguments)
        preset = getattr(parsed, "preset", None)
        chosen = load_preset(preset) if preset else config.Config()
        config.apply_settings(chosen, getattr(parsed, "settings", None) or [])
    except (SystemExit, ConfigError):
        return False
    return callable(parsed.run)


def copy_model(model: Path, to: Path) -> None:
    """Copy what a model needs to summarize and to go on from; what a run needs stays behind."""
    to.mkdir(parents=True, exist_ok=True)
    for path in model.iterdir():
        if path.is_file() and path.name != "checkpoint.npz":
            shutil.copy(path, to)


@contextlib.contextmanager
def uncompiled() -> Iterator[None]:
    """Run each step of a training as it stands: one of them takes less time than to compile it."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Even though the `tf.config.experimental_run")
            yield
    finally:
        tf.config.run_functions_eagerly(False)


def planned(line: str) -> str:
    """What a line of `make` would do."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", "-n", *shlex.split(line)[1:]],
        cwd=ROOT, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
