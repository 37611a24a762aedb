"""What the log of a run tells of its length: cut off, too short, or too long for its pairs."""

import math
from collections.abc import Iterator

from summarizer.doctor.amounts import EPOCHS
from summarizer.doctor.finding import Finding, share
from summarizer.doctor.folder import Run
from summarizer.doctor.learning import diverged, not_learning, overfitting, validations
from summarizer.doctor.spans import SPANS, loss, rise

# At the end of a schedule a fifth of a run lowers the loss by 1 to 3%.
STEEP = 0.05


def stopped(run: Run) -> Iterator[Finding]:
    """Name a run that did not come to its end, unless it had better not go on."""
    steps = run.config.train.steps
    if _cut_off(run) and not _went_wrong(run):
        yield Finding(
            "stopped before its end",
            steps - run.spans[-1].step,
            steps,
            "steps that train.steps asks for were not made: the run was killed, or ended with an "
            "error, or is still going on",
            "summarizer train --output RUN --resume goes on from its last validation; after a loss "
            "or gradient that was not finite with a lower --set train.learning_rate",
            str(run.spans[-1]),
        )


def epochs(run: Run) -> Iterator[Finding]:
    """Name a run that saw only part of its pairs, or all of them too often."""
    train, pairs, seen = run.config.train, run.pairs, _seen(run)
    if _by_heart(run):
        yield Finding(
            "too many epochs",
            seen - EPOCHS * pairs,
            seen,
            f"examples came after each of {pairs:,} pairs was seen {EPOCHS} times: they are "
            "learned by heart",
            f"--set train.steps={max(EPOCHS * pairs // train.batch_size, 1)} or fewer, or more pairs; "
            "model.dropout and train.patience help",
        )
    elif seen < pairs and not _cut_off(run):
        yield Finding(
            "less than one epoch",
            pairs - seen,
            pairs,
            f"pairs were never seen in {run.spans[-1].step:,} steps of {train.batch_size}",
            f"more steps (--set train.steps={math.ceil(pairs / train.batch_size)}) or minutes (--budget)"
            "; fewer pairs would have done, too",
        )


def still_falling(run: Run) -> Iterator[Finding]:
    """Name a loss that still falls steeply where the run ends, and may fall on."""
    spans, train = run.spans, run.config.train
    fifth = len(spans) // 5
    if len(spans) < SPANS or _cut_off(run) or _by_heart(run) or _went_wrong(run):
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


def _cut_off(run: Run) -> bool:
    """Tell whether a run made fewer steps than it was to, and not as time or patience was over."""
    train = run.config.train
    if train.budget or run.spans[-1].step >= train.steps:  # with a budget the steps are planned
        return False
    found, best = validations(run)
    return not train.patience or len(found) - 1 - best < train.patience


def _went_wrong(run: Run) -> bool:
    return any(any(check(run)) for check in (not_learning, diverged, overfitting))


def _by_heart(run: Run) -> bool:
    return 0 < EPOCHS * run.pairs < _seen(run)


def _seen(run: Run) -> int:
    """How many examples the steps were made of."""
    return run.spans[-1].step * run.config.train.batch_size
