"""The split and the shard of an example: pure functions of its id, equal on every machine.

Split and shard use different bytes of the hash, so that each split is sharded evenly.
"""

import hashlib
import re

from summarizer.errors import ConfigError, did_you_mean

SPLITS = ("all", "train", "validation", "test")


def split_of(id: str) -> str:
    """Return the split of an id: 90% train, 5% validation, 5% test, by SHA-256."""
    percentile = int.from_bytes(_digest(id)[:8], "big") % 100
    return "train" if percentile < 90 else "validation" if percentile < 95 else "test"


def check_split(split: str) -> None:
    """Refuse an unknown split.

    Raises:
        ConfigError: names the nearest split.
    """
    if split not in SPLITS:
        raise ConfigError(f"unknown split {split!r}: {did_you_mean(split, SPLITS)}")


def in_split(id: str, split: str) -> bool:
    """Return whether an id belongs to a split; each id belongs to `all`."""
    return split == "all" or split_of(id) == split


def parse_shard(text: str) -> tuple[int, int]:
    """Return (index, count) of a shard such as `0/4`.

    Raises:
        ConfigError: the text has another form, or the index is not below the count.
    """
    match = re.fullmatch(r"([0-9]+)/([0-9]+)", text)
    index, count = (int(match[1]), int(match[2])) if match else (0, 0)
    if index >= count:
        raise ConfigError(
            f"shard={text}: must be INDEX/COUNT, the index from 0 to COUNT - 1, such as 0/4"
        )
    return index, count


def in_shard(id: str, index: int, count: int) -> bool:
    """Return whether an id belongs to a shard."""
    return int.from_bytes(_digest(id)[8:16], "big") % count == index


def _digest(id: str) -> bytes:
    return hashlib.sha256(id.encode("utf-8", "surrogatepass")).digest()
