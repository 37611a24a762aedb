"""Means over the steps of a log, without what a few steps have of chance."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

SPAN = 50  # steps: means of fewer go up and down by more than there is to see
# What is told from halves, quarters or fifths of a log needs so many spans.
SPANS = 10


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

    def __str__(self) -> str:
        return f"step {self.step}: loss {self.loss:.2f}"


def of(log: Iterable[dict[str, Any]]) -> list[Span]:
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


def loss(spans: Sequence[Span]) -> float:
    """Return the mean loss over some spans."""
    return sum(span.steps * span.loss for span in spans) / sum(span.steps for span in spans)


def rise(low: float, high: float) -> float:
    """Return by what share of itself, or of 1 where it is less, a loss rises."""
    return (high - low) / max(low, 1.0)
