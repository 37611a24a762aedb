"""From trained weights to a file that runs anywhere, and the proof that it says the same."""

import dataclasses
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from summarizer import config as configuration
from summarizer.api import ensemble, fine_tuning
from summarizer.api.prepare_data import held_out_examples
from summarizer.config import Config
from summarizer.errors import ConfigError, InputError, ModelError, did_you_mean
from summarizer.storage import atomic_write
from summarizer.text import cleaning
from summarizer.types import Example
from summarizer.vocabulary import Vocabulary

FORMATS = ("onnx", "saved_model")
EXPORT_RECORD = "export.json"
# Of summaries equal to Keras', at least; of scores' difference, at most.
EXACT_TOLERANCE = 0.99, 1e-3
INT8_TOLERANCE = 0.9, 0.05  # where products are of eight bits, and Keras' are not


def load_keras_model(folder: Path) -> tuple[Config, Vocabulary, Any]:
    """Open a model in Keras: its best weights, or those that its exported graph carries.

    Raises:
        ModelError: a file is missing, cut or foreign.
    """
    from summarizer.model import named_weights

    if not folder.is_dir():
        raise ModelError(f"{folder}: no such model folder")
    config = configuration.check(configuration.load_config(folder / "config.json"))
    words = Vocabulary.load(folder / "vocabulary.model")
    arrays, path = fine_tuning.read_weights(folder)
    model = ensemble.load_ensemble(folder, config, words)
    named_weights.assign_weights(model, arrays, path)
    return config, words, model


class ExportInput(NamedTuple):
    """What there is to export: a model in Keras, and documents to prove the export on."""

    folder: Path
    config: Config
    words: Vocabulary
    model: Any
    examples: list[Example]

    @property
    def continues(self) -> bool:
        """Whether it is a language model."""
        return self.config.data.task == "language_model"

    @property
    def texts(self) -> list[str]:
        """The documents, cleaned."""
        return [cleaning.clean(example.document) for example in self.examples]

    @property
    def references(self) -> list[str]:
        """Their summaries.

        Raises:
            InputError: one has none.
        """
        for example in self.examples:
            if example.summary is None:
                raise InputError(f"example {example.id}: has no reference summary")
        return [example.summary or "" for example in self.examples]

    @property
    def about(self) -> dict[str, str]:
        """What an export keeps to tell what it belongs to."""
        settings = configuration.to_json(self.config)
        return {
            "name": self.config.name, "vocabulary": self.words.fingerprint, "config": settings,
        }  # fmt: skip

    @property
    def ids(self) -> list[list[int]]:
        """The documents as the model reads them; of a language model, the beginnings of texts."""
        limit = self.config.data.max_document_tokens
        if self.continues:
            limit = max(self.config.decode.max_tokens // 2, 1)
        return [pieces[:limit] for pieces in self.words.encode_all(self.texts)]


def prepare_export(folder: str | Path, data: str, documents: int) -> ExportInput:
    """Open a model in Keras, and documents: of a SPEC, or what the model was validated on.

    Raises:
        SummarizerError: the model or the documents cannot be used.
    """
    import keras

    if documents < 1:
        raise ConfigError(f"documents {documents}: must be above 0")
    if keras.backend.backend() != "tensorflow":
        raise ConfigError(
            f"KERAS_BACKEND={keras.backend.backend()}: exports are made and proved with "
            "KERAS_BACKEND=tensorflow"
        )
    config, words, model = load_keras_model(Path(folder))
    source = config
    if data:
        source = dataclasses.replace(config, data=dataclasses.replace(config.data, validation=data))
    return ExportInput(Path(folder), config, words, model, held_out_examples(source, documents))


def export(
    folder: str | Path,
    weights: str = "",
    data: str = "",
    documents: int = 200,
    format: str = "onnx",
) -> dict[str, Any]:
    """Write a model as `model.onnx` or `saved_model/`, once that is proved to say what Keras says.

    Args:
        folder: of a trained model.
        weights: how `model.onnx` keeps them: float32, float16 (the default) or int8.
        data: SPEC of documents to prove it on; empty: what the model was validated on.
        documents: how many of them.
        format: onnx, or saved_model, whose weights are float32.

    Returns:
        What `export.json` says of it: share of equal summaries, greatest difference of scores,
        bytes and, for fewer bits, share of summaries equal to those in full precision.

    Raises:
        ConfigError: an unknown format, or one that the model or the weights do not go with.
        ModelError: a file cannot be read or written, or the graph differs from Keras.
    """
    from summarizer.exporters.onnx_export import WEIGHTS

    for what, value, known in (("format", format, FORMATS), ("weights", weights, ("", *WEIGHTS))):
        if value not in known:
            raise ConfigError(f"{what} {value!r}: {did_you_mean(value, filter(None, known))}")
    if format == "saved_model" and weights not in ("", "float32"):
        raise ConfigError(f"weights {weights!r}: a SavedModel has float32; {weights} is for onnx")
    noted = read_export_record(Path(folder))
    given = prepare_export(folder, data, documents)
    if format == "saved_model" and given.config.data.task == "tag":
        raise ConfigError(f"format {format!r}: {folder} is a tagger, which only onnx serves")
    if format == "saved_model" and given.continues:
        raise ConfigError(f"format {format!r}: {folder} is a language model: only onnx serves it")
    if format == "saved_model":
        result = _saved_model(given)
        noted = {**noted, "saved_model": result}
    else:
        result = _onnx(given, weights or "float16")
        noted = {**result, **{k: v for k, v in noted.items() if k == "saved_model"}}
    atomic_write(given.folder / EXPORT_RECORD, (json.dumps(noted, indent=2) + "\n").encode())
    return result


def read_export_record(folder: Path) -> dict[str, Any]:
    """Return what `export.json` says, of `model.onnx` and under `saved_model` of that; {} if none.

    Raises:
        ModelError: it is cut or not JSON.
    """
    path = folder / EXPORT_RECORD
    try:
        noted = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: not JSON ({error}); remove it, and export again") from None
    if not isinstance(noted, dict):
        raise ModelError(f"{path}: not an object; remove it, and export again")
    return noted


def _onnx(given: ExportInput, kind: str) -> dict[str, Any]:
    from summarizer.exporters import onnx_export, parity
    from summarizer.model import named_weights
    from summarizer.runtime.load import open_model
    from summarizer.training import checkpoint

    folder, model, ids = given.folder, given.model, given.ids
    path, own = folder / "model.onnx.new", folder / "weights.npz"
    search = parity.searcher(model, given.config.decode, given.continues)
    held, full = named_weights.weight_arrays(model), [best.tokens for best in search(ids)]
    try:
        onnx_export.export(model, path, given.about, kind)
        kept = onnx_export.read_weights(path)
        named_weights.assign_weights(model, kept, path)
        ours = [best.tokens for best in search(ids)]
        graph = open_model(folder, path.name).search
        found = parity.compare(model, given.config.decode, ids, ours, graph)
        result = {"documents": len(ids), **found._asdict(), "weights": kind}
        if kind != "float32":
            result["same_as_full_precision"] = parity.fraction_equal(full, ours)
        result |= {"bytes": size_in_bytes(path), "sha256": sha256(path)}
        _refuse_difference(folder, result)
        if not own.exists() and any((held[name] != kept[name]).any() for name in held):
            checkpoint.save_arrays(own, held, {"step": 0})  # fewer bits would be all that is left
        path.replace(folder / "model.onnx")
    finally:
        path.unlink(missing_ok=True)
    return result


def _saved_model(given: ExportInput) -> dict[str, Any]:
    from summarizer.exporters import parity, saved_model

    saved_model.check(given.words)
    path = given.folder / "saved_model.new"
    try:
        saved_model.export(given.model, given.config, given.words, path, given.about)
        ours = keras_summaries(given, parity.searcher(given.model, given.config.decode))
        found = parity.compare_texts(ours, saved_model.load(path).run, given.texts)
        result = {"documents": len(ours), **found._asdict(), "weights": "float32"}
        result |= {"bytes": size_in_bytes(path), "sha256": sha256(path)}
        _refuse_difference(given.folder, result)
        _replace_folder(path, given.folder / "saved_model")
    finally:
        shutil.rmtree(path, ignore_errors=True)
    return result


def keras_summaries(given: ExportInput, search: Any) -> list[tuple[str, float]]:
    """Return the summaries of a candidate's documents, spelled as they are, with their scores."""
    found = zip(search(given.ids), given.texts, strict=True)
    return [(given.words.decode(best.tokens, text), best.score) for best, text in found]


def tolerances(kind: str) -> tuple[float, float]:
    """Return how near to Keras an export with weights of a kind has to be."""
    return INT8_TOLERANCE if kind == "int8" else EXACT_TOLERANCE


def _refuse_difference(folder: Path, result: dict[str, Any]) -> None:
    same, worst = tolerances(result["weights"])
    if result["same"] < same or not result["worst"] <= worst:
        raise ModelError(f"{folder}: the exported graph differs from Keras: {result}")


def _replace_folder(new: Path, path: Path) -> None:
    """Put a folder in the place of another, which stays until the new one is there."""
    old = path.with_name(path.name + ".part")
    shutil.rmtree(old, ignore_errors=True)
    try:
        if path.exists():
            path.rename(old)
        new.rename(path)
    except OSError as error:
        if old.exists() and not path.exists():
            old.rename(path)
        raise ModelError(f"{path}: cannot be written: {error.strerror}") from None
    shutil.rmtree(old, ignore_errors=True)


def size_in_bytes(path: Path) -> int:
    """Return the bytes of a file, or of all files of a folder."""
    return sum(file.stat().st_size for file in _files(path))


def sha256(path: Path) -> str:
    """Return 64 hexadecimal digits that differ where a file, or any file of a folder, differs."""
    found = hashlib.sha256()
    for file in _files(path):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        found.update(f"{file.relative_to(path).as_posix()} {content}\n".encode())
    return found.hexdigest()


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
