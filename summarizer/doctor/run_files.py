"""Read the files of a run: settings, log, token store, fingerprints and evaluation."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from summarizer import config as configuration
from summarizer.config import Config
from summarizer.datasets import contamination, token_store
from summarizer.doctor.log_windows import LogWindow, smooth_log
from summarizer.errors import InputError, ModelError
from summarizer.storage import load_arrays
from summarizer.training.metrics_log import LogRecord, read_log, read_records


class RunFiles(NamedTuple):
    """What a run left in its folder.

    Attributes:
        config: configuration of the run.
        log: records of `metrics.jsonl`, by increasing step.
        windows: the same log, averaged over at least 50 steps each.
        store: token ids of the training pairs; None if the run did not keep them.
        pairs: number of training pairs; 0 if unknown.
        report: `report.json` of the evaluation in the folder, or of the shipped model; {} without.
        predictions: records of the evaluation's `predictions.jsonl`.
    """

    config: Config
    log: list[LogRecord]
    windows: list[LogWindow]
    store: token_store.TokenStore | None
    pairs: int
    report: dict[str, Any]
    predictions: list[dict[str, Any]]


def read_run(folder: Path) -> RunFiles:
    """Read the files of a run.

    Raises:
        ModelError: the configuration or the fingerprints cannot be read, or the log is empty.
        InputError: the log, the token store or the evaluation is damaged.
    """
    config = configuration.load_config(folder / "config.json")
    log = list(_increasing_steps(read_log(folder)))
    if not log:
        raise ModelError(f"{folder}: metrics.jsonl is missing or empty, so there is no run to read")
    evaluation = folder / "evaluation"
    tokens = token_store.read_store(folder / "store") if (folder / "store").exists() else None
    return RunFiles(
        config=config,
        log=log,
        windows=smooth_log(log),
        store=tokens,
        pairs=tokens.rows if tokens else _count_pairs(folder / contamination.FILE, config),
        report=_read_report(evaluation / "report.json") or _read_report(folder / "report.json"),
        predictions=read_records(evaluation / "predictions.jsonl"),
    )


def _increasing_steps(log: Iterable[LogRecord]) -> Iterator[LogRecord]:
    """Yield the records that have a loss and a larger step than all before them."""
    last_step = 0.0
    for record in log:
        if "loss" in record and record.get("step", 0) > last_step:
            last_step = record["step"]
            yield record


def _read_report(path: Path) -> dict[str, Any]:
    try:
        report = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}") from None
    return report if isinstance(report, dict) else {}


def _count_pairs(path: Path, config: Config) -> int:
    """Return the number of training pairs according to the fingerprints; 0 if they do not tell.

    After `--init` the fingerprints include the first model's pairs, and a language model trains on
    windows of texts instead of texts.
    """
    if not path.exists() or config.train.init or config.data.task == "language_model":
        return 0
    ids = load_arrays(path).arrays.get("ids")
    if ids is None:
        raise ModelError(f"{path}: holds no fingerprints")
    return len(ids)
