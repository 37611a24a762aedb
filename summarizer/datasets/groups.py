"""Examples by type and source: how often each group is drawn, in training and to validate on.

A group is the examples of one type and source. An epoch draws of each group a number of examples
that is the group's size times its weight. Successive epochs draw one after another from random
orders of all its examples, so that each example is drawn before any is drawn again, and a group of
weight 0.1 gives other examples in each of ten epochs.
"""

import heapq
import itertools
import logging
import zlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

import numpy as np

from summarizer.datasets.token_store import TokenStore
from summarizer.errors import ConfigError, InputError, did_you_mean
from summarizer.types import Example

_MOST = 1 << 16  # groups; their numbers are uint16


class Recorder:
    """Numbers the groups of the examples that pass.

    Attributes:
        names: `Example.group` of each group, in the order of appearance.
        starts: the piece that the summaries of each group begin with.
        rows: the number of each example's group.
    """

    def __init__(self, start: Callable[[str], int]) -> None:
        """Begin without examples; `start` gives the first piece of a type's summaries."""
        self.names: list[str] = []
        self.starts: list[int] = []
        self.rows = array("H")
        self._start = start
        self._numbers: dict[str, int] = {}

    def watch(self, examples: Iterable[Example]) -> Iterator[Example]:
        """Yield examples as they come.

        Raises:
            InputError: some examples have a type and others have none, the model has no token for
                a type, or there are more than 65,536 groups.
        """
        first: Example | None = None
        for example in examples:
            first = first or example
            if bool(example.type) != bool(first.type):
                with_type, without = (first, example) if first.type else (example, first)
                raise InputError(
                    f"example {without.id}: has no type of summary, and {with_type.id} has "
                    f"{with_type.type!r}: give each source a type, such as ,type=headline"
                )
            number = self._numbers.setdefault(example.group, len(self.names))
            if number == len(self.names):
                self.names.append(example.group)
                self.starts.append(self._start(example.type))
            if number >= _MOST:
                raise InputError(f"example {example.id}: is of the {_MOST + 1:,}th source")
            self.rows.append(number)
            yield example


def factors(names: Sequence[str], weights: Mapping[str, Any]) -> list[float]:
    """Return the weight of each group: that of its type and source, of its source, or 1.

    Args:
        names: `Example.group` of each group.
        weights: `TYPE/SOURCE` or `SOURCE` → weight.

    Raises:
        ConfigError: a key of `weights` names no group, or a weight is no number from 0 on.
    """
    known = {key for name in names for key in (name, name.partition("/")[2])}
    for key, weight in weights.items():
        if key not in known:
            raise ConfigError(f"data.weights: no source {key!r}: {did_you_mean(key, known)}")
        if type(weight) not in (int, float) or not 0 <= weight < float("inf"):
            raise ConfigError(f"data.weights: {key!r}: {weight!r}: must be a number, 0 or more")
    return [float(weights.get(n, weights.get(n.partition("/")[2], 1))) for n in names]


def draw(rows: Any, weights: Sequence[float], seed: int, epoch: int) -> Any:
    """Return the rows of an epoch, int32, grouped and not shuffled.

    Args:
        rows: uint16 [n], the number of each row's group.
        weights: of each group.
        seed: of the run.
        epoch: counted from 0.
    """
    drawn = []
    for group, weight in enumerate(weights):
        members = np.flatnonzero(rows == group).astype(np.int32)
        begin, end = (int(len(members) * weight * n + 0.5) for n in (epoch, epoch + 1))
        for turn in range(begin // max(len(members), 1), -(-end // max(len(members), 1))):
            order = np.random.Generator(np.random.PCG64([seed, turn, group])).permutation(members)
            first = turn * len(members)
            drawn.append(order[max(begin - first, 0) : end - first])
    return np.concatenate([np.zeros(0, np.int32), *drawn])


def sample(examples: Iterable[Example], count: int, seed: int) -> list[Example]:
    """Return `count` examples drawn from all, equally by type and, within a type, by source.

    Where a source or type has too few, the others give more. At most `count` examples of each
    group are held.
    """
    random, kept, passed = Random(seed), dict[tuple[str, str], list[Example]](), Counter[str]()
    for example in examples:
        group = kept.setdefault((example.type, example.source), [])
        passed[example.group] += 1
        if len(group) < count:
            group.append(example)
        elif (at := random.randrange(passed[example.group])) < count:
            group[at] = example
    types: dict[str, list[list[Example]]] = {}
    for (kind, _), group in sorted(kept.items()):
        random.shuffle(group)
        types.setdefault(kind, []).append(group)
    return in_turn([in_turn(groups) for groups in types.values()])[:count]


def in_turn(lists: Sequence[list[Example]]) -> list[Example]:
    """Return the elements of several lists: the first of each, the second of each, and so on."""
    rounds = itertools.zip_longest(*lists)
    return [example for taken in rounds for example in taken if example is not None]


def thinned(examples: Iterable[Example], shares: Mapping[str, Any]) -> Iterator[Example]:
    """Yield examples, of those whose summary has one of the phrases only a share.

    The hash of the id decides, so that the same examples are left out each time. Of several
    phrases in a summary the first one counts.

    Args:
        examples: all of them.
        shares: phrase, compared without case → the share that is kept, 0 to 1.

    Raises:
        ConfigError: a share is no number from 0 to 1.
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


def reservoir(
    examples: Iterable[Example], count: int, weights: Mapping[str, Any] | None = None
) -> list[Example]:
    """Return `count` examples, every one as likely (Vitter 1985, algorithm R).

    With `weights`, as `factors` takes them, those of greater weight are more likely (Efraimidis
    and Spirakis 2006, algorithm A-Res).
    """
    chooser = Random(0)
    kept: list[Example] = []
    if weights:
        keyed: list[tuple[float, int, Example]] = []
        for i, example in enumerate(examples):
            weight = weights.get(example.group, weights.get(example.source, 1))
            if weight > 0:
                entry = chooser.random() ** (1 / weight), i, example
                change = heapq.heappush if len(keyed) < count else heapq.heappushpop
                change(keyed, entry)
        return [example for _, _, example in sorted(keyed, key=lambda entry: entry[1])]
    for i, example in enumerate(examples):
        if len(kept) < count:
            kept.append(example)
        elif (at := chooser.randrange(i + 1)) < count:
            kept[at] = example
    return kept


def weights(store: TokenStore, wanted: Mapping[str, Any]) -> list[float]:
    """Return the weight of each group of a store; [] where an epoch has each example once.

    Raises:
        ConfigError: as `factors`, or the store does not know its groups.
    """
    names = store.group_names
    if wanted and not names:
        raise ConfigError(
            "data.weights: the run's token store does not know the sources of its examples: "
            "remove its folder store to have it made again"
        )
    found = factors(names, wanted)
    if len(names) > 1:
        counts = np.bincount(store.groups, minlength=len(names)).tolist()
        for line in describe(names, counts, found):
            logging.getLogger("summarizer").info("%s", line)
    return found if wanted else []


def describe(names: Sequence[str], counts: Sequence[int], weights: Sequence[float]) -> list[str]:
    """Return a line for each group: its share of the examples drawn, and how many it has."""
    drawn = [count * weight for count, weight in zip(counts, weights, strict=True)]
    order = sorted(range(len(names)), key=lambda i: -drawn[i])
    total = max(sum(drawn), 1e-9)
    return [
        f"{drawn[i] / total:6.1%}  {names[i]}: {drawn[i]:,.0f} of {counts[i]:,} an epoch"
        for i in order
    ]
