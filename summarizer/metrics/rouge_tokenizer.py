"""Split text of any script into the words and sentences that ROUGE compares.

Words are runs of letters, combining marks and digits, in lower case and NFC, so that accented
letters stay inside their word. Scripts written without spaces (Han, kana, Thai, Lao, Khmer,
Burmese) give one token for each character with its marks, or the words of ICU's dictionaries. On
ASCII text the words are the runs of `[a-z0-9]`.
"""

import re
import unicodedata

from summarizer.errors import ConfigError, did_you_mean
from summarizer.text.scripts import is_unspaced
from summarizer.text.sentences import SPACE

TOKENIZATIONS = ("characters", "words")  # of scripts written without spaces

_WORD, _SINGLE, _MARK, _INVISIBLE, _BETWEEN = "wsmi "
_ASCII_WORD = re.compile("[a-z0-9]+")
_SPACED = f"{_WORD}[{_WORD}{_MARK}{_INVISIBLE}]*"
_TOKEN = re.compile(f"{_SINGLE}[{_MARK}{_INVISIBLE}]*|{_SPACED}")
_RUN = re.compile(f"{_SINGLE}[{_SINGLE}{_MARK}{_INVISIBLE}]*|{_SPACED}")
# Half a surrogate pair has no UTF-8, and sentencex stops at some white space of several bytes.
_BLANK = re.compile(r"[\s\ud800-\udfff]")


def has_words(text: str) -> bool:
    """Return whether a text has a word that ROUGE compares."""
    return any(_KINDS[ord(char)] in (_WORD, _SINGLE) for char in text)


class _Kinds(dict[int, str]):
    """The kind of each code point, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = kind = _kind(chr(code))
        return kind


_KINDS = _Kinds()


def _kind(char: str) -> str:
    category, name = unicodedata.category(char), unicodedata.name(char, "")
    if char == "\u200b":  # ZERO WIDTH SPACE is a format character, but it separates words
        return _BETWEEN
    # Joiners, soft hyphens and variation selectors change how a word looks, not which it is.
    if category in ("Cf", "Me") or "VARIATION SELECTOR" in name:
        return _INVISIBLE
    if category[0] == "M":
        return _MARK
    if category[0] == "L" or category in ("Nl", "No"):
        return _SINGLE if is_unspaced(char) else _WORD
    return _WORD if category == "Nd" else _BETWEEN


def words(text: str, tokenization: str = "characters") -> list[str]:
    """Return the words of a text, in order.

    Args:
        text: any text.
        tokenization: tokens of scripts written without spaces: single "characters", or the
            "words" that ICU's dictionaries find; see `check_tokenization`.
    """
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    # NFC twice, because lower-casing needs composed letters and decomposes some of them ("İ").
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())
    text = text.replace("ς", "σ")  # lower() chooses between them by what follows the word
    kinds = text.translate(_KINDS)
    tokens = []
    for match in (_TOKEN if tokenization == "characters" else _RUN).finditer(kinds):
        token = text[match.start() : match.end()]
        if _INVISIBLE in match.group():
            token = "".join(c for c in token if _KINDS[ord(c)] != _INVISIBLE)
        if tokenization == "words" and match.group()[0] == _SINGLE:
            tokens.extend(_dictionary_words(token))
        else:
            tokens.append(token)
    return tokens


def _dictionary_words(run: str) -> list[str]:
    """Return the dictionary words of a run of letters; together they are the whole run."""
    from icu4py.breakers import WordBreaker

    return list(WordBreaker(run, "en"))  # the scripts choose the dictionaries, not the locale


def check_tokenization(tokenization: str) -> str:
    """Return the name of a tokenization in signatures.

    Raises:
        ConfigError: the tokenization is unknown, or needs a package that is not installed.
    """
    if tokenization not in TOKENIZATIONS:
        raise ConfigError(f"tokenize {tokenization!r}: {did_you_mean(tokenization, TOKENIZATIONS)}")
    if tokenization == "characters":
        return "unicode"
    try:
        import icu4py.breakers  # noqa: F401
    except ImportError:
        command = "pip install 'summarizer-lstm[words]'"
        raise ConfigError(
            f"tokenize words: icu4py is not installed; this needs {command}"
        ) from None
    return "unicode-words"


def is_unspaced_text(text: str) -> bool:
    """Tell whether most tokens of a text are of a script without spaces between words."""
    if text.isascii():
        return False
    tokens = words(text)
    return 2 * sum(_KINDS[ord(token[0])] == _SINGLE for token in tokens) > len(tokens)


def sentence_lines(text: str) -> str:
    """Return a text with each sentence on a line of its own.

    A text with newlines is returned as it is: its lines count as sentences. Other texts are split
    by the sentencex library, at the full stops of all scripts but not after English abbreviations
    or inside quotation marks and brackets, and at the spaces of Thai and Lao, which have no full
    stop.
    """
    if "\n" in text:
        return text
    from sentencex import segment

    return SPACE.sub("\n", "\n".join(segment("en", _BLANK.sub(" ", text))))
