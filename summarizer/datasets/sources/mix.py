"""Several SPECs by weight: `mix:0.7*a.jsonl+0.3*docstrings`; `,stop=last` before the colon repeats.

The next example always comes from the part that is furthest behind its share. After any number of
examples, no part is a whole example ahead of its share. Nothing is random: equal SPECs give equal
orders.

The option `stop` says what happens when a part ends before the others:

- `stop=first` (the default): the mix ends. Each example occurs at most once, and the remaining
  examples of other parts are not read. Use it for evaluation, and for parts whose sizes are about
  proportional to the weights.
- `stop=last`: the part starts again. The mix ends when each part was read completely at least
  once. Each example occurs at least once, and those of small parts with large weights occur often.
- `stop=each`: the mix goes on with the other parts. Each example occurs exactly once, and the
  shares hold until the first part ends. `data.weights` then sets how often each source is drawn.

An example without a source gets the name of its part's file, up to the first point, as its source.

Each part is split on its own: `train` mixes the training examples of the parts, so that no test
example of a part is in training. A part without an example in a split is left out with a warning.
"""

import dataclasses
import itertools
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from summarizer.datasets import spec as specs
from summarizer.datasets.sources._splits import check_split
from summarizer.errors import ConfigError, SummarizerError
from summarizer.types import Example

LOG = logging.getLogger("summarizer")

_NEXT_PART = re.compile(r"\+(?=[-+]?(?:[0-9.]+(?:e[-+]?[0-9]+)?)\*)", re.IGNORECASE)
_FORM = "write mix:0.7*a.jsonl+0.3*b.jsonl"


@dataclass(frozen=True)
class Options:
    """Options of a mix.

    Attributes:
        parts: the SPECs with their weights, `0.7*a.jsonl+0.3*docstrings`; any sum of weights.
        stop: when the mix ends: first, last or each.
        skip_bad: skip and count unusable records of all parts.
    """

    parts: str
    stop: str = "first"
    skip_bad: bool = False

    def __post_init__(self) -> None:
        """Refuse parts that cannot be mixed."""
        if self.stop not in ("first", "last", "each"):
            raise ValueError(f"stop={self.stop}: must be first, last or each")
        by_typed: dict[bool, str] = {}
        for _, spec in self.weighted():
            try:
                by_typed[specs.has_type(specs.parse(spec))] = spec
            except SummarizerError as error:
                hint = f"; each part begins with its weight: {_FORM}" if "+" in spec else ""
                raise type(error)(f"mix: {error}{hint}") from None
        if len(by_typed) == 2:
            raise ValueError(
                f"{by_typed[False]!r} has no type, but {by_typed[True]!r} has one: add "
                ",type=headline, or another type, to each part"
            )

    def weighted(self) -> list[tuple[float, str]]:
        """Return the parts as (weight, SPEC).

        Raises:
            ConfigError: a weight is missing or not above 0, or a part is missing or a mix.
        """
        return [_weighted(part) for part in _NEXT_PART.split(self.parts)]


def _weighted(part: str) -> tuple[float, str]:
    number, _, spec = part.partition("*")
    try:
        weight = float(number)
    except ValueError:
        raise ConfigError(f"mix: {part!r} has no weight; {_FORM}") from None
    if not 0 < weight < float("inf"):
        raise ConfigError(f"mix: the weight {number} of {spec!r} must be above 0 and finite")
    if not spec:
        raise ConfigError(f"mix: nothing follows the weight {number}; {_FORM}")
    if re.match("mix[,:]", spec):
        raise ConfigError(
            f"mix: {spec!r} is itself a mix; nested mixes are not supported, list all parts in one"
        )
    return weight, spec


@dataclass(eq=False)
class _Part:
    """A part while the mix is read.

    Attributes:
        spec: what it reads.
        share: of all examples, 0 to 1.
        reader: yields its examples again and again, None at each end.
        taken: number of examples read.
        ended: whether it was read completely at least once.
    """

    spec: str
    share: float
    reader: Iterator[Example | None]
    taken: int = 0
    ended: bool = False


def examples(options: Options, split: str = "all") -> Iterator[Example]:
    """Yield the examples of a split, mixed; ids are NUMBER:ID, with the part's number from 1.

    An example that is repeated has the id NUMBER:ID#2, NUMBER:ID#3, and so on.

    Raises:
        SummarizerError: a part cannot be read.
    """
    check_split(split)
    parts: list[_Part] = []
    for number, (weight, spec) in enumerate(options.weighted(), 1):
        reader = _rounds(number, spec, split, options.skip_bad)
        if (first := next(reader)) is None:
            LOG.warning("mix: %s has no example of split %s and is left out", spec, split)
            continue
        parts.append(_Part(spec, weight, itertools.chain([first], reader)))
    total = sum(part.share for part in parts)
    for part in parts:
        part.share /= total
    if parts:
        yield from _take_turns(parts, options.stop)


def _rounds(number: int, spec: str, split: str, skip_bad: bool) -> Iterator[Example | None]:
    """Yield a part's examples again and again, None at each end."""
    name = _source_name(spec)
    for round_number in itertools.count(1):
        mark = f"#{round_number}" if round_number > 1 else ""
        for example in specs.examples(spec, split, skip_bad=skip_bad):
            id, source = f"{number}:{example.id}{mark}", example.source or name
            yield dataclasses.replace(example, id=id, source=source)
        yield None


def _take_turns(parts: list[_Part], stop: str) -> Iterator[Example]:
    """Yield from the part that is furthest behind its share, until `stop` ends the mix."""
    active = list(parts)
    for count in itertools.count(1):
        part = _furthest_behind(active, count)
        while (example := next(part.reader)) is None:
            part.ended = True
            if stop == "first" or all(p.ended for p in parts):
                message = "mix: ends with %s, after %d of its examples and %d in all"
                LOG.info(message, part.spec, part.taken, count - 1)
                return
            if stop == "each":
                active.remove(part)
                part = _furthest_behind(active, count)
        part.taken += 1
        yield example


def _furthest_behind(parts: list[_Part], count: int) -> _Part:
    """Return the part whose share of `count` examples exceeds the examples taken the most."""
    return max(parts, key=lambda part: count * part.share - part.taken)


def _source_name(spec: str) -> str:
    """Return the name of the file that a SPEC reads, up to the first point, or of the source."""
    part = specs.parse(spec)
    path = part.options.get("path")
    return Path(path).name.partition(".")[0] if path else part.name
