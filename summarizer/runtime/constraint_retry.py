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

from summarizer.decoding.graph_inputs import BOUNDARY, UNLIMITED
from summarizer.errors import InputError
from summarizer.runtime.decoding_plan import DecodingPlan
from summarizer.runtime.faithfulness import FaithfulnessFilter
from summarizer.runtime.phrases import Phrases, contains_phrase, plain
from summarizer.types import DecodingOptions, Hypothesis
from summarizer.vocabulary import UNKNOWN

Phrase = tuple[int, ...]
MAX_RETRIES = 2  # summaries with unsupported claims before `strict` bars more
ROOM_GROWTH = 8  # times the pieces of the plan, at most, that the last word may need to end


@dataclass(frozen=True)
class DocumentConstraints:
    """What the graph is asked for one document, in pieces.

    Attributes:
        text: the document.
        prefix: what the summary begins with.
        forced: phrases that it holds.
        banned: phrases that it does not hold.
        spaced: whether length is counted in words, not in characters.
        shortest: words.
        longest: words.
        room: pieces at most, the end included.
        block: whether a sequence of pieces may not come twice, as the model's settings say.
        doubts: how many searches found a number or name that the document does not hold.
    """

    text: str
    prefix: Phrase
    forced: tuple[Phrase, ...]
    banned: frozenset[Phrase]
    spaced: bool
    shortest: int
    longest: int
    room: int
    block: bool = True
    doubts: int = 0

    @property
    def active(self) -> bool:
        """Whether anything is asked."""
        lengths = self.shortest > 0 or self.longest < UNLIMITED
        return bool(self.prefix or self.forced or self.banned or lengths)

    @property
    def whole(self) -> bool:
        """Whether only whole words may be written any more."""
        return self.doubts > 2 * MAX_RETRIES


class ConstraintChecker:
    """Makes demands of wishes, and finds which summaries keep them."""

    def __init__(
        self, wishes: DecodingOptions, plan: DecodingPlan, phrases: Phrases, length: Callable[[str], int],
        strict: FaithfulnessFilter | None = None,
    ):  # fmt: skip
        """Take what is asked; `strict`: no number or name that a document does not hold."""
        self._wishes, self._plan, self._phrases, self._length = wishes, plan, phrases, length
        self._prefix = " ".join((wishes.prefix or "").split())
        self._strict = strict

    def demand(self, document: str) -> DocumentConstraints:
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
                   if not contains_phrase(self._prefix, text)]  # fmt: skip
        pieces = sum(i != BOUNDARY for phrase in (prefix, *outside) for i in phrase)
        if pieces + 1 > self._plan.most:
            raise InputError(
                f"{'must-include' if forced else 'prefix'}: what is asked for has {pieces} pieces, "
                f"a summary has at most {self._plan.most - 1}"
            )
        banned = (
            self._phrases.spellings(" ".join(p.split()), document) for p in wishes.must_not_include
        )
        spaced = self._length(document) == len(document.split())
        room = self._plan.maximum if pieces < self._plan.maximum else self._plan.most
        return DocumentConstraints(
            document, prefix, tuple(forced), frozenset().union(*banned), spaced,
            self._plan.shortest, self._plan.longest, room,
        )  # fmt: skip

    def allowed(self, demands: Sequence[DocumentConstraints]) -> dict[str, Any]:
        """Return what the generator may write for each document, as an input of the graph."""
        if self._strict is None:
            return {}
        rows = [self._strict.allowed(self._held(d), d.whole) for d in demands]
        return {"allowed": np.stack(rows)}

    def _held(self, demand: DocumentConstraints) -> str:
        """What a summary may claim: what the document says, and what the user wants to be said."""
        return " ".join([demand.text, self._prefix, *self._wishes.must_include])

    def spell_out(self, text: str, prefix: str) -> str:
        """Return a summary with the spelling of what was asked for; `prefix`: as it came out."""
        if self._prefix and plain(text[: len(prefix)]) == plain(prefix):
            text = self._prefix + text[len(prefix) :]
        for phrase in (p for p in self._wishes.must_include if p != p.lower()):
            words = r"\s+".join(map(re.escape, phrase.split()))
            found = re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
            text = found.sub(" ".join(phrase.split()).replace("\\", r"\\"), text)
        return text

    def broken(self, found: Hypothesis, demand: DocumentConstraints) -> DocumentConstraints | None:
        """Return a stricter demand if a summary does not keep what was asked; None if it does.

        Raises:
            InputError: no stricter one would help.
        """
        wishes, text = self._wishes, found.text
        banned = [phrase for phrase in wishes.must_not_include if contains_phrase(text, phrase)]
        if banned:
            more = {self._phrases.written(found.ids, p, demand.text) for p in banned}
            return dataclasses.replace(demand, banned=demand.banned | more)
        if self._strict and (claims := self._strict.unsupported(text, self._held(demand))):
            return self._stricter(found, demand, [claim.text for claim in claims])
        if demand.doubts and not any(map(str.isalnum, text)):  # nothing was left to say
            return dataclasses.replace(demand, doubts=demand.doubts + 1)
        count = self._length(text)
        if wishes.max_words and count > wishes.max_words:
            longest = min(demand.longest - 1, demand.longest * wishes.max_words // count)
            return dataclasses.replace(demand, longest=longest)
        if wishes.min_words and count < wishes.min_words:
            shortest = demand.shortest + wishes.min_words - count
            return dataclasses.replace(demand, shortest=shortest)
        full = len(found.ids) + 1 >= demand.room
        most = ROOM_GROWTH * self._plan.maximum  # what does not end by then is no word that is cut
        if full and demand.room < most and (wishes.max_words or wishes.min_words):
            # There was no room for more, and the last word may be cut: so many words, but whole.
            longest = min(demand.longest, max(count, demand.shortest))
            return dataclasses.replace(demand, room=min(2 * demand.room, most), longest=longest)
        missing = [phrase for phrase in wishes.must_include if not contains_phrase(text, phrase)]
        if missing:
            raise InputError(f"must-include {missing[0]!r}: cannot be written by this model")
        if not plain(text).startswith(plain(self._prefix)):
            raise InputError(f"prefix {self._prefix!r}: cannot be written by this model")
        return None

    def _stricter(
        self, found: Hypothesis, demand: DocumentConstraints, claims: Sequence[str]
    ) -> DocumentConstraints:
        """Ban what a summary claims and the document does not hold; at last all that could."""
        text, doubts = demand.text, demand.doubts + 1
        more = {self._phrases.written(found.ids, claim, text) for claim in claims}
        more = more.union(*(self._phrases.spellings(claim, text) for claim in claims))
        stricter = dataclasses.replace(demand, doubts=doubts)
        if self._strict and doubts > MAX_RETRIES:
            needed = {i for phrase in (demand.prefix, *demand.forced) for i in phrase}
            more |= {(i,) for i in self._strict.barred(text, stricter.whole) - needed}
        return dataclasses.replace(stricter, banned=demand.banned | more)


def merge(one: DocumentConstraints, other: DocumentConstraints) -> DocumentConstraints:
    """Return what both demand of the same document."""
    return dataclasses.replace(
        one,
        banned=one.banned | other.banned,
        shortest=max(one.shortest, other.shortest),
        longest=min(one.longest, other.longest),
        room=max(one.room, other.room),
        doubts=max(one.doubts, other.doubts),
        block=one.block and other.block,
    )


def constraint_inputs(demands: Sequence[DocumentConstraints], phrases: Phrases) -> dict[str, Any]:
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
