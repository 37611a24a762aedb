"""Contamination of test sets: 64-bit hashes of the ids and documents that a model was trained on.

A document is recognized in any source, by its letters and digits. An id is only recognized in its
own source, because many sets number their documents from 1: the hash is of the source and the id.
"""

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from summarizer.errors import ModelError
from summarizer.storage import load_arrays, save_arrays
from summarizer.types import Example

FILE = "fingerprints.npz"  # in a model's folder

Hashes = npt.NDArray[np.uint64]

_ASCII_NON_ALPHANUMERIC = bytes(code for code in range(128) if not chr(code).isalnum())


def document_hash(text: str) -> int:
    """Return the hash of the letters and digits of a text, without case."""
    return _hash(letters(text))


def id_hash(name: str, source: str) -> int:
    """Return the hash of an id within a source, named as by `spec.identity`."""
    return _hash(f"{source}\0{name}".encode("utf-8", "surrogatepass"))


def letters(text: str) -> bytes:
    """Return the letters and digits of a text without case, as UTF-8; what is hashed."""
    text = text.casefold()
    if text.isascii():  # the same result, many times faster
        return text.encode().translate(None, _ASCII_NON_ALPHANUMERIC)
    return "".join(filter(str.isalnum, text)).encode()


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")


class ContaminationIndex:
    """Records the hashes of a stream of examples of one source.

    Args:
        source: name of the source, as `spec.identity` returns it.
    """

    def __init__(self, source: str = "") -> None:
        self._source = source
        self._ids, self._documents = array("Q"), array("Q")

    def record(self, examples: Iterable[Example]) -> Iterator[Example]:
        """Yield the examples unchanged and record their hashes."""
        for example in examples:
            self._ids.append(id_hash(example.id, self._source))
            self._documents.append(document_hash(example.document))
            yield example

    def add(self, path: Path) -> None:
        """Add the hashes of another model's training data, from a file that `save` wrote.

        Raises:
            ModelError: the file is cut or of another kind.
        """
        ids, documents = _read(path)
        self._ids.frombytes(ids.tobytes())
        self._documents.frombytes(documents.tobytes())

    def save(self, path: Path) -> None:
        """Write `ids` and `documents`, each sorted uint64 [n]."""
        save_arrays(path, {"ids": _sorted(self._ids), "documents": _sorted(self._documents)})


def _read(path: Path) -> tuple[Hashes, Hashes]:
    """Return the hashes of ids and of documents in a file, each sorted uint64 [n].

    Raises:
        ModelError: the file is cut or of another kind.
    """
    arrays = load_arrays(path).arrays
    if not {"ids", "documents"} <= arrays.keys():
        raise ModelError(f"{path}: holds no fingerprints")
    ids, documents = arrays["ids"], arrays["documents"]
    if ids.dtype != np.uint64 or documents.dtype != np.uint64:
        raise ModelError(f"{path}: holds no fingerprints")
    return ids, documents


def _sorted(values: "array[int]") -> Hashes:
    hashes = np.frombuffer(values, np.uint64)
    hashes.sort()  # in place, as there may be millions
    return hashes


def find_overlap(path: Path, examples: Sequence[Example], source: str) -> dict[int, str]:
    """Return which examples a model was trained on.

    Args:
        path: the file that `ContaminationIndex.save` wrote.
        examples: of one source.
        source: name of the source, as `spec.identity` returns it.

    Returns:
        index of the example → "text" or "id", by which it was recognized.

    Raises:
        ModelError: the file is cut or of another kind.
    """
    ids, documents = _read(path)
    text_hashes = np.array([document_hash(e.document) for e in examples], np.uint64)
    # A text without letters and digits cannot be recognized.
    by_text = np.isin(text_hashes, documents) & (text_hashes != document_hash(""))
    by_id = np.isin(np.array([id_hash(e.id, source) for e in examples], np.uint64), ids)
    indices = np.flatnonzero(by_text | by_id)
    return {int(i): "text" if by_text[i] else "id" for i in indices}
