"""Groups of examples: how often each is drawn in training, and how validation examples are chosen.

A group is the examples of one type and source. An epoch draws from each group as many examples as
the size of the group times its weight. Successive epochs continue through random orders of the
group, so that each example is drawn before any is drawn again: a group of weight 0.1 gives
different examples in each of ten epochs.
"""

import heapq
import itertools
import logging
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from random import Random

import numpy as np
import numpy.typing as npt

from summarizer.datasets.token_store import TokenStore
from summarizer.errors import ConfigError, InputError, did_you_mean
from summarizer.types import Example

_MAX_GROUPS = 1 << 16  # group numbers are uint16


class GroupIndex:
    """Numbers the groups of a stream of examples.

    Attributes:
        names: `Example.group` of each group, in order of first occurrence.
        starts: the token that the summaries of each group begin with.
        rows: the group number of each example.
    """

    def __init__(self, start: Callable[[str], int]) -> None:
        """Create an empty index.

        Args:
            start: returns the start token of a type of summary, such as `Vocabulary.start`.
        """
        self.names: list[str] = []
        self.starts: list[int] = []
        self.rows = array("H")
        self._start = start
        self._numbers: dict[str, int] = {}

    def record(self, examples: Iterable[Example]) -> Iterator[Example]:
        """Yield the examples unchanged and record their groups.

        Raises:
            InputError: only some examples have a type, the model has no token for a type, or
                there are more than 65,536 groups.
        """
        first: Example | None = None
        for example in examples:
            first = first or example
            if bool(example.type) != bool(first.type):
                typed, untyped = (first, example) if first.type else (example, first)
                raise InputError(
                    f"example {untyped.id} has no type of summary, but {typed.id} has "
                    f"{typed.type!r}: give each source a type, such as ,type=headline"
                )
            number = self._numbers.setdefault(example.group, len(self.names))
            if number == len(self.names):
                self.names.append(example.group)
                self.starts.append(self._start(example.type))
            if number >= _MAX_GROUPS:
                raise InputError(
                    f"example {example.id}: {example.group!r} is one more than the maximum of "
                    f"{_MAX_GROUPS:,} groups of type and source"
                )
            self.rows.append(number)
            yield example


def group_weights(names: Sequence[str], weights: Mapping[str, float]) -> list[float]:
    """Return the weight of each group: that of its type and source, of its source, or 1.

    Args:
        names: `Example.group` of each group.
        weights: `TYPE/SOURCE` or `SOURCE` → weight.

    Raises:
        ConfigError: a key of `weights` names no group, or a weight is not a number of at least 0.
    """
    known = {key for name in names for key in (name, name.partition("/")[2])}
    for key, weight in weights.items():
        if key not in known:
            raise ConfigError(f"data.weights: no source {key!r}: {did_you_mean(key, known)}")
        if type(weight) not in (int, float) or not 0 <= weight < float("inf"):
            raise ConfigError(f"data.weights: {key!r}: {weight!r}: must be a number, 0 or more")
    return [float(weights.get(n, weights.get(n.partition("/")[2], 1))) for n in names]


def store_weights(store: TokenStore, weights: Mapping[str, float]) -> list[float]:
    """Return the weight of each group of a store, or [] if no weights are set.

    The share of each group is logged.

    Raises:
        ConfigError: as `group_weights`, or the store has no groups.
    """
    names = store.group_names
    if weights and not names:
        raise ConfigError(
            "data.weights: the run's token store does not record the sources of its examples: "
            "remove its folder store to build it again"
        )
    by_group = group_weights(names, weights)
    if store.groups is not None and len(names) > 1:
        counts = np.bincount(store.groups, minlength=len(names)).tolist()
        for line in describe(names, counts, by_group):
            logging.getLogger("summarizer").info("%s", line)
    return by_group if weights else []


def describe(names: Sequence[str], counts: Sequence[int], weights: Sequence[float]) -> list[str]:
    """Return one line per group: its share of the drawn examples, and its size."""
    drawn = [count * weight for count, weight in zip(counts, weights, strict=True)]
    order = sorted(range(len(names)), key=lambda i: -drawn[i])
    total = max(sum(drawn), 1e-9)
    return [
        f"{drawn[i] / total:6.1%}  {names[i]}: {drawn[i]:,.0f} of {counts[i]:,} per epoch"
        for i in order
    ]


def draw_epoch(
    groups: npt.NDArray[np.uint16], weights: Sequence[float], seed: int, epoch: int
) -> npt.NDArray[np.int32]:
    """Return the rows of an epoch, int32, ordered by group and not shuffled.

    Args:
        groups: the group number of each row, uint16 [n].
        weights: of each group.
        seed: of the run.
        epoch: counted from 0.
    """
    drawn = []
    for group, weight in enumerate(weights):
        members = np.flatnonzero(groups == group).astype(np.int32)
        begin, end = (int(len(members) * weight * n + 0.5) for n in (epoch, epoch + 1))
        for turn in range(begin // max(len(members), 1), -(-end // max(len(members), 1))):
            order = np.random.Generator(np.random.PCG64([seed, turn, group])).permutation(members)
            first = turn * len(members)
            drawn.append(order[max(begin - first, 0) : end - first])
    return np.concatenate([np.zeros(0, np.int32), *drawn])


class _Reservoir:
    """A random sample of fixed size of a stream (Vitter 1985, algorithm R)."""

    def __init__(self, size: int, random: Random) -> None:
        self.sample: list[Example] = []
        self._size, self._random, self._count = size, random, 0

    def add(self, example: Example) -> None:
        self._count += 1
        if len(self.sample) < self._size:
            self.sample.append(example)
        elif (position := self._random.randrange(self._count)) < self._size:
            self.sample[position] = example


def reservoir_sample(
    examples: Iterable[Example], count: int, weights: Mapping[str, float] | None = None
) -> list[Example]:
    """Return `count` random examples, all with equal probability.

    With `weights`, as in `group_weights`, the probability grows with the weight of the group
    (Efraimidis and Spirakis 2006, algorithm A-Res).
    """
    random = Random(0)
    if not weights:
        reservoir = _Reservoir(count, random)
        for example in examples:
            reservoir.add(example)
        return reservoir.sample
    heap: list[tuple[float, int, Example]] = []
    for i, example in enumerate(examples):
        weight = weights.get(example.group, weights.get(example.source, 1))
        if weight > 0:
            entry = random.random() ** (1 / weight), i, example
            add = heapq.heappush if len(heap) < count else heapq.heappushpop
            add(heap, entry)
    return [example for _, _, example in sorted(heap, key=lambda entry: entry[1])]


def balanced_sample(examples: Iterable[Example], count: int, seed: int) -> list[Example]:
    """Return `count` random examples, equally many of each type and, within a type, source.

    If a source or type has too few examples, the others contribute more. At most `count` examples
    of each group are held in memory.
    """
    random, reservoirs = Random(seed), dict[tuple[str, str], _Reservoir]()
    for example in examples:
        group = example.type, example.source
        reservoirs.setdefault(group, _Reservoir(count, random)).add(example)
    by_type: dict[str, list[list[Example]]] = {}
    for (type_name, _), reservoir in sorted(reservoirs.items(), key=lambda item: item[0]):
        random.shuffle(reservoir.sample)
        by_type.setdefault(type_name, []).append(reservoir.sample)
    return interleave([interleave(sources) for sources in by_type.values()])[:count]


def interleave(lists: Sequence[list[Example]]) -> list[Example]:
    """Return the first element of each list, then the second of each, and so on."""
    rounds = itertools.zip_longest(*lists)
    return [example for elements in rounds for example in elements if example is not None]


def thin(examples: Iterable[Example], shares: Mapping[str, float]) -> Iterator[Example]:
    """Yield the examples, but only a share of those whose summary contains one of the phrases.

    The hash of the id decides, so that the same examples are dropped each time. If a summary
    contains several phrases, the first one of `shares` counts.

    Args:
        examples: the stream.
        shares: phrase, compared without case → the share to yield, 0 to 1.

    Raises:
        ConfigError: a share is not a number from 0 to 1.
    """
    for phrase, share in shares.items():
        if type(share) not in (int, float) or not 0 <= share <= 1:
            raise ConfigError(f"data.thin: {phrase!r}: {share!r}: must be a number from 0 to 1")
    folded = {phrase.casefold(): share for phrase, share in shares.items()}
    for example in examples:
        summary = (example.summary or "").casefold()
        share = next((share for phrase, share in folded.items() if phrase in summary), 1)
        if share == 1 or zlib.crc32(example.id.encode()) / 2**32 < share:
            yield example
