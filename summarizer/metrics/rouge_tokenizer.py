"""Cuts text of any script into the words and sentences that ROUGE compares.

Words are runs of letters, combining marks and digits, in lower case and NFC: an accented letter is
one like any other and stays inside its word. Scripts that put no space between words (Han, kana,
Thai, Lao, Khmer, Burmese) give one token a character, with the marks that belong to it, or the
words of ICU's dictionaries. On ASCII text the words are the runs of `[a-z0-9]`.
"""

import re
import unicodedata

from summarizer.errors import ConfigError, did_you_mean
from summarizer.text.scripts import is_unspaced
from summarizer.text.sentences import SPACE

TOKENIZATIONS = ("characters", "words")  # of scripts without spaces between words

_WORD, _SINGLE, _MARK, _INVISIBLE, _BETWEEN = "wsmi "
_ASCII_WORD = re.compile("[a-z0-9]+")
_SPACED = f"{_WORD}[{_WORD}{_MARK}{_INVISIBLE}]*"
_TOKEN = re.compile(f"{_SINGLE}[{_MARK}{_INVISIBLE}]*|{_SPACED}")
_RUN = re.compile(f"{_SINGLE}[{_SINGLE}{_MARK}{_INVISIBLE}]*|{_SPACED}")
# Half a surrogate pair has no UTF-8, and sentencex stops at some white space of several bytes.
_BLANK = re.compile(r"[\s\ud800-\udfff]")


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


def words(text: str, units: str = "characters") -> list[str]:
    """Return the words of a text, in order.

    Args:
        text: any text.
        units: of scripts without spaces between words: single "characters", or the "words" that
            ICU's dictionaries find in each run of them; see `check`.
    """
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    # Lower case first composed, then again: some small letters decompose ("İ").
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())
    text = text.replace("ς", "σ")  # which one it is depends on what follows, even after a full stop
    kinds = text.translate(_KINDS)
    found = []
    for match in (_TOKEN if units == "characters" else _RUN).finditer(kinds):
        word = text[match.start() : match.end()]
        if _INVISIBLE in match.group():
            word = "".join(c for c in word if _KINDS[ord(c)] != _INVISIBLE)
        if units == "words" and match.group()[0] == _SINGLE:
            found.extend(_in_dictionary(word))
        else:
            found.append(word)
    return found


def _in_dictionary(run: str) -> list[str]:
    """Cut a run of letters that are written without spaces; nothing of it is lost."""
    from icu4py.breakers import WordBreaker

    return list(WordBreaker(run, "en"))  # the scripts choose the dictionaries, not the locale


def check(units: str) -> str:
    """Return what a signature says of these units.

    Raises:
        ConfigError: there are none of that name, or what they need is not installed.
    """
    if units not in TOKENIZATIONS:
        raise ConfigError(f"tokens {units!r}: {did_you_mean(units, TOKENIZATIONS)}")
    if units == "characters":
        return "unicode"
    try:
        import icu4py.breakers  # noqa: F401
    except ImportError:
        needed = "pip install 'summarizer-lstm[words]'"
        raise ConfigError(f"tokens words: icu4py is not installed; this needs {needed}") from None
    return "unicode-words"


def is_unspaced_text(text: str) -> bool:
    """Tell whether most tokens of a text are of a script without spaces between words."""
    if text.isascii():
        return False
    tokens = words(text)
    return 2 * sum(_KINDS[ord(token[0])] == _SINGLE for token in tokens) > len(tokens)


def lines(text: str) -> str:
    """Put each sentence on a line of its own.

    A text that has a newline is left as it is, one sentence a line. Any other is cut by the
    sentencex library, at the full stops of all scripts but not after an English abbreviation or
    inside quotation marks and brackets; and at the spaces of Thai and Lao, which have no full stop.
    """
    if "\n" in text:
        return text
    from sentencex import segment

    return SPACE.sub("\n", "\n".join(segment("en", _BLANK.sub(" ", text))))
