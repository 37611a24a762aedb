"""Docstrings of the installed libraries: a long description and its one-line summary, offline.

About 9,000 pairs, read from the packages that the `train` extra installs. Nothing is downloaded
and nothing is redistributed: a TFDS builder of our own writes the pairs into a cache, once.
"""

import hashlib
import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from summarizer.datasets.sources import _docstring_pairs
from summarizer.datasets.sources._splits import SPLITS, check_split
from summarizer.errors import InputError
from summarizer.types import Example

PACKAGES = (
    "tensorflow", "keras", "numpy", "matplotlib", "nltk", "tensorflow_datasets", "grpc",
    "onnxruntime", "rich", "tensorflow_text", "absl", "google.protobuf", "optree", "joblib",
    "pyarrow", "etils", "h5py",
)  # fmt: skip


@dataclass(frozen=True)
class Options:
    """What is read.

    Attributes:
        packages: names of installed packages; of equal texts the first one's is kept.
    """

    packages: tuple[str, ...] = PACKAGES


def examples(options: Options, split: str = "all") -> Iterator[Example]:
    """Yield the pairs of a split, 90/5/5 by SHA-256 of the id; the first call builds the cache.

    The same for everybody who has the same versions of the packages.

    Raises:
        InputError: a package is not installed, or the cache cannot be written.
        ConfigError: an unknown split.
    """
    check_split(split)
    folders = [(name, locate(name)) for name in options.packages]
    from summarizer.datasets.sources import _docstring_builder

    cache = cache_folder() / "docstrings" / fingerprint(folders)
    for one in SPLITS[1:] if split == "all" else (split,):
        yield from _docstring_builder.read(folders, cache, one)


def locate(package: str) -> Path:
    """Return the folder of an installed package, without importing it.

    Raises:
        InputError: it is not installed.
    """
    try:
        spec = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        spec = None
    places = list(spec.submodule_search_locations or []) if spec else []
    if not places:
        reason = f"the package {package!r}, whose docstrings it reads, is not installed"
        raise InputError(f"docstrings: {reason}; install the `train` extra")
    return Path(places[0])


def fingerprint(folders: list[tuple[str, Path]]) -> str:
    """Return 16 hexadecimal digits that differ where the packages' files do, by name and size."""
    digest = hashlib.sha256(str(_docstring_pairs.VERSION).encode())
    for package, folder in folders:
        for path in _docstring_pairs.python_files(folder):
            name = path.relative_to(folder).as_posix()
            digest.update(f"{package}/{name}:{path.stat().st_size}\n".encode())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Return where built data sets are kept: SUMMARIZER_CACHE, or ~/.cache/summarizer."""
    return Path(os.environ.get("SUMMARIZER_CACHE") or "~/.cache/summarizer").expanduser()
