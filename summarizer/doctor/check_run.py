"""Check a run after training: all run checks, the most important first."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from summarizer.doctor import evaluation_checks, loss_checks, model_usage, run_length
from summarizer.doctor.finding import Finding
from summarizer.doctor.run_files import RunFiles, read_run

RunCheck = Callable[[RunFiles], Iterator[Finding]]

# Problems that invalidate the score, then those that kept the run from learning, then its limits.
CHECKS: tuple[RunCheck, ...] = (
    evaluation_checks.train_overlap,
    loss_checks.not_learning,
    loss_checks.diverged,
    run_length.stopped_early,
    evaluation_checks.no_better_than_lead,
    evaluation_checks.constant_or_empty_summaries,
    evaluation_checks.repetition,
    loss_checks.overfitting,
    loss_checks.unstable,
    model_usage.unused_gate,
    model_usage.truncated_pairs,
    run_length.epochs,
    run_length.still_improving,
    model_usage.waiting_for_data,
)


def check_run(folder: Path) -> list[Finding]:
    """Check the folder of a run.

    Raises:
        ModelError, InputError: the run cannot be read.
    """
    run = read_run(folder)
    evaluation = "" if run.report else ", without an evaluation"
    steps = run.windows[-1].step
    logging.getLogger("summarizer").info(
        "%s: a run of %s steps%s", folder, f"{steps:,}", evaluation
    )
    return [finding for check in CHECKS for finding in check(run)]
