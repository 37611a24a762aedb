"""The TFDS builder of the `docstrings` source; importing this imports tensorflow_datasets."""

import contextlib
import io
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
import tensorflow_datasets as tfds

from summarizer.datasets.sources import _docstring_pairs
from summarizer.datasets.sources._splits import SPLITS, split_of
from summarizer.errors import InputError
from summarizer.types import Example

_FIELDS = ("id", "document", "summary")


class Docstrings(tfds.core.GeneratorBasedBuilder):
    """Pairs of a long description and its one-line summary, from installed packages."""

    VERSION = tfds.core.Version(f"{_docstring_pairs.VERSION}.0.0")

    def __init__(self, folders: Sequence[tuple[str, Path]] = (), **settings: Any):
        """Set up a builder of the pairs of packages, each (name, folder)."""
        self._folders = folders
        super().__init__(**settings)

    def _info(self) -> Any:
        features = tfds.features.FeaturesDict({name: tfds.features.Text() for name in _FIELDS})
        keys = ("document", "summary")
        return tfds.core.DatasetInfo(builder=self, features=features, supervised_keys=keys)

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        splits: dict[str, list[Example]] = {name: [] for name in SPLITS[1:]}
        for example in _docstring_pairs.pairs(self._folders):
            splits[split_of(example.id)].append(example)
        filled = {name: part for name, part in splits.items() if part}  # TFDS refuses empty ones
        if not filled:
            names = ", ".join(name for name, _ in self._folders)
            raise InputError(f"docstrings: no good pair in the packages {names}")
        return {name: self._generate_examples(part) for name, part in filled.items()}

    def _generate_examples(self, part: list[Example]) -> Iterator[tuple[str, dict[str, Any]]]:
        for example in part:
            yield example.id, {name: getattr(example, name) for name in _FIELDS}


def read(folders: Sequence[tuple[str, Path]], cache: Path, split: str) -> Iterator[Example]:
    """Yield the examples of a split in TFDS's order, which their ids decide; builds them once.

    Args:
        folders: (name, folder) of each package.
        cache: where TFDS keeps what it built of them.
        split: train, validation or test.

    Raises:
        InputError: the cache cannot be written or read, or the packages hold no pair.
    """
    try:
        builder = _prepared(folders, cache)
        if split in builder.info.splits:
            settings = tfds.ReadConfig(try_autocache=False)
            for row in tfds.as_numpy(builder.as_dataset(split=split, read_config=settings)):
                yield Example(*(row[field].decode() for field in _FIELDS))
    except (OSError, tf.errors.OpError) as error:
        reason = getattr(error, "strerror", None) or f"damaged, delete it ({error})"
        raise InputError(f"{cache}: {reason}; SUMMARIZER_CACHE names another place") from None


def _prepared(folders: Sequence[tuple[str, Path]], cache: Path) -> Docstrings:
    """Build what is not in the cache yet, without a network and without progress bars."""
    builder = Docstrings(folders, data_dir=cache)
    if not builder.data_path.exists():
        logging.getLogger("summarizer").info("docstrings: reading %d packages, once", len(folders))
    tfds.disable_progress_bar()
    with contextlib.redirect_stdout(io.StringIO()):  # standard output is for results
        builder.download_and_prepare(
            download_config=tfds.download.DownloadConfig(try_download_gcs=False)
        )
    return builder
