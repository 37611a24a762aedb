"""The token ids of a dataset on disk, memory-mapped: constant memory at any size.

A store is a folder:

- `pieces.bin`: all token ids in one run, in the smallest type that holds them;
- `offsets.bin`: int64 [2n + 1], the begins of document 0, summary 0, document 1, …, and the end;
- `groups.bin`: uint16 [n], the group of each pair, if the groups are known;
- `store.json`: metadata.
"""

import json
import mmap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from summarizer.errors import InputError
from summarizer.storage import atomic_directory
from summarizer.vocabulary.special_tokens import START

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
IdPairs = Iterable[tuple[Sequence[int], Sequence[int]]]


class Groups(Protocol):
    """The groups of the pairs of a store; see `groups.GroupIndex`."""

    names: list[str]
    starts: list[int]
    rows: Any  # anything that NumPy makes uint16 [n] of


class TokenStore(NamedTuple):
    """A store opened for reading.

    Attributes:
        tokens: uint16 or int32 [total], memory-mapped.
        offsets: int64 [2n + 1], memory-mapped.
        metadata: content of `store.json`.
        groups: index of each pair's group in `group_names`, uint16 [n], memory-mapped; None if the
            groups are unknown.
    """

    tokens: npt.NDArray[Any]
    offsets: Int64s
    metadata: dict[str, Any]
    groups: npt.NDArray[np.uint16] | None = None

    @property
    def size(self) -> int:
        """Size of the vocabulary, N; larger ids are words of one document."""
        return int(self.metadata.get("size", 1 << 31))  # older stores have no larger ids

    @property
    def rows(self) -> int:
        """Number of pairs."""
        return (len(self.offsets) - 1) // 2

    @property
    def group_names(self) -> list[str]:
        """`Example.group` of each group; [] if the groups are unknown."""
        return list(self.metadata.get("groups", []))

    def starts(self, rows: Int32s) -> Int32s:
        """Return the token that the summary of each row begins with, int32, shaped as `rows`."""
        starts = self.metadata.get("starts")
        if self.groups is None or not starts:
            return np.full(np.shape(rows), START, np.int32)
        return np.asarray(starts, np.int32)[self.groups[rows]]

    def lengths(self) -> Int32s:
        """Return the number of tokens of each document and summary, int32 [n, 2]."""
        lengths = np.empty((self.rows, 2), np.int32)
        for begin in range(0, self.rows, 1 << 16):  # in parts, as the differences are int64
            end = min(begin + (1 << 16), self.rows)
            lengths[begin:end] = np.diff(self.offsets[2 * begin : 2 * end + 1]).reshape(-1, 2)
            self.release()
        return lengths

    def pair(self, row: int) -> tuple[Any, Any]:
        """Return the ids of one document and its summary, arrays of the type of `tokens`."""
        begin, middle, end = self.offsets[2 * row : 2 * row + 3]
        return self.tokens[begin:middle], self.tokens[middle:end]

    def release(self) -> None:
        """Release the pages read so far from this process; they stay in the system's cache."""
        if hasattr(mmap, "MADV_DONTNEED"):
            for mapped in (self.tokens, self.offsets):
                memory: Any = mapped.base
                memory.madvise(mmap.MADV_DONTNEED)


def write_store(
    folder: Path,
    pairs: IdPairs,
    size: int,
    metadata: dict[str, Any],
    has_document_words: bool = False,
    groups: Groups | None = None,
) -> TokenStore:
    """Write pairs of token ids as they come; the folder appears when it is complete.

    Args:
        folder: replaced if it exists.
        pairs: ids of each document and its summary, below `size` unless `has_document_words`.
        size: size of the vocabulary, N.
        metadata: saved in `store.json`; identifies the data and the vocabulary of the store.
        has_document_words: whether ids from `size` on are words of one document.
        groups: holds the groups of all pairs when the last pair was yielded; None: save none.

    Raises:
        InputError: there are no pairs.
    """
    dtype = np.dtype(np.uint16 if size <= 1 << 16 and not has_document_words else np.int32)
    with atomic_directory(folder) as aside:
        rows, total = _write_pairs(aside, pairs, dtype)
        if not rows:
            name = metadata.get("spec", "the data")
            raise InputError(f"{name}: no pairs of document and summary")
        metadata = {**metadata, "rows": rows, "pieces": total, "size": size, "dtype": dtype.name}
        if groups:
            metadata |= {"groups": groups.names, "starts": groups.starts}
            np.asarray(groups.rows, np.uint16).tofile(aside / "groups.bin")
        content = json.dumps(metadata, indent=2) + "\n"
        (aside / "store.json").write_text(content, encoding="utf-8")
    return read_store(folder)


def _write_pairs(folder: Path, pairs: IdPairs, dtype: np.dtype[Any]) -> tuple[int, int]:
    """Write `pieces.bin` and `offsets.bin`; return the number of pairs and of tokens."""
    total = rows = 0
    with open(folder / "pieces.bin", "wb") as tokens, open(folder / "offsets.bin", "wb") as offsets:
        offsets.write(np.int64(0).tobytes())
        for pair in pairs:
            for ids in pair:
                tokens.write(np.asarray(ids, dtype).tobytes())
                total += len(ids)
                offsets.write(np.int64(total).tobytes())
            rows += 1
    return rows, total


def in_memory_store(pairs: IdPairs, size: int, starts: Sequence[int] = ()) -> TokenStore:
    """Return a store of a few pairs in memory.

    Args:
        pairs: ids of each document and its summary.
        size: size of the vocabulary, N.
        starts: the token that each summary begins with; (): START.
    """
    runs = [np.asarray(ids, np.int32) for pair in pairs for ids in pair]
    offsets = np.cumsum([0, *map(len, runs)], dtype=np.int64)
    tokens = np.concatenate([np.zeros(0, np.int32), *runs])
    metadata: dict[str, Any] = {"size": size}
    if not starts:
        return TokenStore(tokens, offsets, metadata)
    distinct, groups = np.unique(starts, return_inverse=True)
    metadata["starts"] = distinct.tolist()
    return TokenStore(tokens, offsets, metadata, groups.astype(np.uint16))


def read_store(folder: Path) -> TokenStore:
    """Open a store.

    Raises:
        InputError: the store is missing or cut.
    """
    try:
        metadata = json.loads((folder / "store.json").read_text(encoding="utf-8"))
        offsets = np.memmap(folder / "offsets.bin", np.int64, "r")
        tokens = np.memmap(folder / "pieces.bin", metadata["dtype"], "r")
        groups = None
        if "groups" in metadata:
            groups = np.memmap(folder / "groups.bin", np.uint16, "r")
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{folder}: not a token store ({error})") from None
    groups_cut = groups is not None and len(groups) != metadata["rows"]
    offsets_cut = len(offsets) != 2 * metadata["rows"] + 1
    if groups_cut or offsets_cut or offsets[-1] != len(tokens):
        raise InputError(f"{folder}: the token store is cut; remove it to build it again")
    return TokenStore(tokens, offsets, metadata, groups)
