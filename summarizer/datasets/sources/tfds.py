"""Any data set of TensorFlow Datasets: `tfds:cnn_dailymail`, `tfds:reddit_tifu/long`.

Document and summary are the set's own pair of features, where it states one (the known sets for
summarization all do), else `document=` and `summary=` name them. A list of texts is joined as a
document; of a list of summaries the first is taken, and ROUGE may compare with all of them.

The splits are the set's own `train`, `validation` and `test`; others are not read. A set that lacks
validation or test gets it from `train`, 5% by hash of the id, which training then leaves out.

The first use downloads and prepares the set, which needs a network; after that nothing does.
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
"""The sets for summarization that this version of TFDS knows and that hold texts."""

_NAME = re.compile(r"[a-z0-9_]+(?:/[\w.-]+)?(?::[\d.*]+)?")
_EVERY = frozenset(SPLITS[1:])
_EACH = "each summary"  # no feature: where a list of summaries is kept


@dataclass(frozen=True)
class Options:
    """What is read.

    Attributes:
        name: of the set, with its configuration and version where wanted: NAME/CONFIG:1.0.0.
        document: the feature of the document; None: as the set says.
        summary: the feature of the summary; None: as the set says; "" reads documents only.
        data_dir: where sets are kept; "": TFDS's own place.
        skip_bad: count bad rows and go on.
    """

    name: str
    document: str | None = None
    summary: str | None = None
    data_dir: str = ""
    skip_bad: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no name of a set."""
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r}: must be NAME, NAME/CONFIG or NAME/CONFIG:1.0.0")


def examples(options: Options, split: str = "all") -> Iterator[Example]:
    """Yield the examples of a split, in TFDS's order; the first call prepares the set.

    The id is the feature `id` where that is a text, else the place that TFDS gives.

    Raises:
        InputError: the set cannot be had or prepared, or a row cannot be used.
        ConfigError: no such set, configuration, split or feature.
    """
    check_split(split)
    builder = _builder(options)
    keys = _keys(builder, options)
    if not builder.is_prepared():
        _prepare(builder, options)
    for own, kept in _plan(list(builder.info.splits), split, options.name):
        rows = _results(builder, own, keys, options)
        for example in _records.collect_examples(_label(options), rows, options.skip_bad, "all"):
            if kept == _EVERY or split_of(example.id) in kept:
                yield example


def _label(options: Options) -> str:
    return f"tfds:{options.name}"


def _builder(options: Options) -> Any:
    import tensorflow_datasets as tfds

    base, _, rest = options.name.partition("/")
    config = rest.partition(":")[0]
    try:
        if config:
            _check_config(tfds.builder_cls(base.partition(":")[0]), config, options)
        return tfds.builder(options.name, data_dir=options.data_dir or None)
    except tfds.core.DatasetNotFoundError:
        names = tfds.list_builders(with_community_datasets=False)
        near = difflib.get_close_matches(options.name, names, n=1, cutoff=0.5)
        hint = f"did you mean 'tfds:{near[0]}'? " if near else ""
        known = f"for summarization: {', '.join(SUMMARIZATION)}"
        raise ConfigError(f"{_label(options)}: TFDS has no such set; {hint}{known}") from None
    except (AssertionError, ValueError) as error:  # an impossible version
        raise ConfigError(f"{_label(options)}: {_line(error)}") from None


def _check_config(cls: Any, config: str, options: Options) -> None:
    if config not in cls.builder_configs:
        near = did_you_mean(config, cls.builder_configs)
        raise ConfigError(f"{_label(options)}: no configuration {config!r}: {near}")


def _keys(builder: Any, options: Options) -> tuple[str, str]:
    """Return the features of document and summary, once they are known to be texts."""
    pair = builder.info.supervised_keys
    own = pair if isinstance(pair, tuple) and len(pair) == 2 else (None, None)
    document = own[0] if options.document is None else options.document
    summary = own[1] if options.summary is None else options.summary
    features = dict(getattr(builder.info.features, "items", dict)())
    texts = [name for name, feature in features.items() if _is_text(feature)]
    hint = f"name them with document= and summary=; its texts: {', '.join(texts) or 'none'}"
    if not isinstance(document, str) or not isinstance(summary, str) or not document:
        raise ConfigError(f"{_label(options)}: does not say what is document and summary; {hint}")
    for key in filter(None, (document, summary)):
        _records.require_columns(_label(options), features, key)
        if key not in texts:
            kind = " ".join(str(features[key]).split())[:60]
            raise InputError(f"{_label(options)}: {key!r} is {kind}, not text; {hint}")
    return document, summary


def _is_text(feature: Any) -> bool:
    """Say whether a feature is a text or a list of texts."""
    import tensorflow as tf

    return feature.tf_dtype == tf.string and feature.shape in ((), (None,))


def _prepare(builder: Any, options: Options) -> None:
    """Download and write the set, once.

    Raises:
        InputError: what must be downloaded by hand is not there; no network; a full disk.
    """
    import tensorflow_datasets as tfds

    log = logging.getLogger("summarizer")
    by_hand = builder.data_dir_root / "downloads" / "manual"
    if builder.MANUAL_DOWNLOAD_INSTRUCTIONS and not (by_hand.exists() and any(by_hand.iterdir())):
        text = " ".join(builder.MANUAL_DOWNLOAD_INSTRUCTIONS.split())
        raise InputError(f"{_label(options)}: must be downloaded by hand into {by_hand}: {text}")
    log.info("%s: downloading and preparing, once, in %s", _label(options), builder.data_dir)
    settings = tfds.download.DownloadConfig(try_download_gcs=False)
    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # standard output is for results
            builder.download_and_prepare(download_config=settings)
    except Exception as error:  # whatever a set's own script meets: network, archive, disk
        raise InputError(f"{_label(options)}: cannot be prepared: {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join((str(error) or type(error).__name__).split())[:500]


def _plan(present: list[str], split: str, name: str) -> list[tuple[str, frozenset[str]]]:
    """Say which of the set's splits to read for a split, and which places of the hash to keep."""
    own = [one for one in SPLITS[1:] if one in present]
    if split == "all" and own:
        return [(one, _EVERY) for one in own]
    if split != "train" and split in own:
        return [(split, _EVERY)]
    if "train" not in own:
        raise InputError(f"tfds:{name}: has no split 'train'; known: {', '.join(present)}")
    return [("train", frozenset(own if split == "train" else [split]))]


def _results(
    builder: Any, own: str, keys: tuple[str, str], options: Options
) -> Iterator[Example | InputError]:
    import tensorflow as tf
    import tensorflow_datasets as tfds

    settings = tfds.ReadConfig(try_autocache=False, add_tfds_id=True)
    label = f"{_label(options)}:{own}"
    try:
        data = builder.as_dataset(split=own, read_config=settings)
        for number, row in enumerate(tfds.as_numpy(data), 1):
            try:
                columns = _columns(f"{label}:{number}", row, keys)
                yield _records.example(
                    label, number, columns, *keys, _EACH if _EACH in columns else ""
                )
            except InputError as error:
                yield error
    except (OSError, tf.errors.OpError) as error:
        place = builder.data_dir
        raise InputError(f"{place}: cut or damaged, delete it ({_line(error)})") from None


def _columns(where: str, row: dict[str, Any], keys: tuple[str, str]) -> dict[str, Any]:
    """Return the texts of a row and its id."""
    id = row.get("id")
    found: dict[str, Any] = {"id": _text(where, id if isinstance(id, bytes) else row["tfds_id"])}
    document, summary = keys
    if summary:
        found[summary] = _text(where, row[summary], first=True)
        each = [] if isinstance(row[summary], bytes) else row[summary]
        found[_EACH] = [_text(where, text) for text in each]
    return found | {document: _text(where, row[document])}


def _text(where: str, value: Any, first: bool = False) -> str:
    """Decode a text, or a list of them: joined, or the first alone."""
    parts = [value] if isinstance(value, bytes) else list(value)
    try:
        return " ".join(part.decode() for part in (parts[:1] if first else parts))
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: {not_utf8(error)}") from None
