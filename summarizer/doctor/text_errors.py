"""Find signs of a wrong encoding or of missing cleaning in a text.

Sources remove control characters and unusual spaces, so this module never sees them. Wrong
characters that are all letters of the text's language, and dropped letters, leave no sign.
"""

import re
from collections.abc import Iterator

_TAGS = (
    r"<br ?/?>|</(?:p|div|span|a|b|i|em|strong|li|ul|ol|table|tr|td|sub|sup|script|style|h[1-6])>"
)
_ENTITIES = (
    "amp|lt|gt|quot|apos|nbsp|ndash|mdash|hellip|[lr][sd]quo|[lr]aquo|copy|reg|trade|deg|times|"
    "middot|bull|[aeiouAEIOU](?:acute|grave|circ|uml)|[nN]tilde|[cC]cedil|szlig"
)
_PATTERNS = {
    "lost characters": re.compile("\ufffd"),
    "invisible characters": re.compile("[\u00ad\u2060\ue000-\uf8ff\ufffc]"),
    "HTML left over": re.compile(
        rf"&(?:{_ENTITIES}|#[0-9]{{1,7}}|#[xX][0-9a-fA-F]{{1,6}});|{_TAGS}"
    ),
}
WRONG_ENCODING = "wrong encoding"
TEXT_ERRORS = (WRONG_ENCODING, *_PATTERNS)  # names of findings
# Correct text has single signs of mojibake, in "ÖÖ“, Größe" for example, but not this many in
# this many characters.
_SIGNS, _SPAN = 3, 60


def find_text_errors(text: str) -> Iterator[tuple[str, int]]:
    """Yield the name of each finding that applies to a text, and its first position there.

    In mojibake, soft hyphens and the like are bytes of other characters: nothing else is reported.
    """
    if (position := find_mojibake(text)) >= 0:
        yield WRONG_ENCODING, position
        return
    for name, pattern in _PATTERNS.items():
        if match := pattern.search(text):
            yield name, match.start()


def find_mojibake(text: str) -> int:
    """Return the first position of UTF-8 that was decoded as another encoding; -1 without any.

    A single sign counts if ftfy can decode it. Where sources removed control characters from the
    middle of a character, ftfy cannot, but there several signs stand close together.
    """
    if text.isascii():
        return -1
    import ftfy.badness

    signs = [match.start() for match in ftfy.badness.BADNESS_RE.finditer(text)]
    clustered = any(
        last - first < _SPAN for first, last in zip(signs, signs[_SIGNS - 1 :], strict=False)
    )
    if clustered or (signs and ftfy.fix_encoding(text) != text):
        return signs[0]
    return -1
