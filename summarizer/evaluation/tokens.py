"""Cuts text of any script into the words and sentences that ROUGE compares.

Words are runs of letters, combining marks and digits, in lower case and NFC. Scripts that put no
space between words (Han, kana, Thai, Lao, Khmer, Burmese) give one token a character, with the
marks that belong to it. On ASCII text the words are the runs of `[a-z0-9]`.
"""

import re
import unicodedata

# Prefixes of the Unicode names of letters that are written without spaces between words.
_SPACELESS = (
    "CJK ",
    "IDEOGRAPHIC",
    "HIRAGANA",
    "KATAKANA",
    "HALFWIDTH KATAKANA",
    "BOPOMOFO",
    "THAI ",
    "LAO ",
    "KHMER ",
    "MYANMAR ",
)
_WORD, _SINGLE, _MARK, _INVISIBLE, _BETWEEN = "wsmi "
_ASCII_WORD = re.compile("[a-z0-9]+")
_TOKEN = re.compile(f"{_SINGLE}[{_MARK}{_INVISIBLE}]*|{_WORD}[{_WORD}{_MARK}{_INVISIBLE}]*")

_CLOSERS = "\"'’”»)\\]」』）】》"
_SPACED_END = re.compile(rf"([.!?…؟۔।॥]+[{_CLOSERS}]*)\s+")
_SPACELESS_END = re.compile(rf"([。！？｡]+[{_CLOSERS}]*)\s*")


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
        return _SINGLE if name.startswith(_SPACELESS) else _WORD
    return _WORD if category == "Nd" else _BETWEEN


def words(text: str) -> list[str]:
    """Return the words of a text, in order; single characters where no spaces are written."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    # Lower case first composed, then again: some small letters decompose ("İ").
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())
    kinds = text.translate(_KINDS)
    found = []
    for match in _TOKEN.finditer(kinds):
        word = text[match.start() : match.end()]
        if _INVISIBLE in match.group():
            word = "".join(c for c in word if _KINDS[ord(c)] != _INVISIBLE)
        found.append(word)
    return found


def spaceless(text: str) -> bool:
    """Tell whether most tokens of a text are of a script without spaces between words."""
    if text.isascii():
        return False
    tokens = words(text)
    return 2 * sum(_KINDS[ord(token[0])] == _SINGLE for token in tokens) > len(tokens)


def lines(text: str) -> str:
    """Put each sentence on a line of its own.

    The rule: a text that has a newline is left as it is, one sentence a line. Any other is cut
    after a run of `. ! ? …` (also `؟ ۔ । ॥`) that white space follows, and after a run of
    `。 ！ ？ ｡`; closing quotes and brackets stay with the sentence that they close.
    """
    if "\n" in text:
        return text
    return _SPACELESS_END.sub(r"\1\n", _SPACED_END.sub(r"\1\n", text))
