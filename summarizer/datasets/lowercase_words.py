"""Which words training saw in lower case, in any of its texts: all others are names.

The file keeps a hash of each, CRC-32 of its key (`claims.key`) in UTF-8, sorted: 4 bytes a word,
under 1 MB for 200,000 words. Of 20,000 names one is taken for a known word by chance then.
"""

import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from summarizer.errors import ModelError
from summarizer.storage import load_arrays, save_arrays
from summarizer.text import numbers_and_names
from summarizer.types import Example

FILE = "lowercase.npz"  # in a model's folder
_AT_ONCE = 100_000  # words kept as such: memory does not grow with the texts


class LowercaseWords:
    """The words that training saw in lower case."""

    def __init__(self, hashes: Any):
        """Take their hashes, sorted, uint32 [n]."""
        self._hashes = hashes

    def __len__(self) -> int:
        return len(self._hashes)

    def __contains__(self, key: object) -> bool:
        wanted = np.uint32(_hash(str(key)))
        at = int(np.searchsorted(self._hashes, wanted))
        return at < len(self._hashes) and bool(self._hashes[at] == wanted)


def load_lowercase_words(folder: Path) -> LowercaseWords | None:
    """Open the file of a model's folder; None where there is none.

    Raises:
        ModelError: it is cut or something else.
    """
    path = folder / FILE
    return LowercaseWords(_read(path)) if path.exists() else None


def _read(path: Path) -> Any:
    """Return the hashes in a file, sorted, uint32 [n].

    Raises:
        ModelError: it is cut or something else.
    """
    hashes = load_arrays(path).arrays.get("words", np.zeros(0))
    if hashes.dtype != np.uint32 or hashes.ndim != 1:
        raise ModelError(f"{path}: not made by this program")
    return hashes


class LowercaseRecorder:
    """Takes the words in lower case of texts that pass by."""

    def __init__(self) -> None:
        self._fresh: set[str] = set()
        self._hashes = np.zeros(0, np.uint32)

    def watch(self, examples: Iterable[Example]) -> Iterator[Example]:
        """Yield the examples unchanged."""
        for example in examples:
            self.see(example.document)
            self.see(example.summary or "")
            yield example

    def see(self, text: str) -> None:
        """Take the words of a text."""
        self._fresh.update(filter(str.islower, set(numbers_and_names.mention_words(text))))
        if len(self._fresh) > _AT_ONCE:
            self._settle()

    def add(self, path: Path) -> None:
        """Take in what another model saw, from the file that `save` wrote for it.

        Raises:
            ModelError: the file is cut or something else.
        """
        self._hashes = np.union1d(self._hashes, _read(path))

    def save(self, path: Path) -> None:
        """Write `words`, sorted uint32 [n]; aside, then renamed."""
        self._settle()
        save_arrays(path, {"words": self._hashes})

    def _settle(self) -> None:
        fresh = np.fromiter(
            (_hash(numbers_and_names.normalize_word(w)) for w in self._fresh), np.uint32
        )
        self._hashes = np.union1d(self._hashes, fresh)
        self._fresh.clear()


def _hash(key: str) -> int:
    return zlib.crc32(key.encode("utf-8", "surrogatepass"))
