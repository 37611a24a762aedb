"""Check whether a dataset has enough pairs to train and validate, and for how many epochs."""

import math
from collections.abc import Iterator

from summarizer.datasets import spec as specs
from summarizer.doctor.dataset_scan import TRAIN, VALIDATION, DatasetScan
from summarizer.doctor.finding import Finding

# A thousand summaries of ten words hold two or three words for each of the 4,000 tokens of the
# smallest preset's vocabulary.
ENOUGH_PAIRS = 1000
# The pointer-generator trained for 13 epochs (See et al. 2017, section 5); with fewer pairs than
# theirs, a model memorizes the data in more than 20 epochs.
MAX_EPOCHS = 20


def missing_splits(scan: DatasetScan) -> Iterator[Finding]:
    """Report an empty training or validation split."""
    data = scan.config.data
    if not len(scan.rows(TRAIN)):
        yield Finding.build("nothing to train on", 0, len(scan.ids))
    if not len(scan.rows(VALIDATION)):
        on_train = not data.validation and "split" in specs.parse(data.train).options
        consequence = (
            "because of split= in the SPEC, training validates on its own training pairs"
            if on_train
            else "training stops before its first step"
        )
        yield Finding.build("no validation", 0, len(scan.ids), consequence=consequence
        )  # fmt: skip


def training_length(scan: DatasetScan) -> Iterator[Finding]:
    """Report too few training pairs, and too many or too few steps for them."""
    pairs = len(scan.rows(TRAIN))
    if not pairs:
        return
    if pairs < ENOUGH_PAIRS:
        yield Finding.build("too few pairs", pairs, ENOUGH_PAIRS)
    yield from epochs(scan.config.train.steps, scan.config.train.batch_size, pairs)


def epochs(steps: int, batch: int, pairs: int) -> Iterator[Finding]:
    """Report steps that repeat the pairs too often, or that do not use all of them."""
    examples, most = steps * batch, MAX_EPOCHS * pairs
    if examples > most:
        enough = max(most // batch, 1)
        name, count = "too many epochs", examples - most
        yield Finding.build(name, count, examples, epochs=MAX_EPOCHS, enough=enough)
    elif examples < pairs:
        enough = math.ceil(pairs / batch)
        name, count = "less than one epoch", pairs - examples
        yield Finding.build(name, count, pairs, steps=steps, batch=batch, enough=enough)
