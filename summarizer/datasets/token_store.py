"""Pieces of a whole data set on disk, read through the page cache: flat memory at any size.

A store is a folder: `pieces.bin`, all ids one after another in the smallest type that holds them;
`offsets.bin`, int64 [2n + 1], where document 0, summary 0, document 1, … begin; `groups.bin`,
uint16 [n], the group of each pair, where groups are known; `store.json`.
"""

import json
import mmap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from summarizer.errors import InputError
from summarizer.storage import atomic_directory
from summarizer.vocabulary.special_tokens import START


class Groups(Protocol):
    """The groups of the pairs of a store; see `groups.Recorder`."""

    names: list[str]
    starts: list[int]
    rows: Any


class TokenStore(NamedTuple):
    """A store opened for reading.

    Attributes:
        pieces: uint16 or int32 [total], memory-mapped.
        offsets: int64 [2n + 1], memory-mapped.
        about: what `store.json` says.
        groups: uint16 [n], memory-mapped, each pair's place in `group_names`; None: not known.
    """

    tokens: Any
    offsets: Any
    metadata: dict[str, Any]
    groups: Any = None

    @property
    def size(self) -> int:
        """N, the vocabulary's; ids from there on are words of one document."""
        return int(self.metadata.get("size", 1 << 31))  # older stores have no such ids

    @property
    def rows(self) -> int:
        """Number of pairs."""
        return (len(self.offsets) - 1) // 2

    @property
    def group_names(self) -> list[str]:
        """Type and source of each group, `Example.group`; [] where groups are not known."""
        return list(self.metadata.get("groups", []))

    def starts(self, rows: Any) -> Any:
        """Return the piece that the summary of each row begins with, int32, shaped as `rows`."""
        starts = self.metadata.get("starts")
        if self.groups is None or not starts:
            return np.full(np.shape(rows), START, np.int32)
        return np.asarray(starts, np.int32)[self.groups[rows]]

    def lengths(self) -> Any:
        """Return the pieces of each document and summary, int32 [n, 2]."""
        out = np.empty((self.rows, 2), np.int32)
        for begin in range(0, self.rows, 1 << 16):  # in parts: the differences are int64
            end = min(begin + (1 << 16), self.rows)
            out[begin:end] = np.diff(self.offsets[2 * begin : 2 * end + 1]).reshape(-1, 2)
            self.release()
        return out

    def pair(self, row: int) -> tuple[Any, Any]:
        """Return the ids of one document and its summary."""
        a, b, c = self.offsets[2 * row : 2 * row + 3]
        return self.tokens[a:b], self.tokens[b:c]

    def release(self) -> None:
        """Let go of the pages read so far: they stay in the system's cache, not in this process."""
        if hasattr(mmap, "MADV_DONTNEED"):
            for mapped in (self.tokens, self.offsets):
                mapped.base.madvise(mmap.MADV_DONTNEED)


def write_store(folder: Path, pairs: Iterable[tuple[Sequence[int], Sequence[int]]], size: int,
          about: dict[str, Any], extended: bool = False,
          groups: Groups | None = None) -> TokenStore:  # fmt: skip
    """Write pairs of (document ids, summary ids) as they come; the folder appears when whole.

    Args:
        folder: replaced if it exists.
        pairs: ids below `size`, and from there on where `extended`.
        size: N, the vocabulary's.
        about: kept in `store.json`; what made this store, to know it again.
        extended: a document's own words have ids from `size` on.
        groups: holds the groups of all pairs when the last pair was yielded; None: none are kept.

    Raises:
        InputError: there are no pairs.
    """
    dtype = np.uint16 if size <= 1 << 16 and not extended else np.int32
    with atomic_directory(folder) as aside:
        rows, total = _fill(aside, pairs, dtype)
        if not rows:
            raise InputError(f"{about.get('spec', 'the data')}: no pairs of document and summary")
        about = {**about, "rows": rows, "pieces": total, "size": size}
        about["dtype"] = np.dtype(dtype).name
        if groups:
            about |= {"groups": groups.names, "starts": groups.starts}
            np.asarray(groups.rows, np.uint16).tofile(aside / "groups.bin")
        (aside / "store.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return read_store(folder)


def in_memory_store(
    pairs: Iterable[tuple[Sequence[int], Sequence[int]]], size: int, starts: Sequence[int] = ()
) -> TokenStore:
    """Return a store of a few pairs in memory; see `write`.

    `starts` gives the piece that each summary begins with; empty: START.
    """
    runs = [np.asarray(ids, np.int32) for pair in pairs for ids in pair]
    offsets = np.cumsum([0, *map(len, runs)], dtype=np.int64)
    pieces, about = np.concatenate([np.zeros(0, np.int32), *runs]), {"size": size}
    if not starts:
        return TokenStore(pieces, offsets, about)
    kinds, groups = np.unique(starts, return_inverse=True)
    return TokenStore(
        pieces, offsets, {**about, "starts": kinds.tolist()}, groups.astype(np.uint16)
    )


def _fill(folder: Path, pairs: Iterable[tuple[Sequence[int], Sequence[int]]], dtype: Any) -> Any:
    """Write `pieces.bin` and `offsets.bin`; return the number of pairs and of pieces."""
    total = rows = 0
    with open(folder / "pieces.bin", "wb") as pieces, open(folder / "offsets.bin", "wb") as offsets:
        offsets.write(np.int64(0).tobytes())
        for pair in pairs:
            for ids in pair:
                pieces.write(np.asarray(ids, dtype).tobytes())
                total += len(ids)
                offsets.write(np.int64(total).tobytes())
            rows += 1
    return rows, total


def read_store(folder: Path) -> TokenStore:
    """Open a store.

    Raises:
        InputError: missing or cut.
    """
    try:
        about = json.loads((folder / "store.json").read_text(encoding="utf-8"))
        offsets = np.memmap(folder / "offsets.bin", np.int64, "r")
        pieces = np.memmap(folder / "pieces.bin", about["dtype"], "r")
        groups = None
        if "groups" in about:
            groups = np.memmap(folder / "groups.bin", np.uint16, "r")
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{folder}: not a token store ({error})") from None
    cut = groups is not None and len(groups) != about["rows"]
    if cut or len(offsets) != 2 * about["rows"] + 1 or offsets[-1] != len(pieces):
        raise InputError(f"{folder}: the token store is cut; remove it to have it made again")
    return TokenStore(pieces, offsets, about, groups)
