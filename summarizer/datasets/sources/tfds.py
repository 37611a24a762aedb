"""Any dataset from TensorFlow Datasets: `tfds:cnn_dailymail`, `tfds:reddit_tifu/long`.

Document and summary are the pair of features that the set declares as supervised keys; all known
summarization sets declare one. For other sets, `document=` and `summary=` name the features. A
document that is a list of texts is joined. Of a list of summaries the first is the summary, and all
of them are references for ROUGE.

The splits are the set's own `train`, `validation` and `test`; others are ignored. If validation or
test is missing, it is 5% of `train`, chosen by hash of the id and removed from training.

The first use downloads and prepares the set, which needs a network. Later uses need none.
"""

import contextlib
import difflib
import io
import logging
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from summarizer.datasets.sources import _records
from summarizer.datasets.sources._splits import SPLITS, check_split, split_of
from summarizer.errors import ConfigError, InputError, did_you_mean
from summarizer.text.read_file import not_utf8
from summarizer.types import Example

SUMMARIZATION = (
    "aeslc", "big_patent", "billsum", "booksum", "cnn_dailymail", "gigaword", "gov_report",
    "media_sum", "multi_news", "newsroom", "opinosis", "reddit", "reddit_tifu", "samsum",
    "scientific_papers", "summscreen", "wikihow", "xsum",
)  # fmt: skip
"""Summarization sets of this version of TFDS that hold texts."""

_NAME = re.compile(r"[a-z0-9_]+(?:/[\w.-]+)?(?::[\d.*]+)?")
_ALL_SPLITS = frozenset(SPLITS[1:])
_REFERENCES = "all references"  # column made here, with a list of summaries; no TFDS feature


@dataclass(frozen=True)
class Options:
    """Options of a set.

    Attributes:
        name: name of the set, optionally with configuration and version: NAME/CONFIG:1.0.0.
        document: feature of the document; None: the set's own.
        summary: feature of the summary; None: the set's own; "": read documents only.
        data_dir: folder of prepared sets; "": TFDS's default.
        skip_bad: skip and count unusable records.
    """

    name: str
    document: str | None = None
    summary: str | None = None
    data_dir: str = ""
    skip_bad: bool = False

    def __post_init__(self) -> None:
        """Refuse a malformed name."""
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r}: must be NAME, NAME/CONFIG or NAME/CONFIG:1.0.0")


def examples(options: Options, split: str = "all") -> Iterator[Example]:
    """Yield the examples of a split, in TFDS's order; the first call prepares the set.

    The id is the feature `id` if that is a text, otherwise the id that TFDS assigns.

    Raises:
        InputError: the set cannot be downloaded or prepared, or a row cannot be used.
        ConfigError: an unknown set, configuration, split or feature.
    """
    check_split(split)
    builder = _builder(options)
    keys = _keys(builder, options)
    if not builder.is_prepared():
        _prepare(builder, options)
    for set_split, hash_splits in _splits_to_read(list(builder.info.splits), split, options.name):
        rows = _results(builder, set_split, keys, options)
        for example in _records.collect_examples(_label(options), rows, options.skip_bad, "all"):
            if hash_splits == _ALL_SPLITS or split_of(example.id) in hash_splits:
                yield example


def _label(options: Options) -> str:
    return f"tfds:{options.name}"


def _builder(options: Options) -> Any:
    import tensorflow_datasets as tfds

    base, _, config_and_version = options.name.partition("/")
    config = config_and_version.partition(":")[0]
    try:
        if config:
            _check_config(tfds.builder_cls(base.partition(":")[0]), config, options)
        return tfds.builder(options.name, data_dir=options.data_dir or None)
    except tfds.core.DatasetNotFoundError:
        names = tfds.list_builders(with_community_datasets=False)
        near = difflib.get_close_matches(options.name, names, n=1, cutoff=0.5)
        hint = f"did you mean 'tfds:{near[0]}'? " if near else ""
        known = f"summarization sets: {', '.join(SUMMARIZATION)}"
        raise ConfigError(f"{_label(options)}: TFDS has no such set; {hint}{known}") from None
    except (AssertionError, ValueError) as error:  # an impossible version
        raise ConfigError(f"{_label(options)}: {_one_line(error)}") from None


def _check_config(builder_class: Any, config: str, options: Options) -> None:
    if config not in builder_class.builder_configs:
        near = did_you_mean(config, builder_class.builder_configs)
        raise ConfigError(f"{_label(options)}: no configuration {config!r}: {near}")


def _keys(builder: Any, options: Options) -> tuple[str, str]:
    """Return the features of document and summary; refuse features that are not text."""
    keys = builder.info.supervised_keys
    declared = keys if isinstance(keys, tuple) and len(keys) == 2 else (None, None)
    document = declared[0] if options.document is None else options.document
    summary = declared[1] if options.summary is None else options.summary
    features = dict(getattr(builder.info.features, "items", dict)())
    texts = [name for name, feature in features.items() if _is_text(feature)]
    hint = f"name them with document= and summary=; text features: {', '.join(texts) or 'none'}"
    if not isinstance(document, str) or not isinstance(summary, str) or not document:
        raise ConfigError(
            f"{_label(options)}: declares no features for document and summary; {hint}"
        )
    for key in filter(None, (document, summary)):
        _records.require_columns(_label(options), features, key)
        if key not in texts:
            kind = " ".join(str(features[key]).split())[:60]
            raise InputError(f"{_label(options)}: {key!r} is {kind}, not text; {hint}")
    return document, summary


def _is_text(feature: Any) -> bool:
    """Return whether a feature is a text or a list of texts."""
    import tensorflow as tf

    return feature.tf_dtype == tf.string and feature.shape in ((), (None,))


def _prepare(builder: Any, options: Options) -> None:
    """Download and prepare the set.

    Raises:
        InputError: a manual download is missing, or the preparation fails (network, full disk).
    """
    import tensorflow_datasets as tfds

    log = logging.getLogger("summarizer")
    manual_folder = builder.data_dir_root / "downloads" / "manual"
    if builder.MANUAL_DOWNLOAD_INSTRUCTIONS and not (
        manual_folder.exists() and any(manual_folder.iterdir())
    ):
        text = " ".join(builder.MANUAL_DOWNLOAD_INSTRUCTIONS.split())
        raise InputError(
            f"{_label(options)}: must be downloaded by hand into {manual_folder}: {text}"
        )
    log.info("%s: downloading and preparing once, in %s", _label(options), builder.data_dir)
    settings = tfds.download.DownloadConfig(try_download_gcs=False)
    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # standard output is for results
            builder.download_and_prepare(download_config=settings)
    except Exception as error:  # a set's script may raise anything: network, archive, disk
        raise InputError(f"{_label(options)}: cannot be prepared: {_one_line(error)}") from error


def _one_line(error: Exception) -> str:
    return " ".join((str(error) or type(error).__name__).split())[:500]


def _splits_to_read(
    set_splits: list[str], split: str, name: str
) -> list[tuple[str, frozenset[str]]]:
    """Return (split of the set, splits by hash to keep of it) for each split of the set to read.

    Args:
        set_splits: all splits of the set.
        split: the requested split.
        name: name of the set, for errors.
    """
    usable = [known for known in SPLITS[1:] if known in set_splits]
    if split == "all" and usable:
        return [(known, _ALL_SPLITS) for known in usable]
    if split != "train" and split in usable:
        return [(split, _ALL_SPLITS)]
    if "train" not in usable:
        raise InputError(f"tfds:{name}: has no split 'train'; known: {', '.join(set_splits)}")
    return [("train", frozenset(usable if split == "train" else [split]))]


def _results(
    builder: Any, set_split: str, keys: tuple[str, str], options: Options
) -> Iterator[Example | InputError]:
    import tensorflow as tf
    import tensorflow_datasets as tfds

    settings = tfds.ReadConfig(try_autocache=False, add_tfds_id=True)
    label = f"{_label(options)}:{set_split}"
    columns = _records.Columns(*keys, references=_REFERENCES if keys[1] else "")
    try:
        data = builder.as_dataset(split=set_split, read_config=settings)
        for number, row in enumerate(tfds.as_numpy(data), 1):
            try:
                texts = _texts(f"{label}:{number}", row, keys)
                yield _records.example(label, number, texts, columns)
            except InputError as error:
                yield error
    except (OSError, tf.errors.OpError) as error:
        raise InputError(
            f"{builder.data_dir}: cut or damaged, delete it ({_one_line(error)})"
        ) from None


def _texts(where: str, row: dict[str, Any], keys: tuple[str, str]) -> dict[str, Any]:
    """Return the id, document, summary and references of a row as columns."""
    id = row.get("id")
    texts: dict[str, Any] = {"id": _text(where, id if isinstance(id, bytes) else row["tfds_id"])}
    document, summary = keys
    if summary:
        texts[summary] = _text(where, row[summary], first=True)
        references = [] if isinstance(row[summary], bytes) else row[summary]
        texts[_REFERENCES] = [_text(where, text) for text in references]
    return texts | {document: _text(where, row[document])}


def _text(where: str, value: Any, first: bool = False) -> str:
    """Decode a text or a list of texts; a list is joined, or reduced to its first text."""
    parts = [value] if isinstance(value, bytes) else list(value)
    try:
        return " ".join(part.decode() for part in (parts[:1] if first else parts))
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: {not_utf8(error)}") from None
