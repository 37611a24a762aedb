"""Read a dataset once and keep what the checks need, about one kilobyte a pair."""

import contextlib
import logging
import random
from array import array
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from summarizer.config import Config
from summarizer.datasets import contamination, tasks
from summarizer.datasets import spec as specs
from summarizer.datasets.sources._splits import SPLITS, split_of
from summarizer.doctor import near_duplicates
from summarizer.doctor.finding import excerpt
from summarizer.doctor.text_errors import find_text_errors
from summarizer.errors import InputError
from summarizer.types import Example

# A percentage measured on this many pairs has a standard error of at most 1.1 points.
SAMPLE_SIZE = 2000
# Broder (1997) calls documents with half of their windows in common "roughly the same".
NEAR_DUPLICATE = 0.5
NO_LETTERS = contamination.document_hash("")  # hash of texts without letters and digits
TRAIN, VALIDATION, TEST = range(3)
SPLIT_NAMES = SPLITS[1:]  # in the order of TRAIN, VALIDATION, TEST

_LOG = logging.getLogger("summarizer")
_START = 80  # characters kept of each text, for examples

UnusableRows = tuple[int, int, str]  # unusable rows, all rows, what is wrong with the first


class DatasetScan(NamedTuple):
    """Properties of n pairs: those of train first, then those of validation and of test.

    Attributes:
        config: the configuration that would train on the data.
        splits: int8 [n], TRAIN, VALIDATION or TEST.
        ids: ids of the pairs.
        document_starts: first characters of each document.
        summary_starts: first characters of each summary.
        hashes: uint64 [n, 2], fingerprints of document and summary.
        lengths: int64 [n, 2], characters of document and summary; -1 for a missing summary.
        text_errors: number of pairs with each kind of text error.
        text_error_examples: the first pair with each kind of text error.
        near_duplicates: int64 [m, 2], rows of pairs whose documents are nearly the same, the
            earlier row first; equal documents count once.
        sample: random training examples.
        unusable: unusable rows, by file.
    """

    config: Config
    splits: NDArray[np.int8]
    ids: list[str]
    document_starts: list[str]
    summary_starts: list[str]
    hashes: NDArray[np.uint64]
    lengths: NDArray[np.int64]
    text_errors: Counter[str]
    text_error_examples: dict[str, str]
    near_duplicates: NDArray[np.int64]
    sample: list[Example]
    unusable: list[UnusableRows]

    def rows(self, split: int) -> NDArray[np.int64]:
        """Return the rows of a split, int64 [m]."""
        return np.flatnonzero(self.splits == split)

    def sample_with_summaries(self) -> list[Example]:
        """Return the sampled examples that have a summary."""
        return [example for example in self.sample if example.summary is not None]

    def describe(self, row: int) -> str:
        """Return a pair's id and the start of its document."""
        return f"{self.ids[row]} {excerpt(self.document_starts[row])}"


def scan_dataset(config: Config, test: str = "") -> DatasetScan:
    """Read the pairs that a configuration would train, validate and test on.

    Args:
        config: `data.train` and `data.validation` name the data.
        test: SPEC of the test set; "": the test split of `data.train`, if it has one.

    Raises:
        InputError, ConfigError: the data cannot be read.
    """
    from tqdm import tqdm

    scanner = _Scanner(config)
    with _collect_unusable_rows() as unusable:
        examples = _examples(config, test)
        for split, example in tqdm(examples, unit=" pairs", desc="reading", disable=None):
            scanner.add(split, example)
    if not scanner.ids:
        raise InputError(f"{config.data.train}: holds no pairs")
    return scanner.result(unusable)


def _examples(config: Config, test: str) -> Iterator[tuple[int, Example]]:
    """Yield all examples with their split, as training and evaluation would split them."""
    data = config.data

    def read(split: int, spec: str, part: str = "all") -> Iterator[tuple[int, Example]]:
        return ((split, e) for e in tasks.examples(data, spec, part, skip_bad=True))

    def read_held_out(split: int, spec: str) -> Iterator[tuple[int, Example]]:
        return read(split, spec, SPLIT_NAMES[split] if specs.has_splits(spec) else "all")

    if data.validation:
        yield from read(TRAIN, data.train)  # as training does
        yield from read_held_out(VALIDATION, data.validation)
    elif "split" in specs.parse(data.train).options:  # the SPEC itself selects one split
        yield from read(TRAIN, data.train)
    elif specs.has_splits(data.train):
        for split in (TRAIN, VALIDATION, *(() if test else (TEST,))):
            yield from read(split, data.train, SPLIT_NAMES[split])
    else:
        for _, example in read(TRAIN, data.train):
            split = SPLIT_NAMES.index(split_of(example.id))
            if split != TEST or not test:  # with another test set, this split goes unused
                yield split, example
    if test:
        yield from read_held_out(TEST, test)


class _Scanner:
    """Collect the properties of examples, one example at a time."""

    def __init__(self, config: Config) -> None:
        self.ids: list[str] = []
        self._config = config
        self._needs_summaries = tasks.needs_summaries(config.data)
        self._document_starts: list[str] = []
        self._summary_starts: list[str] = []
        self._splits, self._lengths = array("b"), array("q")
        self._hashes, self._signatures = array("Q"), array("I")
        self._errors: Counter[str] = Counter()
        self._error_examples: dict[str, str] = {}
        self._sample: list[Example] = []
        self._random, self._train_count = random.Random(0), 0

    def add(self, split: int, example: Example) -> None:
        document = example.document
        summary = example.summary if self._needs_summaries else ""
        self.ids.append(example.id)
        self._splits.append(split)
        self._document_starts.append(document[:_START])
        self._summary_starts.append((summary or "")[:_START])
        self._hashes.extend(map(contamination.document_hash, (document, summary or "")))
        signature = near_duplicates.signature(contamination.letters(document))
        self._signatures.frombytes(signature.tobytes())
        self._lengths.extend((len(document), -1 if summary is None else len(summary)))
        self._count_text_errors(example.id, document, summary or "")
        if split == TRAIN:
            self._add_to_sample(example)

    def _count_text_errors(self, id: str, *texts: str) -> None:
        names = set()
        for text in texts:
            for name, position in find_text_errors(text):
                names.add(name)
                self._error_examples.setdefault(name, f"{id} {excerpt(text, position)}")
        self._errors.update(names)

    def _add_to_sample(self, example: Example) -> None:
        """Keep each training example with equal probability (reservoir sampling)."""
        self._train_count += 1
        if len(self._sample) < SAMPLE_SIZE:
            self._sample.append(example)
        elif (place := self._random.randrange(self._train_count)) < SAMPLE_SIZE:
            self._sample[place] = example

    def result(self, unusable: list[UnusableRows]) -> DatasetScan:
        """Order the pairs by split, and find documents that are nearly the same."""
        splits = np.frombuffer(self._splits, np.int8)
        order = np.argsort(splits, kind="stable")
        hashes = np.frombuffer(self._hashes, np.uint64).reshape(-1, 2)[order]
        signatures = np.frombuffer(self._signatures, np.uint32)
        signatures = signatures.reshape(-1, near_duplicates.SIGNATURE_SIZE)
        _, distinct = np.unique(hashes[:, 0], return_index=True)  # the first of equal documents
        distinct.sort()
        similar = near_duplicates.find_near_duplicates(signatures[order[distinct]], NEAR_DUPLICATE)
        return DatasetScan(
            config=self._config,
            splits=splits[order],
            ids=[self.ids[i] for i in order],
            document_starts=[self._document_starts[i] for i in order],
            summary_starts=[self._summary_starts[i] for i in order],
            hashes=hashes,
            lengths=np.frombuffer(self._lengths, np.int64).reshape(-1, 2)[order],
            text_errors=self._errors,
            text_error_examples=self._error_examples,
            near_duplicates=distinct[similar],
            sample=self._sample,
            unusable=unusable,
        )


@contextlib.contextmanager
def _collect_unusable_rows() -> Iterator[list[UnusableRows]]:
    """Collect the warnings of sources about unusable rows instead of printing them."""
    unusable: list[UnusableRows] = []

    def keep(record: logging.LogRecord) -> bool:
        counts = getattr(record, "skipped", None)
        if counts and counts not in unusable:  # a source read by split repeats its warning
            unusable.append(counts)
        return not counts

    _LOG.addFilter(keep)
    try:
        yield unusable
    finally:
        _LOG.removeFilter(keep)
