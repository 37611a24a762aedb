"""Compare existing exports with Keras again, and weight formats with each other."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from summarizer import config as configuration
from summarizer.api.export import ExportInput, keras_summaries, prepare_export, tolerances
from summarizer.config import Config
from summarizer.errors import ConfigError, ModelError
from summarizer.exporters.record import read_export_record
from summarizer.storage import load_arrays, sha256, size_in_bytes
from summarizer.types import Tensor

if TYPE_CHECKING:
    from summarizer.exporters.parity import KerasSearch, Parity

# Settings that are fixed in each export; a model reads the others whenever it runs.
_FIXED_IN_GRAPH: dict[str, Callable[[Config], Any]] = {
    "model.onnx": lambda config: config.model,
    "saved_model": lambda config: (config.model, config.decode, config.data.max_document_tokens),
}

_ROW = "{:8} {:>6}  {:20} {:8} {:8} {}"


@dataclass(frozen=True)
class _OpenExport:
    """An export that was opened.

    Attributes:
        path: of the file or folder.
        run: runs its graph.
        weights: arrays by name.
        weight_format: how it stores them.
        metadata: strings that identify its model.
    """

    path: Path
    run: Callable[..., Any]
    weights: Mapping[str, Tensor]
    weight_format: str
    metadata: Mapping[str, str]


def verify_export(folder: str | Path, data: str = "", documents: int = 200) -> Iterator[str]:
    """Compare the exports of a model folder with Keras again; nothing is written.

    Args:
        folder: of the model.
        data: SPEC of the documents to compare on; empty: the validation data of the model.
        documents: number of these documents.

    Yields:
        One line for each comparison.

    Raises:
        SummarizerError: an export is truncated or altered, belongs to another vocabulary,
            configuration or other weights, or differs from Keras.
    """
    from summarizer.exporters import parity
    from summarizer.model import named_weights

    folder = Path(folder)
    names = [name for name in _FIXED_IN_GRAPH if (folder / name).exists()]
    if folder.is_dir() and not names:
        raise ModelError(f"{folder}: holds no export; make one with: summarizer export {folder}")
    record = read_export_record(folder)
    for name in names:
        own_record = record if name == "model.onnx" else record.get(name, {})
        yield _verify_checksum(folder / name, own_record.get("sha256"))
    source = prepare_export(folder, data, documents)
    exports = []
    for name in names:
        opened = _open(folder / name)
        exports.append(opened)
        yield _verify_origin(source, opened)
        yield _verify_weights(opened)
    search = parity.searcher(source.model, source.config.decode, source.is_language_model)
    for opened in exports:
        named_weights.assign_weights(source.model, opened.weights, opened.path)
        compare = _onnx_parity if opened.path.name == "model.onnx" else _text_parity
        yield _verify_parity(opened, compare(source, search, opened), len(source.examples))


def _open(path: Path) -> _OpenExport:
    from summarizer.exporters import onnx_export, saved_model
    from summarizer.runtime.load import open_model

    if path.name == "model.onnx":
        stored = onnx_export.read_graph(path)
        run = open_model(path.parent).search
        return _OpenExport(path, run, stored.weights, stored.weight_format, stored.metadata)
    loaded = saved_model.load(path)
    return _OpenExport(path, loaded.run, loaded.weights, "float32", loaded.metadata)


def _verify_checksum(path: Path, checksum: str | None) -> str:
    """Return a line on the size of an export.

    Args:
        path: of the export.
        checksum: from `export.json`; None: there is none.

    Raises:
        ModelError: the checksum of the export differs.
    """
    size = f"{size_in_bytes(path) / 1e6:.1f} MB"
    if checksum is None:
        return f"{path}: {size}; export.json has no checksum of it"
    if sha256(path) != checksum:
        raise ModelError(
            f"{path}: truncated or altered since it was exported; export the model again"
        )
    return f"{path}: {size}, as it was exported"


def _verify_origin(source: ExportInput, opened: _OpenExport) -> str:
    """Return a line on the vocabulary and configuration of an export.

    Raises:
        ModelError: they are not those of the model.
    """
    path = opened.path
    if opened.metadata.get("vocabulary") != source.vocabulary.fingerprint:
        raise ModelError(f"{path}: made for another vocabulary; export the model again")
    if "config" not in opened.metadata:
        return f"{path}: made for this vocabulary; stores no configuration to compare"
    try:
        config = configuration.from_json(opened.metadata["config"])
    except ConfigError as error:
        raise ModelError(f"{path}: its {error}") from None
    if _FIXED_IN_GRAPH[path.name](config) != _FIXED_IN_GRAPH[path.name](source.config):
        raise ModelError(f"{path}: made with other settings than config.json; export it again")
    return f"{path}: made for this vocabulary and configuration"


def _verify_weights(opened: _OpenExport) -> str:
    """Return a line on the weights of an export.

    Raises:
        ModelError: they are not those of `weights.npz`.
    """
    from summarizer.exporters import weight_formats

    path, weight_format = opened.path, opened.weight_format
    weights_path = path.with_name("weights.npz")
    if not weights_path.exists():
        return f"{path}: {weight_format} weights"
    expected = weight_formats.round_trip(load_arrays(weights_path).arrays, weight_format)
    for name, array in expected.items():
        if name not in opened.weights or not np.array_equal(opened.weights[name], array):
            raise ModelError(
                f"{path}: {name!r} is not that of {weights_path.name}; export it again"
            )
    return f"{path}: {weight_format} weights, those of {weights_path.name}"


def _onnx_parity(source: ExportInput, search: "KerasSearch", opened: _OpenExport) -> "Parity":
    from summarizer.exporters import parity

    ids, starts, decode = source.token_ids, source.starts, source.config.decode
    expected = [best.tokens for best in search(ids, starts)]
    return parity.compare(source.model, decode, ids, expected, opened.run, starts)


def _text_parity(source: ExportInput, search: "KerasSearch", opened: _OpenExport) -> "Parity":
    from summarizer.exporters import parity

    return parity.compare_texts(keras_summaries(source, search), opened.run, source.texts)


def _verify_parity(opened: _OpenExport, parity: "Parity", count: int) -> str:
    """Return a line on the parity of an export with Keras, on `count` documents.

    Raises:
        ModelError: the difference exceeds the tolerances.
    """
    line = (
        f"{opened.path}: same summary as Keras on {parity.same:.1%} of {count} documents, "
        f"scores within {parity.worst:.1e}"
    )
    min_same, max_difference = tolerances(opened.weight_format)
    if parity.same < min_same or not parity.worst <= max_difference:
        raise ModelError(
            f"{line}; it must be {min_same:.0%} and {max_difference:.0e}: export it again"
        )
    return line


def compare_weight_formats(
    folder: str | Path, data: str = "", documents: int = 300
) -> Iterator[str]:
    """Compare bytes and ROUGE of `model.onnx` with float32, float16 and int8 weights.

    Args:
        folder: of the model; nothing in it is changed.
        data: SPEC of documents with reference summaries; empty: the validation data of the model.
        documents: number of these documents.

    Yields:
        The lines of a table.

    Raises:
        SummarizerError: the model or the data cannot be used.
    """
    from summarizer.exporters import onnx_export
    from summarizer.metrics import rouge
    from summarizer.runtime.load import open_model

    source = prepare_export(folder, data, documents)
    if source.is_language_model:
        raise ConfigError(f"sizes: {folder} is a language model and has no summaries to compare")
    references = source.references
    stem = rouge.default_stem(references)
    yield _ROW.format("weights", "MB", "ROUGE-1", "ROUGE-2", "ROUGE-L", "same as float32")
    exact_summaries: list[str] = []
    with tempfile.TemporaryDirectory() as aside:
        paths = onnx_export.export_each(source.model, Path(aside), source.metadata)
        for weight_format, path in paths.items():
            model = open_model(source.folder, str(path))
            summaries = [summary.text for summary in model.summarize(source.texts)]
            exact_summaries = exact_summaries or summaries
            scores = rouge.score(summaries, references, stem)
            same = [a == b for a, b in zip(summaries, exact_summaries, strict=True)]
            yield _format_row(weight_format, path, scores, float(np.mean(same)))
    yield f"{len(references)} documents; {rouge.signature(stem, 1000, 1, 'first')}"


def _format_row(weight_format: str, path: Path, scores: Mapping[str, Tensor], same: float) -> str:
    """Return a line of the table: size and scores of a file, equal summaries from 0 to 1."""
    from summarizer.metrics import bootstrap

    interval = bootstrap.format_interval(bootstrap.bootstrap_interval(scores["rouge1"]))
    return _ROW.format(
        weight_format,
        f"{size_in_bytes(path) / 1e6:.1f}",
        interval,
        f"{scores['rouge2'].mean():.1f}",
        f"{scores['rougeL'].mean():.1f}",
        f"{same:.1%}",
    )
