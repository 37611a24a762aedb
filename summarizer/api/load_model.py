"""A model folder as a Keras network with its weights."""

from pathlib import Path
from typing import Any

from summarizer import config as configuration
from summarizer.api import ensemble, fine_tuning
from summarizer.config import Config
from summarizer.datasets.lowercase_words import load_lowercase_words
from summarizer.errors import ModelError
from summarizer.vocabulary import Vocabulary


def load_keras_model(folder: Path) -> tuple[Config, Vocabulary, Any]:
    """Load a model in Keras with its best weights, or those of its exported graph.

    Raises:
        ModelError: a file is missing, truncated or of another model.
    """
    from summarizer.model import named_weights

    if not folder.is_dir():
        raise ModelError(f"{folder}: no such model folder")
    config = configuration.check(configuration.load_config(folder / "config.json"))
    vocabulary = Vocabulary.load(folder / "vocabulary.model", load_lowercase_words(folder))
    arrays, path = fine_tuning.read_weights(folder)
    model = ensemble.load_ensemble(folder, config, vocabulary)
    named_weights.assign_weights(model, arrays, path)
    return config, vocabulary, model
