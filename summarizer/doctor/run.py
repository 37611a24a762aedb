"""All that is looked at in a run, the most important first."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from summarizer.doctor import folder, lasting, learning, scored, working
from summarizer.doctor.finding import Finding
from summarizer.doctor.folder import Run

Check = Callable[[Run], Iterator[Finding]]

# First what makes its score a lie, then what kept it from learning, then what it could do better.
CHECKS: tuple[Check, ...] = (
    scored.seen,
    learning.not_learning,
    learning.diverged,
    lasting.stopped,
    scored.no_better,
    scored.one_for_all,
    scored.repetition,
    learning.overfitting,
    learning.unsteady,
    working.gate,
    working.truncated,
    lasting.epochs,
    lasting.still_falling,
    working.starved,
)


def examine(path: Path) -> list[Finding]:
    """Look at the folder of a run.

    Raises:
        ModelError, InputError: it cannot be read.
    """
    run = folder.read(path)
    told = f"{run.spans[-1].step:,} steps" + ("" if run.report else ", without an evaluation")
    logging.getLogger("summarizer").info("%s: a run of %s", path, told)
    return [finding for check in CHECKS for finding in check(run)]
