"""What a run shows while it goes, and what it keeps: a bar on stderr, and `metrics.jsonl`."""

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

from tqdm import tqdm

from summarizer.training.tensorboard import TensorBoardLog

_LABELS = {"rouge1": "ROUGE-1", "rouge2": "ROUGE-2", "rougeL": "ROUGE-L"}
# Fields of every record, and what a validation adds without its being a score of its own: the mean
# gate, and the ROUGE-L of sentences, which is that of a whole summary of one.
_OWN = {
    "step", "loss", "perplexity", "accuracy", "learning_rate", "examples_per_second",
    "pieces_per_second", "padding", "waiting", "gradient_norm", "gradient_peak", "minutes", "gate",
    "rougeLsum", "by_type", "by_source",
}  # fmt: skip


class Progress:
    """Averages what the steps report, and shows and writes it."""

    def __init__(self, folder: Path, steps: int, first: int, board: TensorBoardLog | None = None):
        self.file = open(folder / "metrics.jsonl", "a", encoding="utf-8")  # noqa: SIM115
        quiet = not sys.stderr.isatty()
        self.bar = tqdm(
            total=steps, initial=first, unit="step", file=sys.stderr, dynamic_ncols=True,
            mininterval=30 if quiet else 0.2, maxinterval=60 if quiet else 10,
        )  # fmt: skip
        self.rate = 0.0  # of learning, at the last step
        self._board = board
        self._clear()

    def _clear(self) -> None:
        self.began, self.stopped = time.perf_counter(), 0.0
        self.steps = self.examples = self.positions = 0
        self.total = self.tokens = self.accuracy = self.padding = self.waited = 0.0
        self.norm = self.peak = 0.0

    def step(
        self, shown: Any, examples: int, positions: int, padding: float, waited: float
    ) -> None:
        """Take in one step.

        Args:
            shown: float32 [5], from the train step.
            examples: in the batch.
            positions: of document and summary in the batch, padding included.
            padding: share of `positions` that hold nothing.
            waited: seconds spent waiting for the batch.
        """
        self.steps += 1
        self.examples += examples
        self.positions += positions
        self.padding += padding * positions
        self.waited += waited
        self.norm += float(shown[1])
        self.peak = max(self.peak, float(shown[1]))
        self.total += float(shown[2])
        self.tokens += float(shown[3])
        self.accuracy += float(shown[4])
        self.bar.update()
        if self.steps % 10 == 0:
            self.bar.set_postfix(self._brief(), refresh=False)

    def _brief(self) -> dict[str, str]:
        seconds = (self.stopped or time.perf_counter()) - self.began
        loss = self.total / max(self.tokens, 1)
        return {
            "loss": f"{loss:.3f}",
            "ppl": f"{math.exp(min(loss, 50)):.1f}",
            "acc": f"{self.accuracy / max(self.steps, 1):.3f}",
            "lr": f"{self.rate:.1e}",
            "ex/s": f"{self.examples / seconds:.0f}",
            "pieces/s": f"{(self.positions - self.padding) / seconds:.0f}",
        }

    def stop_clock(self) -> None:
        """Leave what follows, until the next flush, out of the speeds."""
        self.stopped = time.perf_counter()

    def flush(self, step: int, **more: Any) -> dict[str, Any]:
        """Write the averages since the last call as one line, and begin anew."""
        seconds = (self.stopped or time.perf_counter()) - self.began
        loss = self.total / max(self.tokens, 1)
        record = {
            "step": step,
            "loss": loss,
            "perplexity": math.exp(min(loss, 50)),
            "accuracy": self.accuracy / max(self.steps, 1),
            "learning_rate": self.rate,
            "examples_per_second": self.examples / seconds,
            "pieces_per_second": (self.positions - self.padding) / seconds,
            "padding": self.padding / max(self.positions, 1),
            "waiting": self.waited / seconds,
            "gradient_norm": self.norm / max(self.steps, 1),
            "gradient_peak": self.peak,
            **more,
        }
        self.file.write(json.dumps(record) + "\n")
        self.file.flush()
        if self._board:
            self._board.write(record)
        self._clear()
        return record

    def say(self, text: str) -> None:
        """Print a line above the bar, on stderr."""
        self.bar.write(text, file=sys.stderr)

    def plan(self, steps: int) -> None:
        """Show that the run has another length than was thought."""
        self.bar.total = steps
        self.bar.refresh()

    def skip(self) -> None:
        """Count a step that changed nothing."""
        self.bar.update()

    def close(self) -> None:
        """Release bar and files."""
        self.bar.close()
        self.file.close()
        if self._board:
            self._board.close()


def truncate_log(folder: Path, step: int) -> float:
    """Drop from `metrics.jsonl` what a killed run wrote after the checkpoint that resumes it.

    Returns:
        The minutes that the run had taken by then.
    """
    path = folder / "metrics.jsonl"
    if not path.exists():
        return 0.0
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if line and _step(line) <= step]
    path.write_text("".join(line + "\n" for line in kept), encoding="utf-8")
    return float(json.loads(kept[-1]).get("minutes", 0.0)) if kept else 0.0


def _step(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return math.inf


def table(folder: Path) -> str:
    """Return the quality reached against minutes: a line for each validation in `metrics.jsonl`."""
    scored = [r for r in _records(folder) if _scores(r)]
    names = _scores(scored[-1]) if scored else []
    wide = max([7, *map(len, names)]) + 2
    lines = [f"{'minutes':>8}{'step':>8}" + "".join(f"{_LABELS.get(n, n):>{wide}}" for n in names)]
    for r in scored:
        values = "".join(f"{r.get(n, math.nan):#{wide}.4g}" for n in names)
        lines.append(f"{r.get('minutes', math.nan):8.1f}{r['step']:8}{values}")
    return "\n".join(lines)


def _scores(record: dict[str, Any]) -> list[str]:
    """The names of what a validation added to a record."""
    return [name for name in record if name not in _OWN]


def plot_metrics(folder: Path) -> Path:
    """Draw loss over steps and scores over minutes from `metrics.jsonl` into `metrics.png`."""
    from matplotlib.figure import Figure

    records = _records(folder)
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot([r["step"] for r in records], [r["loss"] for r in records], label="training")
    left.set(xlabel="step", ylabel="loss (nats a piece)")
    scored = [r for r in records if _scores(r)]
    minutes = [r.get("minutes", math.nan) for r in scored]  # an older version did not write them
    for name in _scores(scored[-1]) if scored else ():
        right.plot(minutes, [r.get(name, math.nan) for r in scored], ".-", label=name)
    right.set(xlabel="minutes", ylabel="validation")
    if scored:
        right.legend()
    figure.savefig(folder / "metrics.png", dpi=120)
    return folder / "metrics.png"


def _records(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]
