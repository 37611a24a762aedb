"""Open the files of a model folder."""

from pathlib import Path
from typing import Any

from summarizer.config import Config, load_config
from summarizer.datasets.lowercase_words import load_lowercase_words
from summarizer.errors import ModelError
from summarizer.vocabulary import Vocabulary

GRAPH = "model.onnx"
# Passes of onnxruntime that make loading slow and the search no faster: each pass that changes
# anything checks the whole graph again.
DISABLED_OPTIMIZERS = (
    "CommonSubexpressionElimination",
    "ConstantSharing",
    "GatherSliceToSplitFusion",
    "Level1_RuleBasedTransformer",
    "MatMulAddFusion",
    "TransposeOptimizer",
)


def open_model_files(
    folder: Path, graph: str = GRAPH, fast_start: bool = False
) -> tuple[Config, Vocabulary, Any]:
    """Open the configuration, the vocabulary and the graph of a model.

    Args:
        folder: model folder.
        graph: file name of the graph.
        fast_start: load the graph faster and run it a little slower, for a few documents.

    Returns:
        The configuration, the vocabulary and an `onnxruntime.InferenceSession`.

    Raises:
        ModelError: a file is missing or truncated, or belongs to another model.
    """
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such model folder")
    config = load_config(folder / "config.json")
    vocabulary = Vocabulary.load(folder / "vocabulary.model", load_lowercase_words(folder))
    session = open_session(folder / graph, fast_start)
    fingerprint = session.get_modelmeta().custom_metadata_map.get("vocabulary")
    if fingerprint != vocabulary.fingerprint:
        raise ModelError(
            f"{folder / graph}: exported with another vocabulary than "
            f"{folder / 'vocabulary.model'}; export the model again"
        )
    return config, vocabulary, session


def open_session(path: Path, fast_start: bool = False) -> Any:
    """Open a graph as an `onnxruntime.InferenceSession`; see `open_model_files`.

    Raises:
        ModelError: the file is missing or is not an exported model.
    """
    if not path.is_file():
        raise ModelError(f"{path}: no such file; make it with: summarizer export {path.parent}")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.enable_mem_pattern = False  # it would keep a pattern for each new shape forever
    if fast_start:  # graph optimization costs as much as summarizing dozens of documents
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return onnxruntime.InferenceSession(
            path,
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=list(DISABLED_OPTIMIZERS),
        )
    except Exception as error:  # onnxruntime has a class of its own for each kind of bad file
        reason = str(error).splitlines()[0]
        raise ModelError(f"{path}: truncated or not an exported model ({reason})") from None
