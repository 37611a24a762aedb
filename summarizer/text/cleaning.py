"""Bring any text to one form: one line, single spaces, Unicode's composed form (NFC)."""

import itertools
import re
import unicodedata

# Removed: control characters that are no white space, the byte order mark, surrogates (JSON can
# spell half a pair, which cannot be written as UTF-8), and characters without width that only say
# where a line may end or in which direction a text runs. They would cut words.
DROPPED = dict.fromkeys(
    [i for i in (*range(32), *range(127, 160)) if not chr(i).isspace()]
    + [0xAD, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2065)]
    + [*range(0x2066, 0x206A), 0xFEFF, *range(0xFFF9, 0xFFFC), *range(0xD800, 0xE000)]
)

# Chinese and Japanese letters and their punctuation, without combining marks: a line end between
# two of them is no space.
LINE_SCRIPTS = (
    "\u2e80-\u2fdf\u3001-\u3029\u3030-\u303f\u3041-\u3096\u309b-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40"
    "\uff5b-\uff9f\U00020000-\U0003fffd"
)
_LINE_SCRIPT = re.compile(f"[{LINE_SCRIPTS}]")

_INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")  # general categories


def clean(text: str) -> str:
    """Return the text on one line with single spaces, in Unicode's composed form (NFC).

    Each run of white space, including line ends, becomes one space; a single line end between two
    characters of Chinese or Japanese becomes nothing. Control characters, byte order marks, soft
    hyphens and characters without width are removed. The function is idempotent.
    """
    # A printable text without double spaces has no other white space than single spaces.
    if not text.isprintable() or "  " in text:
        text = text.translate(DROPPED)
        if "\n" in text and _LINE_SCRIPT.search(text):
            text = _join_lines(text)
        text = " ".join(text.split())
    return unicodedata.normalize("NFC", text.strip(" "))


def joins(before: str, gap: str, after: str) -> bool:
    """Return whether a gap of white space is no space: the end of one line inside Chinese text.

    Args:
        before: the character before the gap.
        gap: the white space.
        after: the character after the gap.
    """
    return (
        gap.count("\n") == 1
        and _LINE_SCRIPT.match(before) is not None
        and _LINE_SCRIPT.match(after) is not None
    )


def _join_lines(text: str) -> str:
    """Return a text without the line ends that are no spaces."""
    lines = [line.strip() for line in text.split("\n")]
    parts = lines[:1]
    for last, line in itertools.pairwise(lines):
        parts.append(line if joins(last[-1:], "\n", line[:1]) else f"\n{line}")
    return "".join(parts)


def is_blank(text: str) -> bool:
    """Return whether a text has no visible character."""
    return not any(unicodedata.category(char) not in _INVISIBLE for char in text)
