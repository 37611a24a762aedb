"""Scripts that are written without spaces between words: the one definition of the program.

They are Han, Hiragana, Katakana, Bopomofo, Thai, Lao, Khmer and Myanmar (Unicode Standard Annex
24). The table holds the blocks of these scripts, with the letters that Japanese and Chinese share,
such as U+30FC and U+3006. Symbols made of their letters, such as circled ideographs, are no letters
of a script and are left out.
"""

import re

# Ranges for a class of a regular expression.
UNSPACED = (
    "\u0e01-\u0e5b"  # Thai
    "\u0e81-\u0edf"  # Lao
    "\u1000-\u109f\ua9e0-\ua9fe\uaa60-\uaa7f"  # Myanmar
    "\u1780-\u17ff"  # Khmer
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3192-\u3195"  # Han
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00016fe3\U00020000-\U0003fffd"
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # kana
    "\U0001aff0-\U0001afff\U0001b000-\U0001b16f"
    "\u3105-\u312f\u31a0-\u31bf"  # Bopomofo
)
_UNSPACED_START = re.compile(f"[{UNSPACED}]")


def is_unspaced(text: str) -> bool:
    """Return whether the first character of a text is of a script without spaces between words."""
    return _UNSPACED_START.match(text) is not None
