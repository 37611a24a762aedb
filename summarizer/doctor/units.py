"""Which texts have words to count: those without spaces have them where dictionaries are installed.

Single characters are no words: two unrelated texts have half of them in common, hardly one of a
summary is new to its document, and any three come twice. So nothing is said of them.
"""

import functools

from summarizer.errors import ConfigError
from summarizer.metrics import rouge_tokenizer


@functools.cache
def units() -> str:
    """Return how texts without spaces are cut: "words", or "characters" without dictionaries."""
    try:
        rouge_tokenizer.check_tokenization("words")
    except ConfigError:
        return "characters"
    return "words"


def countable(text: str) -> bool:
    """Tell whether a text can be cut into words."""
    return not rouge_tokenizer.is_unspaced_text(text) or units() == "words"


def words(text: str) -> list[str]:
    """Return the words of a text, in order; see `countable`."""
    return rouge_tokenizer.words(text, units())
