"""Prove what was exported once more, and lay size and quality side by side; nothing is changed."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from summarizer import config as configuration
from summarizer.api.export import (
    ExportInput,
    keras_summaries,
    prepare_export,
    read_export_record,
    sha256,
    size_in_bytes,
    tolerances,
)  # fmt: skip
from summarizer.config import Config
from summarizer.errors import ConfigError, ModelError

# The settings that each export has inside; the others are read anew whenever a model runs.
_FIXED_IN_GRAPH: dict[str, Callable[[Config], Any]] = {
    "model.onnx": lambda config: config.model,
    "saved_model": lambda config: (config.model, config.decode, config.data.max_document_tokens),
}

_ROW = "{:8} {:>6}  {:20} {:8} {:8} {}"


def verify_export(folder: str | Path, data: str = "", documents: int = 200) -> Iterator[str]:
    """Prove the exports of a model's folder again; nothing is written.

    Args:
        folder: of the model.
        data: SPEC of documents to compare on; empty: what the model was validated on.
        documents: how many of them.

    Yields:
        What was compared, a line each.

    Raises:
        SummarizerError: an export is cut or altered, belongs to another vocabulary, configuration
            or to other weights, or differs from Keras.
    """
    from summarizer.exporters import onnx_export, parity, saved_model
    from summarizer.model import named_weights
    from summarizer.runtime.load import open_model

    folder = Path(folder)
    present = [name for name in _FIXED_IN_GRAPH if (folder / name).exists()]
    if folder.is_dir() and not present:
        raise ModelError(f"{folder}: holds no export; make one with: summarizer export {folder}")
    noted = read_export_record(folder)
    for name in present:
        notes = noted if name == "model.onnx" else noted.get(name, {})
        yield _intact(folder / name, notes.get("sha256"))
    given = prepare_export(folder, data, documents)
    held: dict[str, Any] = {}
    runs: dict[str, Any] = {}
    kinds: dict[str, str] = {}
    for name in present:
        if name == "model.onnx":
            held[name], kinds[name], about = onnx_export.read_graph(folder / name)
            runs[name] = open_model(folder).search
        else:
            runs[name], held[name], about = saved_model.load(folder / name)
            kinds[name] = "float32"
        yield _belongs(given, folder / name, about)
        yield _weights(folder / name, held[name], kinds[name])
    search = parity.searcher(given.model, given.config.decode, given.continues)
    for name in present:
        named_weights.assign_weights(given.model, held[name], folder / name)
        compared = _onnx_parity if name == "model.onnx" else _text_parity
        found = compared(given, search, runs[name])
        yield _describe_parity(folder / name, found, len(given.examples), kinds[name])


def _intact(path: Path, noted: str | None) -> str:
    if noted is None:
        return f"{path}: {size_in_bytes(path) / 1e6:.1f} MB; export.json has no checksum of it"
    if sha256(path) != noted:
        raise ModelError(f"{path}: cut or altered since it was exported; export the model again")
    return f"{path}: {size_in_bytes(path) / 1e6:.1f} MB, as it was exported"


def _belongs(given: ExportInput, path: Path, about: dict[str, str]) -> str:
    if about.get("vocabulary") != given.words.fingerprint:
        raise ModelError(f"{path}: made for another vocabulary; export the model again")
    if "config" not in about:
        return f"{path}: made for this vocabulary; keeps no configuration to compare"
    try:
        made = configuration.from_json(about["config"])
    except ConfigError as error:
        raise ModelError(f"{path}: its {error}") from None
    if _FIXED_IN_GRAPH[path.name](made) != _FIXED_IN_GRAPH[path.name](given.config):
        raise ModelError(f"{path}: made with other settings than config.json; export it again")
    return f"{path}: made for this vocabulary and configuration"


def _weights(path: Path, held: dict[str, Any], kind: str) -> str:
    from summarizer.exporters import onnx_export
    from summarizer.training import checkpoint

    own = path.with_name("weights.npz")
    if not own.exists():
        return f"{path}: {kind} weights"
    for name, array in onnx_export.round_trip(checkpoint.load_checkpoint(own)[0], kind).items():
        if name not in held or not np.array_equal(held[name], array):
            raise ModelError(f"{path}: {name!r} is not that of {own.name}; export it again")
    return f"{path}: {kind} weights, those of {own.name}"


def _onnx_parity(given: ExportInput, search: Any, run: Any) -> Any:
    from summarizer.exporters import parity

    ours = [best.tokens for best in search(given.ids)]
    return parity.compare(given.model, given.config.decode, given.ids, ours, run)


def _text_parity(given: ExportInput, search: Any, run: Any) -> Any:
    from summarizer.exporters import parity

    return parity.compare_texts(keras_summaries(given, search), run, given.texts)


def _describe_parity(path: Path, parity: Any, count: int, kind: str) -> str:
    line = (
        f"{path}: same summary as Keras on {parity.same:.1%} of {count} documents, "
        f"scores within {parity.worst:.1e}"
    )
    same, worst = tolerances(kind)
    if parity.same < same or not parity.worst <= worst:
        raise ModelError(f"{line}; it must be {same:.0%} and {worst:.0e}: export it again")
    return line


def compare_weight_formats(
    folder: str | Path, data: str = "", documents: int = 300
) -> Iterator[str]:
    """Lay bytes and ROUGE of `model.onnx` with float32, float16 and int8 weights side by side.

    Args:
        folder: of the model; nothing in it is changed.
        data: SPEC of documents with reference summaries; empty: what the model was validated on.
        documents: how many of them.

    Yields:
        The lines of a table.

    Raises:
        SummarizerError: the model or the data cannot be used.
    """
    from summarizer.exporters import onnx_export
    from summarizer.metrics import bootstrap, rouge
    from summarizer.runtime.load import open_model

    given = prepare_export(folder, data, documents)
    if given.continues:
        raise ConfigError(f"sizes: {folder} is a language model: it has no summaries to compare")
    references = given.references
    stem = rouge.default_stem(references)
    yield _ROW.format("weights", "MB", "ROUGE-1", "ROUGE-2", "ROUGE-L", "same as float32")
    full: list[str] = []
    with tempfile.TemporaryDirectory() as aside:
        paths = onnx_export.export_each(given.model, Path(aside), given.about)
        for kind, path in paths.items():
            found = [s.text for s in open_model(given.folder, str(path)).summarize(given.texts)]
            full = full or found
            scores = rouge.score(found, references, stem)
            yield _ROW.format(
                kind,
                f"{size_in_bytes(path) / 1e6:.1f}",
                "{mean:.1f} [{low:.1f}, {high:.1f}]".format(
                    **bootstrap.bootstrap_interval(scores["rouge1"])
                ),
                f"{scores['rouge2'].mean():.1f}",
                f"{scores['rougeL'].mean():.1f}",
                f"{np.mean([a == b for a, b in zip(found, full, strict=True)]):.1%}",
            )
    yield f"{len(references)} documents; {rouge.signature(stem, 1000, 1, 'first')}"
