"""64-bit fingerprints of what a model was trained on, to tell whether a test set was seen.

A document is known again wherever it comes from, by its letters and digits. An id says nothing
outside of its own source, as many sets count their documents from 1: its fingerprint is one of the
id and the source.
"""

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from summarizer.errors import ModelError
from summarizer.storage import load_arrays, save_arrays
from summarizer.types import Example

FILE = "fingerprints.npz"  # in the folder of a model

_ASCII_MARKS = bytes(code for code in range(128) if not chr(code).isalnum())


def document_hash(text: str) -> int:
    """Return the fingerprint of a text: letters and digits only, without case."""
    return _hash(letters(text))


def id_hash(name: str, source: str) -> int:
    """Return the fingerprint of an id, as it stands, within a source; see `spec.identity`."""
    return _hash(f"{source}\0{name}".encode("utf-8", "surrogatepass"))


def letters(text: str) -> bytes:
    """Return what a fingerprint is of: the letters and digits of a text without case, as UTF-8."""
    text = text.casefold()
    if text.isascii():  # the same, many times as fast
        return text.encode().translate(None, _ASCII_MARKS)
    return "".join(filter(str.isalnum, text)).encode()


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")


class ContaminationIndex:
    """Takes the fingerprints of examples of a source that pass by."""

    def __init__(self, source: str = "") -> None:
        self._source = source
        self._ids, self._documents = array("Q"), array("Q")

    def watch(self, examples: Iterable[Example]) -> Iterator[Example]:
        """Yield the examples unchanged."""
        for example in examples:
            self._ids.append(id_hash(example.id, self._source))
            self._documents.append(document_hash(example.document))
            yield example

    def add(self, path: Path) -> None:
        """Take in what another model was trained on, from the file that `save` wrote for it.

        Raises:
            ModelError: the file is cut or foreign.
        """
        ids, documents = _read(path)
        self._ids.frombytes(ids.tobytes())
        self._documents.frombytes(documents.tobytes())

    def save(self, path: Path) -> None:
        """Write `ids` and `documents`, each sorted uint64 [n]; aside, then renamed."""
        save_arrays(path, {"ids": _sorted(self._ids), "documents": _sorted(self._documents)})


def _read(path: Path) -> tuple[Any, Any]:
    """Return the fingerprints of ids and of documents in a file, each uint64 [n].

    Raises:
        ModelError: the file is cut or foreign.
    """
    arrays = load_arrays(path).arrays
    if not {"ids", "documents"} <= arrays.keys():
        raise ModelError(f"{path}: holds no fingerprints")
    found = arrays["ids"], arrays["documents"]
    if any(values.dtype != np.uint64 for values in found):
        raise ModelError(f"{path}: holds no fingerprints")
    return found


def _sorted(values: Any) -> Any:
    found = np.frombuffer(values, np.uint64)
    found.sort()  # in place: there may be millions
    return found


def find_overlap(path: Path, examples: Sequence[Example], source: str) -> dict[int, str]:
    """Tell which examples a model was trained on.

    Args:
        path: the file that `Recorder.save` wrote.
        examples: of one source.
        source: which one, as `spec.identity` names it.

    Returns:
        The example's place → "text" or "id": what it is known by.

    Raises:
        ModelError: the file is cut or foreign.
    """
    ids, documents = _read(path)
    texts = np.array([document_hash(e.document) for e in examples], np.uint64)
    by_text = np.isin(texts, documents) & (
        texts != document_hash("")
    )  # signs alone are no text to know
    by_id = np.isin(np.array([id_hash(e.id, source) for e in examples], np.uint64), ids)
    places = np.flatnonzero(by_text | by_id)
    return {int(place): "text" if by_text[place] else "id" for place in places}
