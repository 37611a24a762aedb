"""`summarizer train` on the command line: its options, and what it prints."""

import argparse
import time
from pathlib import Path

from summarizer import plugins
from summarizer.errors import ConfigError

PRESET = "docstrings"  # unless --preset names another


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--preset", metavar="NAME", help=f"base configuration; default: {PRESET}")
    parser.add_argument(
        "--data",
        metavar="SPEC",
        help="data to train on (a SPEC, see `summarizer datasets`); default: the preset's",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="override a setting of the preset, for example train.steps=2000; repeatable",
    )
    parser.add_argument(
        "--budget",
        metavar="TIME",
        help="time limit for the whole command, including data preparation, validation and export; "
        "for example 90s, 30m or 2h",
    )
    parser.add_argument("--init", metavar="MODEL", help="fine-tune this model")
    parser.add_argument(
        "--output", metavar="FOLDER", help="folder of the model; default: runs/NAME"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="continue the run in --output, or start it if there is none",
    )
    parser.add_argument("--skip-bad", action="store_true", help="skip and count unusable records")


def run(arguments: argparse.Namespace) -> int:
    """Train a model, and print where it is and how to use it."""
    from summarizer import config as configuration
    from summarizer.api.presets import apply_overrides, load_preset
    from summarizer.api.shipped_model import replace_former_model
    from summarizer.api.train import train

    began = time.perf_counter()
    config = load_preset(arguments.preset or PRESET)
    folder = Path(arguments.output or Path("runs") / config.name)
    change, init = apply_overrides, arguments.init
    if arguments.resume and (folder / "config.json").exists():
        preset, config = config, configuration.load_config(folder / "config.json")
        if arguments.preset and not (folder / "checkpoint.npz").exists():
            _check_preset(preset.name, config.name, folder)
        change = configuration.apply_settings
        if init and config.train.init not in (init, str(replace_former_model(init))):
            start = config.train.init or "random weights"
            raise ConfigError(f"--init {init}: the run in {folder} began with {start}")
        init = ""  # the run has it
    settings = [f"data.train={arguments.data}"] if arguments.data else []
    if arguments.budget:
        settings.append(f"train.budget={configuration.parse_duration(arguments.budget)}")
    if init:
        settings.append(f"train.init={init}")
    config = change(config, [*settings, *arguments.settings])
    training_run = train(config, folder, arguments.resume, arguments.skip_bad, began)
    start = f" from {training_run.init}" if training_run.init else ""
    score = f"{training_run.metric.label} {training_run.metric.text(training_run.score)}"
    print(f"{training_run.folder}: {training_run.steps} steps{start}, validation {score}")
    if training_run.exported and config.data.task == "language_model":
        print(f'continue with: summarizer generate --model {training_run.folder} --prompt "TEXT"')
    elif training_run.exported:
        print(f"summarize with: summarize --model {training_run.folder} FILE")
    return 0


def _check_preset(name: str, saved: str, folder: Path) -> None:
    """Check that a folder whose run has no checkpoint yet is not of another preset.

    Raises:
        ConfigError: it is.
    """
    if saved != name and saved in plugins.names("preset"):
        raise ConfigError(
            f"{folder}: holds another run: of preset {saved}, not {name}; name another --output, "
            "or remove the folder"
        )
