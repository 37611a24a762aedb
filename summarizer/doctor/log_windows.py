"""Average the records of a log over windows of steps, to remove random variation."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from summarizer.training.metrics_log import LogRecord

# Averages over fewer steps vary by more than what the checks look for.
WINDOW_STEPS = 50
# Checks that compare halves, quarters or fifths of a log need this many windows.
MIN_WINDOWS = 10


class LogWindow(NamedTuple):
    """Averages over consecutive steps of a log.

    Attributes:
        step: the last step.
        steps: number of steps.
        loss: nats a token.
        accuracy: share of tokens that the model predicts.
        waiting: share of the time spent waiting for the next batch.
        gradient_norm: norm of the gradient before clipping; NaN if the log does not have it.
    """

    step: int
    steps: int
    loss: float
    accuracy: float
    waiting: float
    gradient_norm: float

    def __str__(self) -> str:
        return f"step {self.step}: loss {self.loss:.2f}"


def smooth_log(log: Iterable[LogRecord]) -> list[LogWindow]:
    """Merge consecutive records until each window has at least `WINDOW_STEPS` steps."""
    windows: list[LogWindow] = []
    last_step = 0
    for record in log:
        step = int(record["step"])
        window = LogWindow(
            step=step,
            steps=step - last_step,
            loss=float(record["loss"]),
            accuracy=float(record.get("accuracy", 1.0)),
            waiting=float(record.get("waiting", 0.0)),
            gradient_norm=float(record.get("gradient_norm", "nan")),
        )
        last_step = step
        if windows and windows[-1].steps < WINDOW_STEPS:
            window = _merge(windows.pop(), window)
        windows.append(window)
    if len(windows) > 1 and windows[-1].steps < WINDOW_STEPS:
        last = windows.pop()
        windows.append(_merge(windows.pop(), last))
    return windows


def mean_loss(windows: Sequence[LogWindow]) -> float:
    """Return the mean loss of some windows, weighted by steps."""
    steps = sum(window.steps for window in windows)
    return sum(window.steps * window.loss for window in windows) / steps


def relative_rise(low: float, high: float) -> float:
    """Return the rise of a loss as a share of `low`, or of 1 if `low` is smaller.

    Losses near 0 go up and down by large shares of themselves.
    """
    return (high - low) / max(low, 1.0)


def _merge(first: LogWindow, second: LogWindow) -> LogWindow:
    steps = first.steps + second.steps
    means = [
        (first.steps * a + second.steps * b) / steps for a, b in zip(first, second, strict=True)
    ]
    return LogWindow(second.step, steps, *means[2:])
