"""Say which split and shard an example is in: a pure function of its id, on every machine.

Split and shard look at different bytes of the hash, so that each split is sharded evenly.
"""

import hashlib
import re

from summarizer.errors import ConfigError, did_you_mean

SPLITS = ("all", "train", "validation", "test")


def split_of(id: str) -> str:
    """Return the split of an id: 90% train, 5% validation, 5% test, by SHA-256."""
    place = int.from_bytes(_digest(id)[:8], "big") % 100
    return "train" if place < 90 else "validation" if place < 95 else "test"


def check_split(split: str) -> None:
    """Refuse a split that does not exist.

    Raises:
        ConfigError: names the nearest.
    """
    if split not in SPLITS:
        raise ConfigError(f"unknown split {split!r}: {did_you_mean(split, SPLITS)}")


def in_split(id: str, split: str) -> bool:
    """Say whether an example belongs to a split; `all` has every one."""
    return split == "all" or split_of(id) == split


def read_shard(text: str) -> tuple[int, int]:
    """Return (index, count) of a shard written as `0/4`.

    Raises:
        ConfigError: it is written otherwise, or there is no such shard.
    """
    match = re.fullmatch(r"([0-9]+)/([0-9]+)", text)
    index, count = (int(match[1]), int(match[2])) if match else (0, 0)
    if index >= count:
        wanted = "must be INDEX/COUNT, the index from 0 to COUNT - 1"
        raise ConfigError(f"shard={text}: {wanted}, such as 0/4")
    return index, count


def in_shard(id: str, index: int, count: int) -> bool:
    """Say whether an example belongs to a shard."""
    return int.from_bytes(_digest(id)[8:16], "big") % count == index


def _digest(id: str) -> bytes:
    return hashlib.sha256(id.encode("utf-8", "surrogatepass")).digest()
