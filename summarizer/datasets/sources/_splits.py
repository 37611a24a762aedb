"""Say which split an example is in: a pure function of its id, the same on every machine."""

import hashlib

from summarizer.errors import ConfigError, did_you_mean

SPLITS = ("all", "train", "validation", "test")


def split_of(id: str) -> str:
    """Return the split of an id: 90% train, 5% validation, 5% test, by SHA-256."""
    digest = hashlib.sha256(id.encode("utf-8", "surrogatepass")).digest()
    place = int.from_bytes(digest[:8], "big") % 100
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
