"""What the log of a run tells of its loss: whether it learned, too fast, too slowly or by heart."""

import math
import statistics
from collections.abc import Iterator

import numpy as np

from summarizer.doctor.finding import Finding, share
from summarizer.doctor.folder import Run
from summarizer.doctor.spans import SPAN, SPANS, loss, rise
from summarizer.training import validators

# The most frequent pieces alone are 5 to 15% of what is written.
GUESSED = 0.2
# A loss that falls by less over half of a run stands still.
STANDS = 0.05
# Means of three spans of a run that goes well differ by 1 or 2%. Shares of a loss are shares of 1
# where it is below 1: what is all but learned goes from 0.01 to 0.02 and back.
DIVERGED = 0.3
WARM = 100  # steps of warm-up that a run without any is advised to take
# So much above the lowest span before, where spans of a good run differ by up to 5%; and so many.
SPIKE, SPIKES = 0.2, 2
# A gradient of so many times its usual norm: cutting it keeps the direction, which is a bad one.
JUMP = 5.0
# Points by which two checkpoints differ on one example (standard deviation), and how many standard
# errors of the mean are no chance. Of a loss, a share of it.
SPREAD, ERRORS, WORSE = 15.0, 2.0, 0.02
# Pairs of train for each that validates where both come from one file, parted 90/5/5.
PARTED = 18


def not_learning(run: Run) -> Iterator[Finding]:
    """Name a loss that stands still while hardly a piece is guessed."""
    spans, rate = run.spans, run.config.train.learning_rate
    half, quarter = len(spans) // 2, len(spans) // 4
    if len(spans) < SPANS:
        return
    before, after = (loss(part) for part in (spans[quarter:half], spans[-quarter:]))
    accuracy = statistics.fmean(span.accuracy for span in spans[-quarter:])
    if accuracy < GUESSED and rise(after, before) < STANDS and not any(diverged(run)):
        yield Finding(
            "not learning",
            spans[-1].step - spans[half - 1].step,
            spans[-1].step,
            f"steps left the loss where it was ({before:.2f}, now {after:.2f}), with "
            f"{share(accuracy, 1)} of the pieces guessed",
            f"summarizer doctor {run.config.data.train}, as pairs that do not belong together "
            f"cannot be learned; then --set train.learning_rate={rate * 3:g}, or {rate / 3:g}",
            str(spans[-1]),
        )


def diverged(run: Run) -> Iterator[Finding]:
    """Name a loss that ends far above where it was."""
    spans, train = run.spans, run.config.train
    means = [loss(spans[i : i + 3]) for i in range(len(spans) - 2)]
    low = means.index(min(means)) if means else 0
    if means and rise(means[low], means[-1]) > DIVERGED and not _rises(run):
        yield Finding(
            "diverged",
            spans[-1].step - spans[low + 2].step,
            spans[-1].step,
            f"steps came after the loss was at its lowest: {means[low]:.2f}, now {means[-1]:.2f}",
            f"--set train.learning_rate={train.learning_rate / 3:g}, or --set "
            f"train.max_gradient_norm={train.max_gradient_norm / 2:g}, or --set train.warmup_steps={max(2 * train.warmup_steps, WARM)}",
            f"{spans[low + 1]}; {spans[-1]}",
        )


def unsteady(run: Run) -> Iterator[Finding]:
    """Name a learning rate with which the loss jumps up again and again."""
    train = run.config.train
    later = [span for span in run.spans if span.step - span.steps >= train.warmup_steps]
    if len(later) < SPANS or _rises(run):
        return
    lowest = np.minimum.accumulate([span.loss for span in later])
    usual = statistics.median(span.norm for span in later)
    jumps = [
        span
        for span, low in zip(later[1:], lowest[:-1], strict=True)
        if rise(low, span.loss) > SPIKE or span.norm > JUMP * usual
    ]
    if len(jumps) >= SPIKES and not any(diverged(run)):
        yield Finding(
            "learning rate too high",
            len(jumps),
            len(later),
            f"spans of {SPAN} steps or so after the warm-up have a loss {SPIKE:.0%} "
            f"above one before, or a gradient of {JUMP:g} times the usual norm",
            f"--set train.learning_rate={train.learning_rate / 2:g}, or --set "
            f"train.max_gradient_norm={train.max_gradient_norm / 2:g}",
            "; ".join(map(str, jumps[:3])),
        )


def validations(run: Run) -> tuple[list[tuple[int, float]], int]:
    """Return step and score of each validation, and the number of the first of the best."""
    metric = validators.selection_metric(run.config)
    found = [(line["step"], line[metric.name]) for line in run.log if metric.name in line]
    return found, max(range(len(found)), key=lambda i: metric.sign * found[i][1], default=0)


def overfitting(run: Run) -> Iterator[Finding]:
    """Name validations that got worse while the training loss fell."""
    metric = validators.selection_metric(run.config)
    found, at = validations(run)
    if len(found) < 3:
        return
    step, best = found[at]
    last = statistics.fmean(value for _, value in found[-2:])
    margin = ERRORS * SPREAD / math.sqrt(_validated(run))
    margin = WORSE * abs(best) if metric.sign < 0 else margin
    then = min(run.spans, key=lambda span: abs(span.step - step))
    worse = metric.sign * (best - last) > margin and at < len(found) - 2
    if worse and run.spans[-1].loss < then.loss:
        yield Finding(
            "overfitting",
            len(found) - 1 - at,
            len(found),
            f"validations came after the best one, at step {step}, and none was as good: the "
            f"{metric.label} of the last two is {metric.text(last)}, of the best "
            f"{metric.text(best)}, while the training loss went on falling",
            "more pairs, or --set train.patience=3 to stop then, or a larger model.dropout (it is "
            f"{run.config.model.dropout:g}); the weights of the best validation are those kept",
            f"{then}; {run.spans[-1]}",
        )


def _validated(run: Run) -> int:
    """How many documents a validation has, as far as that can be told."""
    wanted = run.config.train.validation_examples
    if run.config.data.validation or not run.pairs:
        return wanted
    return min(wanted, max(run.pairs // PARTED, 1))


def _rises(run: Run) -> bool:
    """Tell whether the loss may rise as the run was asked to make things harder."""
    return run.config.train.scheduled_sampling > 0 or run.config.data.curriculum_epochs > 0
