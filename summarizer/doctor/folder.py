"""Reads what a run left in its folder: settings, log, tokens, fingerprints, evaluation."""

import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from summarizer import config as configuration
from summarizer.config import Config
from summarizer.datasets import contamination, token_store
from summarizer.doctor import spans
from summarizer.doctor.spans import Span
from summarizer.errors import InputError, ModelError


class Run(NamedTuple):
    """What a run left in its folder.

    Attributes:
        config: of the run.
        log: the lines of `metrics.jsonl`, by steps.
        spans: the same, without what a few steps have of chance.
        store: what was trained on, as pieces; None where it was not kept.
        pairs: how many were trained on; 0 where nothing tells.
        report: of the evaluation in the folder, or of the model that ships; {} where there is none.
        predictions: the lines of that evaluation.
    """

    config: Config
    log: list[dict[str, Any]]
    spans: list[Span]
    store: token_store.TokenStore | None
    pairs: int
    report: dict[str, Any]
    predictions: list[dict[str, Any]]


def read(folder: Path) -> Run:
    """Read a run.

    Raises:
        ModelError: the configuration or the fingerprints cannot be read, or nothing was logged.
        InputError: the tokens are cut.
    """
    config = configuration.load_config(folder / "config.json")
    log = list(_steps(_lines(folder / "metrics.jsonl")))
    if not log:
        raise ModelError(f"{folder}: metrics.jsonl is missing or empty, so there is no run to read")
    tokens, evaluated = folder / "store", folder / "evaluation"
    kept = token_store.read_store(tokens) if tokens.exists() else None
    return Run(
        config,
        log,
        spans.of(log),
        kept,
        kept.rows if kept else _pairs(folder / contamination.FILE, config),
        _report(evaluated / "report.json") or _report(folder / "report.json"),
        list(_lines(evaluated / "predictions.jsonl")),
    )


def _steps(lines: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The lines that have a loss, as far as their steps go up."""
    done = 0
    for line in lines:
        if "loss" in line and line.get("step", 0) > done:
            done = line["step"]
            yield line


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file that may be missing, or be cut within its last line."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    for number, line in enumerate(lines, 1):
        try:
            found = json.loads(line)
        except ValueError:
            if number == len(lines):
                return  # the run was killed, or writes it just now
            found = None
        if not isinstance(found, dict):
            raise InputError(f"{path}:{number}: not a JSON object")
        yield found


def _report(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}") from None
    return found if isinstance(found, dict) else {}


def _pairs(path: Path, config: Config) -> int:
    """How many pairs were trained on by the fingerprints of a run; 0 where these do not tell."""
    if not path.exists() or config.train.init or config.data.task == "language_model":
        return 0  # those of the first model are among them; windows of texts are not
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as kept:
            return len(kept["ids"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path}: cut, or holds no fingerprints ({error})") from None
