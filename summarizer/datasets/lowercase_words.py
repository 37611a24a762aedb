"""Words that occur in lower case in the training data; all other words are names.

The file holds the CRC-32 of each normalized word (`numbers_and_names.normalize_word`) in UTF-8,
sorted: 4 bytes per word, under 1 MB for 200,000 words. At that size, about one of 20,000 names
collides with a known word.
"""

import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from summarizer.errors import ModelError
from summarizer.storage import load_arrays, save_arrays
from summarizer.text import numbers_and_names
from summarizer.types import Example

FILE = "lowercase.npz"  # in a model's folder
_BUFFER = 100_000  # words held as text, so that memory does not grow with the data

Hashes = npt.NDArray[np.uint32]


class LowercaseWords:
    """A container of normalized words, such as `"house" in words`.

    Args:
        hashes: of the words, sorted, uint32 [n].
    """

    def __init__(self, hashes: Hashes):
        self._hashes = hashes

    def __len__(self) -> int:
        return len(self._hashes)

    def __contains__(self, word: object) -> bool:
        hashed = np.uint32(_hash(str(word)))
        index = int(np.searchsorted(self._hashes, hashed))
        return index < len(self._hashes) and bool(self._hashes[index] == hashed)


def load_lowercase_words(folder: Path) -> LowercaseWords | None:
    """Return the words of a model's folder, or None if the file does not exist.

    Raises:
        ModelError: the file is cut or of another kind.
    """
    path = folder / FILE
    return LowercaseWords(_read(path)) if path.exists() else None


def _read(path: Path) -> Hashes:
    """Return the hashes in a file, sorted, uint32 [n].

    Raises:
        ModelError: the file is cut or of another kind.
    """
    hashes = load_arrays(path).arrays.get("words", np.zeros(0))
    if hashes.dtype != np.uint32 or hashes.ndim != 1:
        raise ModelError(f"{path}: not made by this program")
    return hashes


class LowercaseRecorder:
    """Records the lower-case words of a stream of texts."""

    def __init__(self) -> None:
        self._buffer: set[str] = set()
        self._hashes = np.zeros(0, np.uint32)

    def record(self, examples: Iterable[Example]) -> Iterator[Example]:
        """Yield the examples unchanged and record the words of documents and summaries."""
        for example in examples:
            self.record_text(example.document)
            self.record_text(example.summary or "")
            yield example

    def record_text(self, text: str) -> None:
        """Record the words of a text."""
        self._buffer.update(filter(str.islower, set(numbers_and_names.mention_words(text))))
        if len(self._buffer) > _BUFFER:
            self._flush()

    def add(self, path: Path) -> None:
        """Add the words of another model's training data, from a file that `save` wrote.

        Raises:
            ModelError: the file is cut or of another kind.
        """
        self._hashes = np.union1d(self._hashes, _read(path))

    def save(self, path: Path) -> None:
        """Write `words`, sorted uint32 [n]."""
        self._flush()
        save_arrays(path, {"words": self._hashes})

    def _flush(self) -> None:
        words = map(numbers_and_names.normalize_word, self._buffer)
        self._hashes = np.union1d(self._hashes, np.fromiter(map(_hash, words), np.uint32))
        self._buffer.clear()


def _hash(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))
