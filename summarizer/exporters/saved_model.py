"""The whole way from text to text as a TensorFlow SavedModel.

Cleaning, tokenizer, search and spelling are in the graph, so it runs wherever tensorflow and
tensorflow_text do: in TensorFlow Serving, in another program, on a machine without a GPU.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from summarizer.config import Config
from summarizer.errors import ConfigError, ModelError
from summarizer.exporters import parity
from summarizer.model import named_weights
from summarizer.model.pointer import LOG_ZERO
from summarizer.vocabulary import END, PAD, START, Vocabulary

ABOUT = Path("assets.extra") / "about.json"  # where a SavedModel keeps what is not TensorFlow's


class Loaded(NamedTuple):
    """A SavedModel that was opened.

    Attributes:
        run: gives the summaries of documents, their scores, and the pieces left out.
        weights: NumPy arrays by name, as `model.weights` names them.
        about: what `export` was told.
    """

    run: Callable[[list[str]], tuple[list[str], Any, Any]]
    weights: dict[str, Any]
    about: dict[str, str]


def check(vocabulary: Vocabulary) -> None:
    """Find what such a graph cannot do.

    Raises:
        ConfigError: the vocabulary is of words, whose tokenizer is Python.
    """
    if vocabulary.has_document_words:
        raise ConfigError(
            "vocabulary.kind=words: a SavedModel has no tokenizer for it, as words that only a "
            "document has need Python; use --format onnx"
        )


def export(
    model: Any, config: Config, vocabulary: Vocabulary, path: Path, about: dict[str, str]
) -> None:
    """Write a model as a SavedModel; what is in the way is replaced.

    Its serving signature takes `documents`, string [B], and gives `summaries`, string [B],
    `scores`, float32 [B], and `left_out`, int32 [B], the pieces of each document that were not
    read. A document without text has the summary "".

    Args:
        model: a `Seq2Seq` in float32, on the TensorFlow backend.
        config: its configuration; the search is as `config.decode` says.
        vocabulary: its pieces.
        path: the folder.
        about: strings to keep beside the graph.

    Raises:
        ModelError: the folder cannot be written.
    """
    import tensorflow as tf

    module = tf.Module()
    module.weights = {
        name: variable.value for name, variable in named_weights.named_variables(model)
    }
    run, module.tokenizer = _text_to_text(model, config, vocabulary)
    signature = [tf.TensorSpec([None], tf.string, "documents")]
    served = tf.function(run, input_signature=signature, autograph=False)
    forward = tf.saved_model.SaveOptions(experimental_custom_gradients=False)  # it is not trained
    shutil.rmtree(path, ignore_errors=True)
    try:
        tf.saved_model.save(module, str(path), served, forward)
        (path / ABOUT).parent.mkdir()
        (path / ABOUT).write_text(json.dumps(about), encoding="utf-8")
    except (OSError, tf.errors.OpError) as error:
        reason = str(getattr(error, "strerror", None) or error).splitlines()[0]
        raise ModelError(f"{path}: cannot be written: {reason}") from None


def _text_to_text(model: Any, config: Config, vocabulary: Vocabulary) -> tuple[Any, Any]:
    """A function of texts, string [B], and the tokenizer that it needs."""
    import tensorflow as tf

    from summarizer.exporters import text_ops

    tokenizer = text_ops.tokenizer(vocabulary)
    search, limit = parity.graph(model, config.decode), config.data.max_document_tokens

    def run(documents: Any) -> dict[str, Any]:
        texts = text_ops.clean(documents)
        pieces = tokenizer.tokenize(texts)
        length = tf.cast(pieces.row_lengths(), tf.int32)
        # The network reads at least one piece: a document without any gets an end.
        empty = length == 0
        ends = tf.fill([tf.math.count_nonzero(empty)], END)
        ends = tf.RaggedTensor.from_row_lengths(ends, tf.cast(empty, tf.int64))
        start = tf.fill(tf.shape(length), vocabulary.start())
        found = search(tf.concat([pieces[:, :limit], ends], axis=1).to_tensor(PAD), start)
        summaries = _decode(tokenizer, found.tokens[:, 0])
        if vocabulary.lowercase:
            summaries = text_ops.restore_case(summaries, texts)
        return {
            "summaries": tf.where(empty, "", summaries),
            "scores": tf.where(empty, float(LOG_ZERO), found.score[:, 0]),
            "left_out": tf.maximum(length - limit, 0),
        }

    return run, tokenizer


def _decode(tokenizer: Any, pieces: Any) -> Any:
    """The text of pieces, int32 [B, T], as `Vocabulary.decode` gives it, string [B]."""
    import tensorflow as tf

    meant = (pieces != PAD) & (pieces != START) & (pieces != END)
    text = tokenizer.detokenize(tf.ragged.boolean_mask(pieces, meant))
    return tf.strings.regex_replace(text, "\ufffd", "")  # bytes that are no character


def load(path: Path) -> Loaded:
    """Open a SavedModel that `export` wrote.

    Raises:
        ModelError: it is missing, cut or foreign.
    """
    import tensorflow as tf

    from summarizer.exporters import text_ops

    text_ops.load_operations()
    try:
        about = json.loads((path / ABOUT).read_text(encoding="utf-8"))
        module = tf.saved_model.load(str(path))
        module.signatures["serving_default"]
        held = {name: variable.numpy() for name, variable in module.weights.items()}
    except Exception as error:  # TensorFlow has many errors for the ways a file is bad
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ModelError(f"{path}: cut or not an exported SavedModel ({reason})") from None

    def run(texts: list[str]) -> tuple[list[str], Any, Any]:
        found = module.signatures["serving_default"](documents=tf.constant(texts, tf.string))
        summaries = [summary.decode() for summary in found["summaries"].numpy()]
        return summaries, found["scores"].numpy(), found["left_out"].numpy()

    return Loaded(run, held, about)
