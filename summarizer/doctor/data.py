"""All that is looked at in data, the most important first."""

import logging
from collections.abc import Callable, Iterator

from summarizer.config import Config
from summarizer.datasets import tasks
from summarizer.doctor import amounts, copies, learnable, pairs, pieces, survey
from summarizer.doctor.finding import Finding
from summarizer.doctor.survey import PARTS, Survey

Check = Callable[[Survey], Iterator[Finding]]

# First what stops a training or makes its score a lie, then what spoils it, then what limits it.
CHECKS: tuple[Check, ...] = (
    pairs.unusable,
    amounts.missing,
    copies.across_splits,
    copies.ids,
    pairs.empty,
    pairs.faulty,
    pairs.longer,
    pairs.crossed,
    pairs.mixed,
    learnable.novel,
    copies.same_summaries,
    pieces.truncated,
    amounts.amount,
    copies.within_train,
    learnable.first_words,
)
# Those that have a meaning where no summaries are learned.
TEXTS: tuple[Check, ...] = (
    pairs.unusable,
    amounts.missing,
    copies.across_splits,
    copies.ids,
    pairs.empty,
    pairs.faulty,
    pairs.mixed,
    copies.within_train,
)


def examine(config: Config, test: str = "") -> list[Finding]:
    """Look at what a configuration would be trained on.

    Args:
        config: `data.train` and `data.validation` say what is read.
        test: a SPEC; "": the test split of the data, where they have one.

    Raises:
        InputError, ConfigError: nothing can be read.
    """
    found = survey.read(config, test)
    sizes = (f"{PARTS[part]} {len(found.rows(part)):,}" for part in range(len(PARTS)))
    logging.getLogger("summarizer").info(
        "%s: %s pairs; what is said of pairs drawn from train is of %s of them, drawn at random",
        config.data.train, ", ".join(sizes), f"{len(found.sample):,}",
    )  # fmt: skip
    checks = CHECKS if tasks.needs_summaries(config.data) else TEXTS
    return [finding for check in checks for finding in check(found)]
