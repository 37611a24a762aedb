"""What is asked of the summary of one document, and whether a summary keeps it.

The graph sees pieces, a user sees text: so each summary found is read again, and the search is
repeated with what it did not know.
"""

import dataclasses
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from summarizer.decoding.inputs import BOUNDARY, UNLIMITED
from summarizer.errors import InputError
from summarizer.runtime.phrases import Phrases, holds, plain
from summarizer.runtime.plan import Plan
from summarizer.types import Hypothesis, Wishes
from summarizer.vocabulary import UNKNOWN

Phrase = tuple[int, ...]


@dataclass(frozen=True)
class Demand:
    """What the graph is asked for one document, in pieces.

    Attributes:
        text: the document.
        prefix: what the summary begins with.
        forced: phrases that it holds.
        banned: phrases that it does not hold.
        spaced: whether length is counted in words, not in characters.
        shortest: words.
        longest: words.
        block: whether a sequence of pieces may not come twice, as the model's settings say.
    """

    text: str
    prefix: Phrase
    forced: tuple[Phrase, ...]
    banned: frozenset[Phrase]
    spaced: bool
    shortest: int
    longest: int
    block: bool = True

    @property
    def active(self) -> bool:
        """Whether anything is asked."""
        lengths = self.shortest > 0 or self.longest < UNLIMITED
        return bool(self.prefix or self.forced or self.banned or lengths)


class Promises:
    """Makes demands of wishes, and finds which summaries keep them."""

    def __init__(self, wishes: Wishes, plan: Plan, phrases: Phrases, length: Callable[[str], int]):
        self._wishes, self._plan, self._phrases, self._length = wishes, plan, phrases, length
        self._prefix = " ".join((wishes.prefix or "").split())

    def demand(self, document: str) -> Demand:
        """Return what is asked for a document.

        Raises:
            InputError: what is to be written cannot be, or is too long.
        """
        wishes, encode = self._wishes, self._phrases.encode
        forced = dict.fromkeys(encode(" ".join(p.split()), document) for p in wishes.must_include)
        prefix = encode(self._prefix, document) if self._prefix else ()
        for name, phrase, text in (
            *(
                ("must-include", p, text)
                for p, text in zip(forced, wishes.must_include, strict=False)
            ),
            ("prefix", prefix, self._prefix),
        ):
            if UNKNOWN in phrase:
                raise InputError(
                    f"{name} {text!r}: neither the model's vocabulary nor the document has it"
                )
        outside = [p for p, text in zip(forced, wishes.must_include, strict=False)
                   if not holds(self._prefix, text)]  # fmt: skip
        pieces = sum(i != BOUNDARY for phrase in (prefix, *outside) for i in phrase)
        if pieces + 1 > self._plan.maximum:
            raise InputError(
                f"{'must-include' if forced else 'prefix'}: what is asked for has {pieces} pieces, "
                f"a summary has at most {self._plan.maximum - 1}"
            )
        banned = (
            self._phrases.spellings(" ".join(p.split()), document) for p in wishes.must_not_include
        )
        spaced = self._length(document) == len(document.split())
        return Demand(
            document, prefix, tuple(forced), frozenset().union(*banned), spaced,
            self._plan.shortest, self._plan.longest,
        )  # fmt: skip

    def spelled(self, text: str, prefix: str) -> str:
        """Return a summary with the spelling of what was asked for; `prefix`: as it came out."""
        if self._prefix and plain(text[: len(prefix)]) == plain(prefix):
            text = self._prefix + text[len(prefix) :]
        for phrase in (p for p in self._wishes.must_include if p != p.lower()):
            words = r"\s+".join(map(re.escape, phrase.split()))
            found = re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
            text = found.sub(" ".join(phrase.split()).replace("\\", r"\\"), text)
        return text

    def broken(self, found: Hypothesis, demand: Demand) -> Demand | None:
        """Return a stricter demand if a summary does not keep what was asked; None if it does.

        Raises:
            InputError: no stricter one would help.
        """
        wishes, text = self._wishes, found.text
        banned = [phrase for phrase in wishes.must_not_include if holds(text, phrase)]
        if banned:
            more = {self._phrases.written(found.ids, p, demand.text) for p in banned}
            return dataclasses.replace(demand, banned=demand.banned | more)
        count = self._length(text)
        if wishes.max_words and count > wishes.max_words:
            longest = min(demand.longest - 1, demand.longest * wishes.max_words // count)
            return dataclasses.replace(demand, longest=longest)
        if wishes.min_words and count < wishes.min_words:
            shortest = demand.shortest + wishes.min_words - count
            return dataclasses.replace(demand, shortest=shortest)
        missing = [phrase for phrase in wishes.must_include if not holds(text, phrase)]
        if missing:
            raise InputError(f"must-include {missing[0]!r}: cannot be written by this model")
        if not plain(text).startswith(plain(self._prefix)):
            raise InputError(f"prefix {self._prefix!r}: cannot be written by this model")
        return None


def joined(one: Demand, other: Demand) -> Demand:
    """Return what both demand of the same document."""
    return dataclasses.replace(
        one,
        banned=one.banned | other.banned,
        shortest=max(one.shortest, other.shortest),
        longest=min(one.longest, other.longest),
        block=one.block and other.block,
    )


def inputs(demands: Sequence[Demand], phrases: Phrases) -> dict[str, Any]:
    """Return the inputs of the graph for the demands of a batch of documents, by name."""
    if not any(demand.active for demand in demands):
        return {}
    return {
        "constrained": True,
        "prefix": _padded([demand.prefix for demand in demands]),
        "forced": _stacked([demand.forced for demand in demands]),
        "banned": _stacked([sorted(demand.banned) for demand in demands]),
        "begins": phrases.begins,
        "words": np.stack([phrases.words if d.spaced else phrases.characters for d in demands]),
        "shortest": max(demand.shortest for demand in demands),
        "longest": min(demand.longest for demand in demands),
    }


def _padded(rows: Sequence[Phrase], width: int = 1) -> Any:
    """Phrases as int32 [P, L], zeros at their ends."""
    out = np.zeros((len(rows), max([width, *map(len, rows)])), np.int32)
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return out


def _stacked(groups: Sequence[Sequence[Phrase]]) -> Any:
    """Phrases of each document as int32 [B, P, L]; at least one row each, of zeros if need be."""
    count = max([1, *map(len, groups)])
    width = max([1, *(len(phrase) for group in groups for phrase in group)])
    return np.stack([_padded([*g, *[()] * (count - len(g))], width) for g in groups])
