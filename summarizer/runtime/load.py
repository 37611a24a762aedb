"""Open a model folder: a summarizer, a tagger or a language model."""

from pathlib import Path

from summarizer.config import TAGGING_TASKS, load_config
from summarizer.errors import ModelError
from summarizer.runtime.model_files import GRAPH
from summarizer.runtime.onnx_summarizer import OnnxSummarizer
from summarizer.runtime.onnx_tagger import OnnxTagger


def open_model(
    folder: Path,
    graph: str = GRAPH,
    fast_start: bool = False,
    content_selector: Path | None = None,
) -> OnnxSummarizer | OnnxTagger:
    """Open the model of a folder.

    Args:
        folder: model folder.
        graph: file name of the graph.
        fast_start: load the graph faster and run it a little slower, for a few documents.
        content_selector: folder of a tagger; only words that it selects may be copied. None: all.

    Raises:
        ModelError: a file is missing or truncated, or belongs to another model, or the model and
            the content selector do not fit together.
    """
    is_tagger = folder.is_dir() and load_config(folder / "config.json").data.task in TAGGING_TASKS
    if not is_tagger:
        selector = OnnxTagger(content_selector, GRAPH, fast_start) if content_selector else None
        return OnnxSummarizer(folder, graph, fast_start, selector)
    if content_selector is not None:
        raise ModelError(
            f"{folder}: a tagger does not copy, so it takes no content selector; "
            f"{content_selector} can select for a summarizer"
        )
    return OnnxTagger(folder, graph, fast_start)
