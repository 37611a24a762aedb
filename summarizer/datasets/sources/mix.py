"""Several SPECs by weight: `mix:0.7*a.jsonl+0.3*docstrings`; `,stop=last` before the colon repeats.

Examples take turns so that after any number of them no part is a whole example ahead of its share:
the turn goes to the part that is furthest behind. Nothing is random; equal SPECs give equal orders.

The shares hold for the whole, so something must give when a part ends before the others:

- `stop=first` (the default) ends there. Each example comes at most once, and what the others still
  hold is left: right for evaluation, and for parts of about the sizes that the weights ask for.
- `stop=last` begins that part again, and ends when every part was read to its end at least once:
  each example comes at least once, those of small parts with large weights often.
- `stop=each` goes on with the other parts: each example comes exactly once, and the shares hold
  until the first part ends. `data.weights` then says how often each source is drawn.

An example without a source gets the name of its part's file, up to the first point, as its source.

The split is each part's own: `train` mixes the parts' training examples, so whatever a part calls
test is never trained on. A part without an example in a split is left out of it, with a warning.
"""

import dataclasses
import itertools
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from summarizer.datasets import spec as specs
from summarizer.datasets.sources._splits import check_split
from summarizer.errors import ConfigError, SummarizerError
from summarizer.types import Example

_NEXT = re.compile(r"\+(?=[-+]?(?:[0-9.]+(?:e[-+]?[0-9]+)?)\*)", re.IGNORECASE)
_FORM = "write mix:0.7*a.jsonl+0.3*b.jsonl"


@dataclass(frozen=True)
class Options:
    """What is mixed.

    Attributes:
        parts: the SPECs with their weights, `0.7*a.jsonl+0.3*docstrings`; their sum may be any.
        stop: when it ends: first, last or each.
        skip_bad: count what cannot be used, in any part, and go on.
    """

    parts: str
    stop: str = "first"
    skip_bad: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be mixed."""
        if self.stop not in ("first", "last", "each"):
            raise ValueError(f"stop={self.stop}: must be first, last or each")
        typed: dict[bool, str] = {}
        for _, spec in self.weighted():
            try:
                typed[specs.typed(specs.parse(spec))] = spec
            except SummarizerError as error:
                hint = f"; a part begins with its weight: {_FORM}" if "+" in spec else ""
                raise type(error)(f"mix: {error}{hint}") from None
        if len(typed) == 2:
            raise ValueError(
                f"{typed[False]!r} has no type, and {typed[True]!r} has: add ,type=headline, "
                "or another type, to each part"
            )

    def weighted(self) -> list[tuple[float, str]]:
        """Return the parts, (weight, SPEC) each.

        Raises:
            ConfigError: a weight is missing or not above 0, or a part is missing or a mix.
        """
        return [_weighted(part) for part in _NEXT.split(self.parts)]


def _weighted(part: str) -> tuple[float, str]:
    number, _, spec = part.partition("*")
    try:
        weight = float(number)
    except ValueError:
        raise ConfigError(f"mix: {part!r} has no weight; {_FORM}") from None
    if not 0 < weight < float("inf"):
        raise ConfigError(f"mix: the weight {number} of {spec!r} must be above 0, and finite")
    if not spec:
        raise ConfigError(f"mix: nothing follows the weight {number}; {_FORM}")
    if re.match("mix[,:]", spec):
        raise ConfigError(f"mix: {spec!r} is a mix in a mix; write all parts in one")
    return weight, spec


def examples(options: Options, split: str = "all") -> Iterator[Example]:
    """Yield the examples of a split, mixed; ids are NUMBER:ID, the part's number from 1.

    An example that comes again has the id NUMBER:ID#2, and so on.

    Raises:
        SummarizerError: a part cannot be read.
    """
    check_split(split)
    weights, names, readers = [], [], []
    for number, (weight, spec) in enumerate(options.weighted(), 1):
        reader = _rounds(number, spec, split, options.skip_bad)
        if (first := next(reader)) is None:
            _log().warning("mix: %s has no example of split %s and is left out", spec, split)
            continue
        weights.append(weight)
        names.append(spec)
        readers.append(itertools.chain([first], reader))
    if readers:
        yield from _turns(weights, names, readers, options.stop)


def _rounds(number: int, spec: str, split: str, skip_bad: bool) -> Iterator[Example | None]:
    """Yield a part's examples again and again, None at each end."""
    name = _name(spec)
    for again in itertools.count(1):
        mark = f"#{again}" if again > 1 else ""
        for example in specs.examples(spec, split, skip_bad=skip_bad):
            id, source = f"{number}:{example.id}{mark}", example.source or name
            yield dataclasses.replace(example, id=id, source=source)
        yield None


def _turns(
    weights: list[float], names: list[str], readers: Sequence[Iterator[Example | None]], stop: str
) -> Iterator[Example]:
    """Yield from the reader that is furthest behind its share, until `stop` ends it."""
    shares = [weight / sum(weights) for weight in weights]
    taken = [0] * len(readers)
    ended: set[int] = set()
    for count in itertools.count(1):
        going = [i for i in range(len(readers)) if stop != "each" or i not in ended]
        at = max(going, key=lambda i: count * shares[i] - taken[i])
        while (example := next(readers[at])) is None:
            ended.add(at)
            if stop == "first" or len(ended) == len(readers):
                text = "mix: ends with %s, after %d of its examples and %d in all"
                _log().info(text, names[at], taken[at], count - 1)
                return
            if stop == "each":
                going.remove(at)
                at = max(going, key=lambda i: count * shares[i] - taken[i])
        taken[at] += 1
        yield example


def _name(spec: str) -> str:
    """Return the name of what a SPEC reads: of a file up to the first point, or of the source."""
    part = specs.parse(spec)
    path = part.options.get("path")
    return Path(path).name.partition(".")[0] if path else part.name


def _log() -> logging.Logger:
    return logging.getLogger("summarizer")
