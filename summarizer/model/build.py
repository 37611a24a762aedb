"""Build the network that a configuration describes."""

from summarizer.config import Config
from summarizer.model.sentence_extractor import SentenceExtractor
from summarizer.model.seq2seq import Seq2Seq
from summarizer.model.tagger import Tagger


def build_model(
    config: Config, size: int, has_document_words: bool = False, controls: int = 0
) -> Seq2Seq | Tagger:
    """Return a network with fresh weights for the task of a configuration.

    Args:
        config: of the run.
        size: N, the size of the vocabulary.
        has_document_words: whether words that only a document contains have ids from N on.
        controls: number of control tokens of the vocabulary.

    Raises:
        ConfigError: parts that do not fit together.
    """
    taggers = {"tag": Tagger, "extract": SentenceExtractor}
    if tagger := taggers.get(config.data.task):
        return tagger(config.model, size, config.seed, has_document_words)
    return Seq2Seq(config.model, size, config.seed, has_document_words, controls)
