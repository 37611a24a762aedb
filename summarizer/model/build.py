"""The network that a configuration describes."""

from typing import Any

from summarizer.config import Config
from summarizer.model.seq2seq import Seq2Seq
from summarizer.model.tagger import Tagger


def build_model(config: Config, size: int, extended: bool = False) -> Any:
    """Return a network with fresh weights: a `Tagger` where the task is `select`, or a `Seq2Seq`.

    Args:
        config: of a run.
        size: N, the vocabulary's.
        extended: whether a document's own words have ids from N on.

    Raises:
        ConfigError: parts that do not fit.
    """
    kind = Tagger if config.data.task == "tag" else Seq2Seq
    return kind(config.model, size, config.seed, extended)
