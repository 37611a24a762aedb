"""`metrics.jsonl`, the log of a run: averages over steps, and validation scores.

A run writes it and truncates it when it resumes. It can be read while the run goes on, or after it
was killed.
"""

import json
import math
import time
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import numpy as np

from summarizer.datasets.batching import pad_fraction
from summarizer.errors import InputError
from summarizer.metrics.rouge import METRIC_LABELS
from summarizer.storage import atomic_write
from summarizer.training.step import Batch, StepMetrics
from summarizer.training.tensorboard import TensorBoardLog, open_log

# Averages over the steps since the previous record, by name; after a validation also its scores,
# and under `by_type` and `by_source` the ROUGE-1 of each group.
LogRecord = dict[str, Any]
FILE = "metrics.jsonl"  # in the folder of a run
PLOT = "metrics.png"

_LABELS = {name: METRIC_LABELS[name] for name in ("rouge1", "rouge2", "rougeL")}
# Fields that are no scores of a validation: those of every record, the mean gate, and the ROUGE-L
# of sentences, which equals ROUGE-L for summaries of one sentence.
_NOT_SCORES = {
    "step", "loss", "perplexity", "accuracy", "learning_rate", "examples_per_second",
    "pieces_per_second", "padding", "waiting", "gradient_norm", "gradient_peak", "minutes", "gate",
    "rougeLsum", "by_type", "by_source",
}  # fmt: skip


def read_log(folder: Path) -> list[LogRecord]:
    """Return the records of a run's log, oldest first; [] if there is no log.

    Raises:
        InputError: a line other than an incomplete last one is not a JSON object.
    """
    return read_records(folder / FILE)


def read_records(path: Path) -> list[dict[str, Any]]:
    """Return the JSON objects of a file, one per line; [] if there is no file.

    A last line that is not JSON is left out: a process is writing it, or was killed while writing
    it.

    Raises:
        InputError: another line is not a JSON object.
    """
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    records: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
        except ValueError:
            if number == len(lines):
                break
            record = None
        if not isinstance(record, dict):
            raise InputError(f"{path}:{number}: not a JSON object")
        records.append(record)
    return records


def truncate_log(folder: Path, step: int) -> float:
    """Drop the records that a killed run wrote after the checkpoint of a step.

    Returns:
        The minutes that the run had taken at the last record left.

    Raises:
        ModelError: the log cannot be written.
    """
    path = folder / FILE
    if not path.exists():
        return 0.0
    lines = path.read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if line and _step_of(line) <= step]
    atomic_write(path, "".join(line + "\n" for line in lines).encode())
    return float(json.loads(lines[-1]).get("minutes", 0.0)) if lines else 0.0


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return math.inf


class LogWriter:
    """Appends records to a run's log, and to TensorBoard's if `train.tensorboard` is set."""

    def __init__(self, folder: Path, tensorboard: bool = False):
        self._file: TextIO = open(folder / FILE, "a", encoding="utf-8")  # noqa: SIM115
        self._tensorboard: TensorBoardLog | None = open_log(folder, tensorboard)

    def write(self, record: LogRecord) -> None:
        """Append a record, and flush it to the file."""
        self._file.write(json.dumps(record) + "\n")
        self._file.flush()
        if self._tensorboard:
            self._tensorboard.write(record)

    def close(self) -> None:
        """Close the files."""
        self._file.close()
        if self._tensorboard:
            self._tensorboard.close()


class BatchSize(NamedTuple):
    """The size of a batch.

    Attributes:
        examples: rows that hold an example.
        positions: of documents and summaries, padding included.
        padding: share of `positions` that is padding, 0 to 1.
    """

    examples: int
    positions: int
    padding: float


def batch_size(batch: Batch) -> BatchSize:
    """Return the size of a batch."""
    arrays = {name: np.asarray(value) for name, value in batch.items()}
    positions = arrays["document"].size + arrays["weight"].size
    return BatchSize(int((arrays["row"] >= 0).sum()), positions, pad_fraction(arrays))


class StepAverages:
    """Averages over the steps since the last record."""

    def __init__(self) -> None:
        self._began, self._stopped = time.perf_counter(), 0.0
        self.steps = self._examples = self._positions = 0
        self._nll = self._weight = self._accuracy = self._padding = self._waited = 0.0
        self._norm = self._peak = 0.0

    def add(self, metrics: StepMetrics, size: BatchSize, waited: float) -> None:
        """Add a step.

        Args:
            metrics: what the step measured.
            size: the size of its batch.
            waited: seconds spent waiting for the batch.
        """
        self.steps += 1
        self._examples += size.examples
        self._positions += size.positions
        self._padding += size.padding * size.positions
        self._waited += waited
        self._norm += metrics.gradient_norm
        self._peak = max(self._peak, metrics.gradient_norm)
        self._nll += metrics.nll
        self._weight += metrics.weight
        self._accuracy += metrics.accuracy

    def stop_clock(self) -> None:
        """Exclude the time from now on from the speeds."""
        self._stopped = time.perf_counter()

    def averages(self, learning_rate: float) -> LogRecord:
        """Return the averages by their names in the log, and the learning rate among them."""
        seconds = (self._stopped or time.perf_counter()) - self._began
        loss = self._nll / max(self._weight, 1)
        return {
            "loss": loss,
            "perplexity": math.exp(min(loss, 50)),
            "accuracy": self._accuracy / max(self.steps, 1),
            "learning_rate": learning_rate,
            "examples_per_second": self._examples / seconds,
            "pieces_per_second": (self._positions - self._padding) / seconds,
            "padding": self._padding / max(self._positions, 1),
            "waiting": self._waited / seconds,
            "gradient_norm": self._norm / max(self.steps, 1),
            "gradient_peak": self._peak,
        }


def score_table(folder: Path) -> str:
    """Return a table of validation scores against minutes: one line for each validation."""
    records = [record for record in read_log(folder) if _score_names(record)]
    names = _score_names(records[-1]) if records else []
    width = max([7, *map(len, names)]) + 2
    heads = "".join(f"{_LABELS.get(name, name):>{width}}" for name in names)
    lines = [f"{'minutes':>8}{'step':>8}{heads}"]
    for record in records:
        scores = "".join(f"{record.get(name, math.nan):#{width}.4g}" for name in names)
        lines.append(f"{record.get('minutes', math.nan):8.1f}{record['step']:8}{scores}")
    return "\n".join(lines)


def plot_metrics(folder: Path) -> Path:
    """Draw the loss over steps and the scores over minutes into `metrics.png`."""
    from matplotlib.figure import Figure

    records = read_log(folder)
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot([r["step"] for r in records], [r["loss"] for r in records], label="training")
    left.set(xlabel="step", ylabel="loss (nats per token)")
    scored = [record for record in records if _score_names(record)]
    minutes = [r.get("minutes", math.nan) for r in scored]  # not in logs of earlier versions
    for name in _score_names(scored[-1]) if scored else ():
        right.plot(minutes, [r.get(name, math.nan) for r in scored], ".-", label=name)
    right.set(xlabel="minutes", ylabel="validation")
    if scored:
        right.legend()
    figure.savefig(folder / PLOT, dpi=120)
    return folder / PLOT


def _score_names(record: LogRecord) -> list[str]:
    """Return the names of the validation scores in a record."""
    return [name for name in record if name not in _NOT_SCORES]
