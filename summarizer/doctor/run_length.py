"""Check the length of a run: interrupted, too short, or too long for its pairs."""

from collections.abc import Iterator

from summarizer.doctor import dataset_size
from summarizer.doctor.finding import Finding, percent
from summarizer.doctor.log_windows import MIN_WINDOWS, mean_loss, relative_rise
from summarizer.doctor.loss_checks import diverged, not_learning, overfitting, validations
from summarizer.doctor.run_files import RunFiles

# At the end of a schedule, a fifth of a run lowers the loss by 1 to 3%.
STEEP = 0.05


def stopped_early(run: RunFiles) -> Iterator[Finding]:
    """Report a run that was interrupted, unless it should not continue anyway."""
    steps = run.config.train.steps
    if _was_interrupted(run) and not _went_wrong(run):
        missing = steps - run.windows[-1].step
        yield Finding.build("stopped before its end", missing, steps, str(run.windows[-1]))


def epochs(run: RunFiles) -> Iterator[Finding]:
    """Report a run that saw its pairs too often, or did not see all of them although it ended."""
    if run.pairs and (_memorized(run) or not _was_interrupted(run)):
        yield from dataset_size.epochs(run.windows[-1].step, run.config.train.batch_size, run.pairs)


def still_improving(run: RunFiles) -> Iterator[Finding]:
    """Report a loss that still falls steeply at the end of the run."""
    windows, train = run.windows, run.config.train
    fifth = len(windows) // 5
    if len(windows) < MIN_WINDOWS or _was_interrupted(run) or _memorized(run) or _went_wrong(run):
        return
    before, after = mean_loss(windows[-2 * fifth : -fifth]), mean_loss(windows[-fifth:])
    if relative_rise(after, before) > STEEP:
        last, begin = windows[-1], windows[-fifth - 1]
        twice = f"--set train.steps={2 * last.step}"
        yield Finding.build(
            "ended too early", last.step - begin.step, last.step, f"{begin}; {last}",
            fall=percent(before - after, before),
            longer=f"--budget {2 * train.budget:g}m" if train.budget else twice,
            rate=2 * train.learning_rate,
        )  # fmt: skip


def _was_interrupted(run: RunFiles) -> bool:
    """Return whether a run made fewer steps than configured, not because of budget or patience."""
    train = run.config.train
    if train.budget or run.windows[-1].step >= train.steps:  # a budget plans the steps itself
        return False
    scores, best = validations(run)
    return not train.patience or len(scores) - 1 - best < train.patience


def _went_wrong(run: RunFiles) -> bool:
    return any(any(check(run)) for check in (not_learning, diverged, overfitting))


def _memorized(run: RunFiles) -> bool:
    """Return whether a run saw each of its pairs too often, as far as their number is known."""
    examples = run.windows[-1].step * run.config.train.batch_size
    return 0 < dataset_size.MAX_EPOCHS * run.pairs < examples
