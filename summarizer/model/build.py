"""Build the network that a configuration describes."""

from summarizer.config import Config
from summarizer.model.seq2seq import Seq2Seq
from summarizer.model.tagger import Tagger


def build_model(
    config: Config, size: int, has_document_words: bool = False, controls: int = 0
) -> Seq2Seq | Tagger:
    """Return a network with fresh weights: a `Tagger` if `data.task` is `tag`, else a `Seq2Seq`.

    Args:
        config: of the run.
        size: N, the size of the vocabulary.
        has_document_words: whether words that only a document contains have ids from N on.
        controls: number of control tokens of the vocabulary.

    Raises:
        ConfigError: parts that do not fit together.
    """
    if config.data.task == "tag":
        return Tagger(config.model, size, config.seed, has_document_words)
    return Seq2Seq(config.model, size, config.seed, has_document_words, controls)
