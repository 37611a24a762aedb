"""What is known of a type of summaries, and what a requested length means for it."""

from dataclasses import dataclass
from typing import NamedTuple

from summarizer.errors import InputError, did_you_mean

LENGTHS = ("short", "medium", "long")
MAX_LENGTH = 800  # for a number; a summary of that many words may have a fifth more

Length = str | int | None
"""`short`, `medium`, `long`, a number, or None: the model or the document decides."""


class SummaryType(NamedTuple):
    """A type of summaries.

    Attributes:
        name: name in data, options and output.
        help: what a summary of the type is.
        unit: what `lengths` count: "words", "sentences", "points" or "phrases".
        lengths: the maxima for `short`, `medium` and `long`.
        written: whether the decoder writes it; otherwise its parts are taken from the document.
        sentences_per_part: number of sentences of the document for each part of an extract whose
            length nobody requests; the extract stays within `lengths`.
    """

    name: str
    help: str
    unit: str
    lengths: tuple[int, int, int]
    written: bool = True
    sentences_per_part: int = 0


@dataclass(frozen=True)
class Limit:
    """The requested length of a summary.

    Attributes:
        count: the maximum, or the number to meet.
        unit: what it counts.
        exact: whether `count` is to be met, not only to be the maximum.
    """

    count: int
    unit: str
    exact: bool


class Part(NamedTuple):
    """A part of a document that an extract consists of.

    Attributes:
        sentence: index of the sentence.
        begin: offset of the first character in the sentence.
        end: offset behind the last character.
    """

    sentence: int
    begin: int
    end: int


def parse_length(value: str | int) -> str | int:
    """Return a length as a name or a number.

    Raises:
        InputError: it is neither.
    """
    if value in LENGTHS:
        return value
    if str(value).isdecimal():
        if 1 <= int(value) <= MAX_LENGTH:
            return int(value)
    elif not isinstance(value, int):
        raise InputError(
            f"unknown length {value!r}: {did_you_mean(value, LENGTHS)}, or a number of words"
        )
    raise InputError(f"length {value}: must be from 1 to {MAX_LENGTH}")


def limit_of(kind: SummaryType, length: Length) -> Limit | None:
    """Return what a requested length means for a type; None: no length is requested.

    A number counts words of written types, and parts of extracts.
    """
    if length is None:
        return None
    length = parse_length(length)
    if isinstance(length, int):
        return Limit(length, "words" if kind.written else kind.unit, exact=True)
    return Limit(kind.lengths[LENGTHS.index(length)], kind.unit, exact=False)


def part_count(kind: SummaryType, limit: Limit | None, sentences: int) -> int:
    """Return the number of parts of an extract of a document with so many sentences."""
    if limit:
        return limit.count
    fewest, _, most = kind.lengths
    return min(most, max(fewest, sentences // kind.sentences_per_part))
