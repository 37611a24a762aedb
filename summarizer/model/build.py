"""The network that a configuration describes."""

from typing import Any

from summarizer.config import Config
from summarizer.model.seq2seq import Seq2Seq
from summarizer.model.tagger import Tagger


def build_model(config: Config, size: int, extended: bool = False, controls: int = 0) -> Any:
    """Return a network with fresh weights: a `Tagger` where the task is `select`, or a `Seq2Seq`.

    Args:
        config: of a run.
        size: N, the vocabulary's.
        extended: whether a document's own words have ids from N on.
        controls: the number of control tokens of the vocabulary.

    Raises:
        ConfigError: parts that do not fit.
    """
    if config.data.task == "tag":
        return Tagger(config.model, size, config.seed, extended)
    return Seq2Seq(config.model, size, config.seed, extended, controls)
