"""Check the loss of a run: not learning, diverged, unstable, overfitting."""

import math
import statistics
from collections.abc import Iterator

import numpy as np

from summarizer.doctor.finding import Finding, percent
from summarizer.doctor.log_windows import MIN_WINDOWS, WINDOW_STEPS, mean_loss, relative_rise
from summarizer.doctor.run_files import RunFiles
from summarizer.training import validators

# The most frequent tokens alone make up 5 to 15% of a text.
LOW_ACCURACY = 0.2
# A loss that falls by less than this in half of a run does not fall.
CONSTANT = 0.05
# Means of three windows of a healthy run differ by 1 or 2%.
DIVERGED = 0.3
MIN_WARMUP = 100  # steps; the least warm-up that is recommended after divergence
# Rise above the lowest window before; windows of a healthy run differ by up to 5%.
SPIKE, MIN_SPIKES = 0.2, 2
# Gradients this many times the usual norm; clipping keeps their direction, which is a bad one.
GRADIENT_JUMP = 5.0
# Two checkpoints differ by 15 points on one example (standard deviation). A difference of means
# above two standard errors is not random. For a loss, 2% of it.
SPREAD, STANDARD_ERRORS, WORSE_LOSS = 15.0, 2.0, 0.02
# Training pairs for each validation pair if both come from one file, split 90/5/5.
TRAIN_PER_VALIDATION = 18


def not_learning(run: RunFiles) -> Iterator[Finding]:
    """Report a loss that does not fall while the model predicts hardly any token."""
    windows, rate = run.windows, run.config.train.learning_rate
    half, quarter = len(windows) // 2, len(windows) // 4
    if len(windows) < MIN_WINDOWS:
        return
    before, after = mean_loss(windows[quarter:half]), mean_loss(windows[-quarter:])
    accuracy = statistics.fmean(window.accuracy for window in windows[-quarter:])
    constant = relative_rise(after, before) < CONSTANT
    if constant and accuracy < LOW_ACCURACY and not any(diverged(run)):
        steps = windows[-1].step - windows[half - 1].step
        yield Finding.build(
            "not learning", steps, windows[-1].step, str(windows[-1]),
            before=before, after=after, accuracy=percent(accuracy, 1),
            spec=run.config.data.train, higher=rate * 3, lower=rate / 3,
        )  # fmt: skip


def diverged(run: RunFiles) -> Iterator[Finding]:
    """Report a loss that ends far above its minimum."""
    windows, train = run.windows, run.config.train
    means = [mean_loss(windows[i : i + 3]) for i in range(len(windows) - 2)]
    lowest = means.index(min(means)) if means else 0
    if means and relative_rise(means[lowest], means[-1]) > DIVERGED and not _loss_may_rise(run):
        steps = windows[-1].step - windows[lowest + 2].step
        yield Finding.build(
            "diverged", steps, windows[-1].step, f"{windows[lowest + 1]}; {windows[-1]}",
            lowest=means[lowest], last=means[-1],
            rate=train.learning_rate / 3, clip=train.max_gradient_norm / 2,
            warmup=max(2 * train.warmup_steps, MIN_WARMUP),
        )  # fmt: skip


def unstable(run: RunFiles) -> Iterator[Finding]:
    """Report a loss or gradient that jumps repeatedly after the warm-up."""
    train = run.config.train
    windows = [window for window in run.windows if window.step - window.steps >= train.warmup_steps]
    if len(windows) < MIN_WINDOWS or _loss_may_rise(run):
        return
    lowest = np.minimum.accumulate([window.loss for window in windows])
    usual_norm = statistics.median(window.gradient_norm for window in windows)
    jumps = [
        window
        for window, low in zip(windows[1:], lowest[:-1], strict=True)
        if relative_rise(low, window.loss) > SPIKE
        or window.gradient_norm > GRADIENT_JUMP * usual_norm
    ]
    if len(jumps) >= MIN_SPIKES and not any(diverged(run)):
        example = "; ".join(map(str, jumps[:3]))
        yield Finding.build(
            "learning rate too high", len(jumps), len(windows), example,
            window=WINDOW_STEPS, spike=SPIKE, jump=GRADIENT_JUMP,
            rate=train.learning_rate / 2, clip=train.max_gradient_norm / 2,
        )  # fmt: skip


def overfitting(run: RunFiles) -> Iterator[Finding]:
    """Report validations that got worse while the training loss fell."""
    metric = validators.selection_metric(run.config)
    scores, best = validations(run)
    if len(scores) < 3:
        return
    step, best_score = scores[best]
    last_score = statistics.fmean(score for _, score in scores[-2:])
    if metric.sign < 0:
        margin = WORSE_LOSS * abs(best_score)
    else:
        margin = STANDARD_ERRORS * SPREAD / math.sqrt(_validation_documents(run))
    worse = metric.sign * (best_score - last_score) > margin and best < len(scores) - 2
    best_window = min(run.windows, key=lambda window: abs(window.step - step))
    if worse and run.windows[-1].loss < best_window.loss:
        example = f"{best_window}; {run.windows[-1]}"
        yield Finding.build(
            "overfitting", len(scores) - 1 - best, len(scores), example,
            step=int(step), metric=metric.label, last=metric.text(last_score),
            best=metric.text(best_score), dropout=run.config.model.dropout,
        )  # fmt: skip


def validations(run: RunFiles) -> tuple[list[tuple[float, float]], int]:
    """Return step and score of each validation, and the index of the first of the best."""
    metric = validators.selection_metric(run.config)
    scores = [(record["step"], record[metric.name]) for record in run.log if metric.name in record]
    return scores, max(range(len(scores)), key=lambda i: metric.sign * scores[i][1], default=0)


def _validation_documents(run: RunFiles) -> int:
    """Return the number of documents of a validation, as far as it is known."""
    limit = run.config.train.validation_examples
    if run.config.data.validation or not run.pairs:
        return limit
    return min(limit, max(run.pairs // TRAIN_PER_VALIDATION, 1))


def _loss_may_rise(run: RunFiles) -> bool:
    """Return whether the configuration makes training harder from step to step."""
    return run.config.train.scheduled_sampling > 0 or run.config.data.curriculum_epochs > 0
