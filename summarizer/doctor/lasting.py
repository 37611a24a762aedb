"""What the log of a run tells of its length: too short, or too long for its pairs."""

import math
from collections.abc import Iterator

from summarizer.doctor.amounts import EPOCHS
from summarizer.doctor.finding import Finding, share
from summarizer.doctor.folder import Run
from summarizer.doctor.learning import not_learning
from summarizer.doctor.spans import SPANS, loss, rise

# At the end of a schedule a fifth of a run lowers the loss by 1 to 3%.
STEEP = 0.05


def epochs(run: Run) -> Iterator[Finding]:
    """Name a run that saw only part of its pairs, or all of them too often."""
    train = run.config.train
    steps = run.spans[-1].step
    pairs, seen = run.pairs, steps * train.batch
    if 0 < seen < pairs:
        yield Finding(
            "less than one epoch",
            pairs - seen,
            pairs,
            f"pairs were never seen in {steps:,} steps of {train.batch}",
            f"more steps (--set train.steps={math.ceil(pairs / train.batch)}) or minutes (--budget)"
            "; fewer pairs would have done, too",
        )
    elif pairs and seen > EPOCHS * pairs:
        yield Finding(
            "too many epochs",
            seen - EPOCHS * pairs,
            seen,
            f"examples came after each of {pairs:,} pairs was seen {EPOCHS} times: they are "
            "learned by heart",
            f"--set train.steps={max(EPOCHS * pairs // train.batch, 1)} or fewer, or more pairs; "
            "model.dropout and train.patience help",
        )


def still_falling(run: Run) -> Iterator[Finding]:
    """Name a loss that still falls steeply where the run ends."""
    spans, train = run.spans, run.config.train
    fifth = len(spans) // 5
    if len(spans) < SPANS or any(not_learning(run)):
        return
    before, after = loss(spans[-2 * fifth : -fifth]), loss(spans[-fifth:])
    if rise(after, before) > STEEP:
        longer = f"--budget {2 * train.budget:g}m" if train.budget else (
            f"--set train.steps={2 * spans[-1].step}"
        )  # fmt: skip
        yield Finding(
            "ended too early",
            spans[-1].step - spans[-fifth - 1].step,
            spans[-1].step,
            f"steps, the last ones, still lowered the loss by {share(before - after, before)}: too "
            "few steps, or too low a learning rate",
            f"{longer}, or --set train.learning_rate={2 * train.learning_rate:g}",
            f"{spans[-fifth - 1]}; {spans[-1]}",
        )
