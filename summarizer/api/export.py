"""Export trained weights as a file that runs anywhere, verified against Keras."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from summarizer import config as configuration
from summarizer.api.load_model import load_keras_model
from summarizer.api.prepare_data import held_out_examples
from summarizer.config import TAGGING_TASKS, Config
from summarizer.errors import ConfigError, InputError, ModelError, did_you_mean
from summarizer.exporters.record import read_export_record, write_export_record
from summarizer.storage import atomic_directory, save_arrays, sha256, size_in_bytes
from summarizer.text import cleaning
from summarizer.text.word_case import restore_word_case
from summarizer.types import Example
from summarizer.vocabulary import Vocabulary

if TYPE_CHECKING:
    from summarizer.exporters.parity import KerasSearch

FORMATS = ("onnx", "saved_model")
# Minimum fraction of summaries that equal those of Keras, and maximum difference of scores.
EXACT_TOLERANCE = 0.99, 1e-3
INT8_TOLERANCE = 0.9, 0.05  # for int8 products, which Keras does not have


@dataclass(frozen=True)
class ExportInput:
    """A model in Keras, and documents on which its export is compared with it."""

    folder: Path
    config: Config
    vocabulary: Vocabulary
    model: Any
    examples: list[Example]

    @property
    def is_language_model(self) -> bool:
        """Whether the model continues prompts instead of summarizing documents."""
        return self.config.data.task == "language_model"

    @property
    def texts(self) -> list[str]:
        """The documents, cleaned."""
        return [cleaning.clean(example.document) for example in self.examples]

    @property
    def references(self) -> list[str]:
        """The reference summaries.

        Raises:
            InputError: an example has none.
        """
        for example in self.examples:
            if example.summary is None:
                raise InputError(f"example {example.id}: has no reference summary")
        return [example.summary or "" for example in self.examples]

    @property
    def metadata(self) -> dict[str, str]:
        """Strings that an export stores to identify the model it belongs to."""
        return {
            "name": self.config.name,
            "vocabulary": self.vocabulary.fingerprint,
            "config": configuration.to_json(self.config),
        }

    @property
    def starts(self) -> list[int]:
        """The token before the summary of each document: the control token of its type."""
        if self.config.data.task in TAGGING_TASKS:  # writes nothing, and learns from every type
            return [self.vocabulary.start()] * len(self.examples)
        return [self.vocabulary.start(example.type) for example in self.examples]

    @property
    def token_ids(self) -> list[list[int]]:
        """The documents as the model reads them; for a language model, prompts."""
        limit = self.config.data.max_document_tokens
        if self.is_language_model:
            limit = max(self.config.decode.max_tokens // 2, 1)
        return [ids[:limit] for ids in self.vocabulary.encode_all(self.texts)]


def prepare_export(folder: str | Path, data: str, documents: int) -> ExportInput:
    """Load a model in Keras, and documents to compare on.

    Args:
        folder: of the model.
        data: SPEC of the documents; empty: the validation data of the model.
        documents: number of documents.

    Raises:
        SummarizerError: the model or the documents cannot be used.
    """
    import keras

    if documents < 1:
        raise ConfigError(f"documents {documents}: must be above 0")
    if keras.backend.backend() != "tensorflow":
        raise ConfigError(
            f"KERAS_BACKEND={keras.backend.backend()}: exports need KERAS_BACKEND=tensorflow"
        )
    config, vocabulary, model = load_keras_model(Path(folder))
    source = config
    if data:
        source = dataclasses.replace(config, data=dataclasses.replace(config.data, validation=data))
    examples = held_out_examples(source, documents)
    return ExportInput(Path(folder), config, vocabulary, model, examples)


def export(
    folder: str | Path,
    weights: str = "",
    data: str = "",
    documents: int = 200,
    format: str = "onnx",
) -> dict[str, Any]:
    """Write a model as `model.onnx` or `saved_model/`, after comparing the export with Keras.

    Args:
        folder: of a trained model.
        weights: weight format of `model.onnx`: float32, float16 (the default) or int8.
        data: SPEC of the documents to compare on; empty: the validation data of the model.
        documents: number of these documents.
        format: onnx, or saved_model, whose weights are float32.

    Returns:
        The record in `export.json`: fraction of equal summaries, greatest difference of scores,
        bytes and, for float16 and int8, fraction of summaries equal to those in float32.

    Raises:
        ConfigError: the format is unknown, or does not fit the model or the weight format.
        ModelError: a file cannot be read or written, or the graph differs from Keras.
    """
    _check_formats(format, weights)
    record = read_export_record(Path(folder))
    source = prepare_export(folder, data, documents)
    if format == "saved_model":
        _check_saved_model(source)
        result = _export_saved_model(source)
        record = {**record, "saved_model": result}
    else:
        result = _export_onnx(source, weights or "float16")
        record = {**result, **{k: v for k, v in record.items() if k == "saved_model"}}
    write_export_record(source.folder, record)
    return result


def _check_formats(format: str, weights: str) -> None:
    from summarizer.exporters.weight_formats import WEIGHT_FORMATS

    for name, value, known in (
        ("format", format, FORMATS),
        ("weights", weights, ("", *WEIGHT_FORMATS)),
    ):
        if value not in known:
            raise ConfigError(f"{name} {value!r}: {did_you_mean(value, filter(None, known))}")
    if format == "saved_model" and weights not in ("", "float32"):
        raise ConfigError(f"weights {weights!r}: a SavedModel has float32; {weights} is for onnx")


def _check_saved_model(source: ExportInput) -> None:
    kind = "a language model" if source.is_language_model else "a tagger"
    if source.is_language_model or source.config.data.task in TAGGING_TASKS:
        raise ConfigError(
            f"format 'saved_model': {source.folder} is {kind}, which only onnx supports"
        )


def _export_onnx(source: ExportInput, weight_format: str) -> dict[str, Any]:
    """Write `model.onnx` and return its record; see `export`."""
    from summarizer.exporters import onnx_export, parity
    from summarizer.model import named_weights
    from summarizer.runtime.load import open_model

    model, decode = source.model, source.config.decode
    ids, starts = source.token_ids, source.starts
    path, weights_path = source.folder / "model.onnx.new", source.folder / "weights.npz"
    search = parity.searcher(model, decode, source.is_language_model)
    weights = named_weights.weight_arrays(model)
    exact_summaries = [best.tokens for best in search(ids, starts)]
    try:
        onnx_export.export(model, path, source.metadata, weight_format)
        stored = onnx_export.read_weights(path)
        named_weights.assign_weights(model, stored, path)
        summaries = [best.tokens for best in search(ids, starts)]
        graph = open_model(source.folder, path.name).search
        difference = parity.compare(model, decode, ids, summaries, graph, starts)
        result = {"documents": len(ids), **difference._asdict(), "weights": weight_format}
        if weight_format != "float32":
            same = parity.fraction_equal(exact_summaries, summaries)
            result["same_as_full_precision"] = same
        result |= {"bytes": size_in_bytes(path), "sha256": sha256(path)}
        _refuse_difference(source.folder, result)
        # Without this file, only weights of lower precision would remain.
        if not weights_path.exists() and any((weights[n] != stored[n]).any() for n in weights):
            save_arrays(weights_path, weights, {"step": 0})
        path.replace(source.folder / "model.onnx")
    finally:
        path.unlink(missing_ok=True)
    return result


def _export_saved_model(source: ExportInput) -> dict[str, Any]:
    """Write `saved_model/` and return its record; see `export`."""
    from summarizer.exporters import parity, saved_model

    saved_model.check(source.vocabulary)
    with atomic_directory(source.folder / "saved_model") as path:
        saved_model.export(source.model, source.config, source.vocabulary, path, source.metadata)
        expected = keras_summaries(source, parity.searcher(source.model, source.config.decode))
        difference = parity.compare_texts(expected, saved_model.load(path).run, source.texts)
        result = {"documents": len(expected), **difference._asdict(), "weights": "float32"}
        result |= {"bytes": size_in_bytes(path), "sha256": sha256(path)}
        _refuse_difference(source.folder, result)
    return result


def keras_summaries(source: ExportInput, search: "KerasSearch") -> list[tuple[str, float]]:
    """Return the summaries of the documents by Keras, with scores, spelled as a SavedModel does.

    All summaries have the first type of the model, because a SavedModel has no input for it.
    """
    starts = [source.vocabulary.start()] * len(source.examples)
    pairs = zip(search(source.token_ids, starts), source.texts, strict=True)
    summaries = []
    for best, text in pairs:
        summary = source.vocabulary.decode_raw(best.tokens, text)
        if source.vocabulary.lowercase:
            summary = restore_word_case(summary, text)
        summaries.append((summary, best.score))
    return summaries


def tolerances(weight_format: str) -> tuple[float, float]:
    """Return the minimum fraction of equal summaries, and the maximum difference of scores."""
    return INT8_TOLERANCE if weight_format == "int8" else EXACT_TOLERANCE


def _refuse_difference(folder: Path, result: dict[str, Any]) -> None:
    min_same, max_difference = tolerances(result["weights"])
    if result["same"] < min_same or not result["worst"] <= max_difference:
        raise ModelError(f"{folder}: the exported graph differs from Keras: {result}")
