"""How much there is: whether training can begin, and for how many steps it is enough."""

import math
from collections.abc import Iterator

from summarizer.datasets import spec as specs
from summarizer.doctor.finding import Finding
from summarizer.doctor.survey import TRAIN, VALIDATION, Survey

# A thousand summaries of ten words have two or three words for each of the 4,000 pieces of the
# smallest preset.
ENOUGH = 1000
# The pointer-generator trained for 13 epochs (See et al. 2017, section 5); with fewer pairs than
# theirs, more than 20 are learned by heart.
EPOCHS = 20


def missing(survey: Survey) -> Iterator[Finding]:
    """Name a split that has no pairs: training does not begin without."""
    data = survey.config.data
    if not len(survey.rows(TRAIN)):
        yield Finding(
            "nothing to train on",
            0,
            len(survey.ids),
            "pairs are in the split that is trained on: training stops at once",
            "more pairs; or have others held out, so that all of these are trained on: --set "
            "data.validation=SPEC",
        )
    if len(survey.rows(VALIDATION)):
        return
    itself = not data.validation and "split" in specs.parse(data.train).options
    then = (
        "with split= in the SPEC training validates on the very pairs that it trains on"
        if itself
        else "training stops before its first step"
    )
    yield Finding(
        "no validation",
        0,
        len(survey.ids),
        f"pairs are held out: {then}",
        "name others: --set data.validation=SPEC",
    )


def amount(survey: Survey) -> Iterator[Finding]:
    """Name too few pairs, and steps that are too many or too few for them."""
    train, asked = survey.config.train, survey.config.train.steps * survey.config.train.batch_size
    pairs = len(survey.rows(TRAIN))
    if not pairs:
        return
    if pairs < ENOUGH:
        yield Finding(
            "too few pairs",
            pairs,
            ENOUGH,
            "pairs are there that a network needs at least to begin from nothing",
            "start from a trained model: summarizer train --init saved_models/arxiv-titles …",
        )
    if asked > EPOCHS * pairs:
        yield Finding(
            "too many epochs",
            asked - EPOCHS * pairs,
            asked,
            f"examples that train.steps={train.steps} asks for come after each pair was seen "
            f"{EPOCHS} times: they are learned by heart",
            f"--set train.steps={max(EPOCHS * pairs // train.batch_size, 1)} or fewer, or more pairs; "
            "model.dropout and train.patience help",
        )
    elif asked < pairs:
        yield Finding(
            "less than one epoch",
            pairs - asked,
            pairs,
            f"pairs of train are never seen in train.steps={train.steps} of {train.batch_size}",
            f"--set train.steps={math.ceil(pairs / train.batch_size)} or more, or --budget TIME",
        )
