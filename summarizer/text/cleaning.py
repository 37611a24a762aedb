"""Bring any text to one form: one line, single spaces, Unicode's composed form (NFC)."""

import unicodedata

# Removed: control characters that are no white space, the byte order mark, and surrogates (JSON can
# spell half a pair, which cannot be written as UTF-8).
DROPPED = dict.fromkeys(
    [i for i in (*range(32), *range(127, 160)) if not chr(i).isspace()]
    + [0xFEFF, *range(0xD800, 0xE000)]
)

_INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")  # general categories


def clean(text: str) -> str:
    """Return the text on one line with single spaces, in Unicode's composed form (NFC).

    Each run of white space, including line ends, becomes one space. Control characters and byte
    order marks are removed. The function is idempotent.
    """
    # A printable text without double spaces has no other white space than single spaces.
    if not text.isprintable() or "  " in text:
        text = " ".join(text.translate(DROPPED).split())
    return unicodedata.normalize("NFC", text.strip(" "))


def is_blank(text: str) -> bool:
    """Return whether a text has no visible character."""
    return not any(unicodedata.category(char) not in _INVISIBLE for char in text)
