"""Reads a data set once and keeps what its checks need: about a kilobyte a pair."""

import contextlib
import logging
import random
from array import array
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from summarizer.config import Config
from summarizer.datasets import contamination, tasks
from summarizer.datasets import spec as specs
from summarizer.datasets.sources._splits import SPLITS, split_of
from summarizer.doctor import faults, sketches
from summarizer.doctor.finding import excerpt
from summarizer.errors import InputError
from summarizer.types import Example

# A share has a standard error of at most 1.1 points on so many.
SAMPLE = 2000
# Half of the windows in common: what Broder (1997) calls roughly the same.
ALIKE = 0.5
TRAIN, VALIDATION, TEST = range(3)
PARTS = SPLITS[1:]  # their names, in this order

_LOG = logging.getLogger("summarizer")
_OPENING = 80  # characters that are kept of a text

Skipped = tuple[int, int, str]  # rows that cannot be used, all rows, what is wrong with the first


class Survey(NamedTuple):
    """What is known of n pairs, those of train first, then those of validation and of test.

    Attributes:
        config: says how it is to be trained on.
        part: int8 [n], TRAIN, VALIDATION or TEST.
        ids: of the pairs.
        openings: how each document begins.
        summaries: how each summary begins.
        prints: uint64 [n, 2], fingerprints of document and summary.
        lengths: int64 [n, 2], characters of document and summary; -1 for a summary that is
            missing.
        faults: uint8 [n], a bit for each of `faults.FAULTS`.
        faulty: what it is and where, for the first of each fault.
        near: numbers of pairs whose documents are nearly the same, int64 [m] and int64 [m].
        sample: examples of train, every one as likely.
        skipped: of each file, what could not be read.
    """

    config: Config
    part: Any
    ids: list[str]
    openings: list[str]
    summaries: list[str]
    prints: Any
    lengths: Any
    faults: Any
    faulty: dict[str, str]
    near: tuple[Any, Any]
    sample: list[Example]
    skipped: list[Skipped]

    def rows(self, part: int) -> Any:
        """Return the numbers of the pairs of a part, int64."""
        return np.flatnonzero(self.part == part)

    def drawn(self) -> list[Example]:
        """Return those examples of the sample that have a summary."""
        return [example for example in self.sample if example.summary is not None]

    def show(self, row: int) -> str:
        """Name a pair: its id, and how its document begins."""
        return f"{self.ids[row]} {excerpt(self.openings[row])}"


def read(config: Config, test: str = "") -> Survey:
    """Read what a configuration would train on, and what it would be validated and tested on.

    Args:
        config: `data.train` and `data.validation` say what is read.
        test: a SPEC; "": the test split of the data, where they have one.

    Raises:
        InputError, ConfigError: nothing can be read.
    """
    notes = _Notes(tasks.needs_summaries(config.data))
    with _skipped() as skipped:
        for part, example in _bar(_parts(config, test)):
            notes.take(part, example)
    if not notes.ids:
        raise InputError(f"{config.data.train}: there is nothing in it")
    return notes.survey(config, skipped)


def _parts(config: Config, test: str) -> Iterator[tuple[int, Example]]:
    """Yield all examples with their part, as training and evaluation would choose them."""
    data = config.data

    def all_of(part: int, spec: str, split: str) -> Iterator[tuple[int, Example]]:
        return ((part, e) for e in tasks.examples(data, spec, split, skip_bad=True))

    def given(part: int, spec: str) -> Iterator[tuple[int, Example]]:
        return all_of(part, spec, PARTS[part] if specs.has_splits(spec) else "all")

    if data.validation:
        yield from all_of(TRAIN, data.train, "all")  # as `experiment` does
        yield from given(VALIDATION, data.validation)
    elif "split" in specs.parse(data.train).options:  # that split is all there is
        yield from all_of(TRAIN, data.train, "all")
    elif specs.has_splits(data.train):
        for part in (TRAIN, VALIDATION, *(() if test else (TEST,))):
            yield from all_of(part, data.train, PARTS[part])
    else:
        for _, example in all_of(TRAIN, data.train, "all"):
            part = PARTS.index(split_of(example.id))
            if part != TEST or not test:  # else neither trained nor tested on
                yield part, example
    if test:
        yield from given(TEST, test)


class _Notes:
    """Takes down what is known of examples that pass by."""

    def __init__(self, summaries: bool) -> None:
        self.ids: list[str] = []
        self.openings: list[str] = []
        self.summaries: list[str] = []
        self.part, self.prints, self.sketches = array("b"), array("Q"), array("Q")
        self.lengths, self.faults = array("q"), array("B")
        self.faulty: dict[str, str] = {}
        self.sample: list[Example] = []
        self._summaries = summaries
        self._chooser, self._met = random.Random(0), 0

    def take(self, part: int, example: Example) -> None:
        summary = example.summary if self._summaries else ""
        letters = contamination.letters(example.document)
        self.part.append(part)
        self.ids.append(example.id)
        self.openings.append(example.document[:_OPENING])
        self.summaries.append((summary or "")[:_OPENING])
        self.prints.extend(map(contamination.document_hash, (example.document, summary or "")))
        self.sketches.frombytes(sketches.sketch(letters).tobytes())
        self.lengths.extend((len(example.document), -1 if summary is None else len(summary)))
        self.faults.append(self._find_faults(example.id, example.document, summary or ""))
        if part == TRAIN:
            self._draw(example)

    def _find_faults(self, id: str, *texts: str) -> int:
        bits = 0
        for text in texts:
            for bit, at in faults.find(text):
                bits |= 1 << bit
                self.faulty.setdefault(faults.FAULTS[bit].name, f"{id} {excerpt(text, at)}")
        return bits

    def _draw(self, example: Example) -> None:
        """Keep each as likely as any other (reservoir sampling)."""
        self._met += 1
        if len(self.sample) < SAMPLE:
            self.sample.append(example)
        elif (at := self._chooser.randrange(self._met)) < SAMPLE:
            self.sample[at] = example

    def survey(self, config: Config, skipped: list[Skipped]) -> Survey:
        """Put the parts one after the other, and find what is nearly the same."""
        part = np.frombuffer(self.part, np.int8)
        order = np.argsort(part, kind="stable")
        prints = np.frombuffer(self.prints, np.uint64).reshape(-1, 2)[order]
        sketched = np.frombuffer(self.sketches, np.uint64).reshape(-1, sketches.KEPT)
        _, once = np.unique(prints[:, 0], return_index=True)  # the first of equal documents
        once.sort()
        first, second = sketches.near(sketched[order[once]], ALIKE)
        return Survey(
            config,
            part[order],
            [self.ids[i] for i in order],
            [self.openings[i] for i in order],
            [self.summaries[i] for i in order],
            prints,
            np.frombuffer(self.lengths, np.int64).reshape(-1, 2)[order],
            np.frombuffer(self.faults, np.uint8)[order],
            self.faulty,
            (once[first], once[second]),
            self.sample,
            skipped,
        )


@contextlib.contextmanager
def _skipped() -> Iterator[list[Skipped]]:
    """Collect what the sources say of rows that cannot be used, instead of printing it."""
    found: list[Skipped] = []

    def look(record: logging.LogRecord) -> bool:
        counts = getattr(record, "skipped", None)
        if counts and counts not in found:  # a source that is read by split tells it each time
            found.append(counts)
        return not counts

    _LOG.addFilter(look)
    try:
        yield found
    finally:
        _LOG.removeFilter(look)


def _bar(examples: Iterator[tuple[int, Example]]) -> Iterator[tuple[int, Example]]:
    """Show on a terminal how far the reading is."""
    from tqdm import tqdm

    yield from tqdm(examples, unit=" pairs", desc="reading", disable=None)
