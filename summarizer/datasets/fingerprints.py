"""64-bit fingerprints of what a model was trained on, to tell whether a test set was seen."""

import hashlib
import os
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from summarizer.types import Example

_ASCII_MARKS = bytes(code for code in range(128) if not chr(code).isalnum())


def of(text: str) -> int:
    """Return the fingerprint of an id or a text: letters and digits only, without case."""
    text = text.casefold()
    if text.isascii():  # the same, many times as fast
        kept = text.encode().translate(None, _ASCII_MARKS)
    else:
        kept = "".join(filter(str.isalnum, text)).encode()
    return int.from_bytes(hashlib.blake2b(kept, digest_size=8).digest(), "little")


class Recorder:
    """Takes the fingerprints of examples that pass by."""

    def __init__(self) -> None:
        self._ids, self._documents = array("Q"), array("Q")

    def watch(self, examples: Iterable[Example]) -> Iterator[Example]:
        """Yield the examples unchanged."""
        for example in examples:
            self._ids.append(of(example.id))
            self._documents.append(of(example.document))
            yield example

    def add(self, path: Path) -> None:
        """Take in what another model was trained on, from the file that `save` wrote for it."""
        with np.load(path, allow_pickle=False) as file:
            self._ids.frombytes(file["ids"].tobytes())
            self._documents.frombytes(file["documents"].tobytes())

    def save(self, path: Path) -> None:
        """Write `ids` and `documents`, each sorted uint64 [n]; aside, then renamed."""
        aside = path.with_name(path.name + ".part")
        with open(aside, "wb") as file:
            np.savez(file, ids=_sorted(self._ids), documents=_sorted(self._documents))
        os.replace(aside, path)


def _sorted(values: Any) -> Any:
    found = np.frombuffer(values, np.uint64)
    found.sort()  # in place: there may be millions
    return found
