"""The model from text to text as a TensorFlow SavedModel.

Cleaning, tokenizer, search and truecasing are in the graph, so it runs wherever tensorflow and
tensorflow_text run: in TensorFlow Serving, in another program, on a machine without a GPU.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import keras

from summarizer.config import Config
from summarizer.errors import ConfigError, ModelError
from summarizer.exporters import parity
from summarizer.model import named_weights
from summarizer.model.pointer import LOG_ZERO
from summarizer.types import Tensor
from summarizer.vocabulary import END, PAD, START, Vocabulary

METADATA = Path("assets.extra") / "about.json"  # a SavedModel keeps foreign files in this folder


class Loaded(NamedTuple):
    """An open SavedModel.

    Attributes:
        run: returns the summaries of documents, their scores, and the number of truncated tokens.
        weights: NumPy arrays by name, as in `named_weights`.
        metadata: strings by key, see `export`.
    """

    run: Callable[[list[str]], tuple[list[str], Tensor, Tensor]]
    weights: dict[str, Tensor]
    metadata: dict[str, str]


def check(vocabulary: Vocabulary) -> None:
    """Check that a SavedModel can tokenize with a vocabulary.

    Raises:
        ConfigError: the vocabulary consists of words, whose tokenizer is Python.
    """
    if vocabulary.has_document_words:
        raise ConfigError(
            "vocabulary.kind=words: a SavedModel has no tokenizer for words, because words outside "
            "the vocabulary need Python; use --format onnx"
        )


def export(
    model: keras.Model,
    config: Config,
    vocabulary: Vocabulary,
    path: Path,
    metadata: Mapping[str, str],
) -> None:
    """Write a model as a SavedModel, replacing what is at the path.

    The serving signature takes `documents`, string [B], and returns `summaries`, string [B],
    `scores`, float32 [B], and `left_out`, int32 [B], the number of tokens of each document that
    were not read. The summary of a document without text is "".

    Args:
        model: a `Seq2Seq` in float32, on the TensorFlow backend.
        config: its configuration; `config.decode` sets the search.
        vocabulary: of the model.
        path: the folder.
        metadata: strings to store beside the graph.

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
    # The model is not trained further, so gradients are not saved.
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    shutil.rmtree(path, ignore_errors=True)
    try:
        tf.saved_model.save(module, str(path), served, options)
        (path / METADATA).parent.mkdir()
        (path / METADATA).write_text(json.dumps(dict(metadata)), encoding="utf-8")
    except (OSError, tf.errors.OpError) as error:
        reason = str(getattr(error, "strerror", None) or error).splitlines()[0]
        raise ModelError(f"{path}: cannot be written: {reason}") from None


def _text_to_text(
    model: keras.Model, config: Config, vocabulary: Vocabulary
) -> tuple[Callable[[Tensor], dict[str, Tensor]], Any]:
    """Return a function of texts, string [B], and the tokenizer that it needs."""
    import tensorflow as tf

    from summarizer.exporters import text_ops

    tokenizer = text_ops.tokenizer(vocabulary)
    search = parity.compile_configured(model, config.decode)
    limit = config.data.max_document_tokens

    def run(documents: Tensor) -> dict[str, Tensor]:
        texts = text_ops.clean(documents)
        tokens = tokenizer.tokenize(texts)
        length = tf.cast(tokens.row_lengths(), tf.int32)
        # The network reads at least one token: a document without any gets an end.
        empty = length == 0
        ends = tf.fill([tf.math.count_nonzero(empty)], END)
        ends = tf.RaggedTensor.from_row_lengths(ends, tf.cast(empty, tf.int64))
        start = tf.fill(tf.shape(length), vocabulary.start())
        result = search(tf.concat([tokens[:, :limit], ends], axis=1).to_tensor(PAD), start)
        summaries = _decode(tokenizer, result.tokens[:, 0])
        if vocabulary.lowercase:
            summaries = text_ops.restore_case(summaries, texts)
        return {
            "summaries": tf.where(empty, "", summaries),
            "scores": tf.where(empty, float(LOG_ZERO), result.score[:, 0]),
            "left_out": tf.maximum(length - limit, 0),
        }

    return run, tokenizer


def _decode(tokenizer: Any, tokens: Tensor) -> Tensor:
    """Return the text of tokens, int32 [B, T], as `Vocabulary.decode` does, string [B]."""
    import tensorflow as tf

    is_text = (tokens != PAD) & (tokens != START) & (tokens != END)
    text = tokenizer.detokenize(tf.ragged.boolean_mask(tokens, is_text))
    return tf.strings.regex_replace(text, "\ufffd", "")  # bytes that are no character


def load(path: Path) -> Loaded:
    """Open a SavedModel that `export` wrote.

    Raises:
        ModelError: it is missing, truncated or not written by `export`.
    """
    import tensorflow as tf

    from summarizer.exporters import text_ops

    text_ops.load_operations()
    try:
        metadata = json.loads((path / METADATA).read_text(encoding="utf-8"))
        module = tf.saved_model.load(str(path))
        module.signatures["serving_default"]
        weights = {name: variable.numpy() for name, variable in module.weights.items()}
    except Exception as error:  # TensorFlow has many exceptions for damaged files
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ModelError(f"{path}: truncated or not an exported SavedModel ({reason})") from None

    def run(texts: list[str]) -> tuple[list[str], Tensor, Tensor]:
        outputs = module.signatures["serving_default"](documents=tf.constant(texts, tf.string))
        summaries = [summary.decode() for summary in outputs["summaries"].numpy()]
        return summaries, outputs["scores"].numpy(), outputs["left_out"].numpy()

    return Loaded(run, weights, metadata)
