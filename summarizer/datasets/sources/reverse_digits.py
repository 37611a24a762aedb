"""A toy task that any working model learns in minutes: write the digits in reverse order."""

from collections.abc import Iterator
from dataclasses import dataclass

from summarizer.datasets.sources._splits import check_split, in_split
from summarizer.types import Example

_WORD = 2**64


@dataclass(frozen=True)
class Options:
    """Options of the generated examples.

    Attributes:
        count: number of examples in all splits together.
        low: digits of the shortest document.
        high: digits of the longest document.
        seed: seed of the digits.
    """

    count: int = 20_000
    low: int = 3
    high: int = 10
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse impossible bounds."""
        if self.count < 1:
            raise ValueError(f"count={self.count}: must be at least 1")
        if not 1 <= self.low <= self.high:
            raise ValueError(f"low={self.low}, high={self.high}: must be 1 <= low <= high")


def examples(options: Options, split: str = "all") -> Iterator[Example]:
    """Yield the examples of a split, such as the document "3 1 4" with the summary "4 1 3".

    Equal digits are always in the same split, so that no test document is in training.

    Raises:
        ConfigError: an unknown split.
    """
    check_split(split)
    for index in range(options.count):
        text = digits(options, index)
        if in_split(text, split):
            yield Example(f"{options.seed}-{index}", " ".join(text), " ".join(reversed(text)))


def digits(options: Options, index: int) -> str:
    """Return the digits of an example, a function of seed and index in integer arithmetic."""
    state = _mix(_mix(options.seed % _WORD) + index)
    length = options.low + state % (options.high - options.low + 1)
    chars = []
    for _ in range(length):
        state = _mix(state)
        chars.append(str((state >> 32) % 10))
    return "".join(chars)


def _mix(value: int) -> int:
    """Scatter 64 bits (SplitMix64; Steele, Lea, Flood 2014, "Fast splittable PRNGs", figure 17)."""
    value = (value + 0x9E3779B97F4A7C15) % _WORD
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) % _WORD
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) % _WORD
    return value ^ (value >> 31)
