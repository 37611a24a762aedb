"""Docstrings of the installed libraries: a long description and its one-line summary, offline.

About 9,000 pairs from the packages that the `train` extra installs. Nothing is downloaded or
redistributed: the first use reads the packages and writes the pairs into a cache, as JSON Lines.
"""

import hashlib
import importlib.util
import json
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from summarizer.datasets.sources import _docstring_pairs
from summarizer.datasets.sources._splits import SPLITS, check_split, in_split, split_of
from summarizer.errors import InputError
from summarizer.types import Example

PACKAGES = (
    "tensorflow", "keras", "numpy", "matplotlib", "nltk", "tensorflow_datasets", "grpc",
    "onnxruntime", "rich", "tensorflow_text", "absl", "google.protobuf", "optree", "joblib",
    "pyarrow", "etils", "h5py",
)  # fmt: skip

Folders = Sequence[tuple[str, Path]]  # name and folder of each package


@dataclass(frozen=True)
class Options:
    """Options of the docstrings.

    Attributes:
        packages: names of installed packages; of equal texts the first package's is kept.
    """

    packages: tuple[str, ...] = PACKAGES


def examples(options: Options, split: str = "all") -> Iterator[Example]:
    """Yield the pairs of a split, 90/5/5 by SHA-256 of the id; the first call builds the cache.

    Equal versions of the packages give equal pairs in an equal order.

    Raises:
        InputError: a package is not installed, or the cache cannot be written or read.
        ConfigError: an unknown split.
    """
    check_split(split)
    folders = [(name, locate(name)) for name in options.packages]
    cache = cache_folder() / "docstrings" / f"{fingerprint(folders)}.jsonl"
    try:
        if not cache.exists():
            _write_cache(cache, folders)
        for example in _read_cache(cache):
            if in_split(example.id, split):
                yield example
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"{cache}: {reason}; SUMMARIZER_CACHE names another folder") from None


def locate(package: str) -> Path:
    """Return the folder of an installed package, without importing the package.

    Raises:
        InputError: the package is not installed.
    """
    try:
        spec = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        spec = None
    folders = list(spec.submodule_search_locations or []) if spec else []
    if not folders:
        raise InputError(
            f"docstrings: the package {package!r}, whose docstrings are to be read, is not "
            "installed; install the `train` extra"
        )
    return Path(folders[0])


def fingerprint(folders: Folders) -> str:
    """Return 16 hexadecimal digits that change with the names and sizes of the packages' files."""
    digest = hashlib.sha256(str(_docstring_pairs.VERSION).encode())
    for package, folder in folders:
        for path in _docstring_pairs.python_files(folder):
            name = path.relative_to(folder).as_posix()
            digest.update(f"{package}/{name}:{path.stat().st_size}\n".encode())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Return the folder of cached datasets: SUMMARIZER_CACHE, or ~/.cache/summarizer."""
    return Path(os.environ.get("SUMMARIZER_CACHE") or "~/.cache/summarizer").expanduser()


def _write_cache(cache: Path, folders: Folders) -> None:
    """Write the pairs of packages aside, then rename the file.

    Raises:
        InputError: the packages hold no usable pair.
        OSError: the file cannot be written.
    """
    logging.getLogger("summarizer").info("docstrings: reading %d packages, once", len(folders))
    pairs = sorted(_docstring_pairs.pairs(folders), key=_order)
    if not pairs:
        names = ", ".join(name for name, _ in folders)
        raise InputError(f"docstrings: no usable pair in the packages {names}")
    cache.parent.mkdir(parents=True, exist_ok=True)
    # Each process writes a file of its own: two may build the same cache at once.
    with tempfile.TemporaryDirectory(dir=cache.parent) as aside:
        path = Path(aside) / cache.name
        with open(path, "w", encoding="utf-8") as file:
            for pair in pairs:
                row = {"id": pair.id, "document": pair.document, "summary": pair.summary}
                file.write(json.dumps(row) + "\n")
        os.replace(path, cache)


def _order(pair: Example) -> tuple[int, str]:
    """Return the key of an order by split, and within a split by hash of the id."""
    split = split_of(pair.id)
    return SPLITS.index(split), hashlib.md5(
        f"{split}{pair.id}".encode(), usedforsecurity=False
    ).hexdigest()


def _read_cache(cache: Path) -> Iterator[Example]:
    with open(cache, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                yield Example(**json.loads(line))
            except (ValueError, TypeError):
                raise InputError(f"{cache}:{number}: the cache is damaged, delete it") from None
