"""Check a dataset before training: all dataset checks, the most important first."""

import logging
from collections.abc import Callable, Iterator

from summarizer.config import Config
from summarizer.datasets import tasks
from summarizer.doctor import dataset_size, difficulty, duplicates, pair_checks, truncation
from summarizer.doctor.dataset_scan import SPLIT_NAMES, DatasetScan, scan_dataset
from summarizer.doctor.finding import Finding

DatasetCheck = Callable[[DatasetScan], Iterator[Finding]]

# Problems that stop training or invalidate a score, then those that harm it, then its limits.
CHECKS: tuple[DatasetCheck, ...] = (
    pair_checks.unusable_rows,
    dataset_size.missing_splits,
    duplicates.across_splits,
    duplicates.repeated_ids,
    pair_checks.empty_or_identical,
    pair_checks.text_errors,
    pair_checks.longer_summaries,
    pair_checks.other_script,
    pair_checks.mixed_languages,
    difficulty.new_words,
    duplicates.frequent_summary,
    truncation.truncated_pairs,
    dataset_size.training_length,
    duplicates.within_train,
    difficulty.strong_lead,
)
# The checks that apply to tasks without summaries.
DOCUMENT_CHECKS: tuple[DatasetCheck, ...] = (
    pair_checks.unusable_rows,
    dataset_size.missing_splits,
    duplicates.across_splits,
    duplicates.repeated_ids,
    pair_checks.empty_or_identical,
    pair_checks.text_errors,
    pair_checks.mixed_languages,
    duplicates.within_train,
)


def check_dataset(config: Config, test: str = "") -> list[Finding]:
    """Check the dataset that a configuration would train on.

    Args:
        config: `data.train` and `data.validation` name the data.
        test: SPEC of the test set; "": the test split of `data.train`, if it has one.

    Raises:
        InputError, ConfigError: the data cannot be read.
    """
    scan = scan_dataset(config, test)
    sizes = (f"{name} {len(scan.rows(i)):,}" for i, name in enumerate(SPLIT_NAMES))
    logging.getLogger("summarizer").info(
        "%s: %s pairs; findings marked 'sampled' are based on %s randomly chosen training pairs",
        config.data.train,
        ", ".join(sizes),
        f"{len(scan.sample):,}",
    )
    checks = CHECKS if tasks.needs_summaries(config.data) else DOCUMENT_CHECKS
    return [finding for check in checks for finding in check(scan)]
