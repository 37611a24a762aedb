"""Reads what a run left in its folder: settings, log, tokens, fingerprints, evaluation."""

import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from summarizer import config as configuration
from summarizer.config import Config
from summarizer.datasets import fingerprints, store
from summarizer.errors import InputError, ModelError

SPAN = 50  # steps: means of fewer go up and down by more than there is to see


class Span(NamedTuple):
    """Means over some of the steps of a log.

    Attributes:
        step: the last one.
        steps: how many.
        loss: nats a piece.
        accuracy: share of the pieces that would have been guessed.
        waiting: share of the time that went by until the next batch was there.
        norm: of the gradient before it was cut; NaN where the log does not say.
    """

    step: int
    steps: int
    loss: float
    accuracy: float
    waiting: float
    norm: float


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
    store: store.Store | None
    pairs: int
    report: dict[str, Any]
    predictions: list[dict[str, Any]]


def read(folder: Path) -> Run:
    """Read a run.

    Raises:
        ModelError: the configuration or the fingerprints cannot be read, or nothing was logged.
        InputError: the tokens are cut.
    """
    config = configuration.load(folder / "config.json")
    log = list(_steps(_lines(folder / "metrics.jsonl")))
    if not log:
        raise ModelError(f"{folder}: metrics.jsonl is missing or empty, so there is no run to read")
    tokens, evaluated = folder / "store", folder / "evaluation"
    kept = store.read(tokens) if tokens.exists() else None
    return Run(
        config,
        log,
        spans(log),
        kept,
        kept.rows if kept else _pairs(folder / fingerprints.FILE, config),
        _report(evaluated / "report.json") or _report(folder / "report.json"),
        list(_lines(evaluated / "predictions.jsonl")),
    )


def spans(log: Iterable[dict[str, Any]]) -> list[Span]:
    """Join the lines of a log until each stands for enough steps."""
    found: list[Span] = []
    done = 0
    for line in log:
        one = Span(
            int(line["step"]), int(line["step"]) - done, float(line["loss"]),
            float(line.get("accuracy", 1.0)), float(line.get("waiting", 0.0)),
            float(line.get("gradient_norm", "nan")),
        )  # fmt: skip
        done = one.step
        found.append(_joined(found.pop(), one) if found and found[-1].steps < SPAN else one)
    if len(found) > 1 and found[-1].steps < SPAN:
        last = found.pop()
        found.append(_joined(found.pop(), last))
    return found


def _joined(one: Span, other: Span) -> Span:
    steps = one.steps + other.steps
    means = [(one.steps * a + other.steps * b) / steps for a, b in zip(one, other, strict=True)]
    return Span(other.step, steps, *means[2:])


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
    if not path.exists() or config.train.init or config.data.task == "continue":
        return 0  # with those of the model it began from; of texts, of which windows were learned
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as kept:
            return len(kept["ids"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path}: cut, or holds no fingerprints ({error})") from None
