"""Part a text into words and marks, and put it together again as it was.

A word is a run of letters, digits and combining marks, apostrophes inside included (`don't`); `'s`
stands alone, and so does a number with its points and commas (`1,000`). Scripts that put no space
between words (Han, kana, Thai, Lao, Khmer, Burmese) give one word a character. Everything else is
a mark, equal ones in a row together (`...`).

A mark says itself where no space is: `￭` stands on each side where a word touches it (`(￭`, `￭,`,
`￭-￭`), so that words look the same wherever they stand. Between words is a space, unless one of
them is of a script without; where there is one all the same, the text has `▁`.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator

SPACE, JOIN = "▁", "￭"  # neither is in a text: see `normal`

_SPACELESS = (
    "\u0e01-\u0e5b\u0e81-\u0edf\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029"
    "\u3031-\u3035\u3038-\u303c\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
)
_SINGLE = re.compile(f"[{_SPACELESS}]")
LETTER = rf"[^\W_{_SPACELESS}]"  # or a digit, of a script with spaces between words


def normalize(text: str, fold: bool) -> str:
    """Return the text in the form that words have: composed (NFKC), without case if folded."""
    text = unicodedata.normalize("NFKC", text)
    if fold:
        text = unicodedata.normalize("NFKC", text.lower())
    return text.replace(SPACE, " ")


def split_words(text: str) -> Iterator[str]:
    """Yield the words and marks of a text in normal form."""
    return (token for token, _, _ in word_offsets(text))


def word_offsets(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield what `split` does, and where in the text each token begins and ends."""
    end, last = 0, "mark"  # of the token before
    for match in _token().finditer(text):
        token, kind, start = match.group(), match.lastgroup, match.start()
        if kind == "mark":
            left = JOIN if start and not text[start - 1].isspace() else ""
            right = JOIN if _begins_word(text[match.end() : match.end() + 1]) else ""
            yield left + token + right, start, match.end()
        else:
            if "single" in (kind, last) and last != "mark" and start > end:
                yield SPACE, end, start
            yield token, start, match.end()
        end, last = match.end(), str(kind)


def join_words(tokens: Iterable[str]) -> str:
    """Return the text of words and marks."""
    out: list[str] = []
    touches, last = True, ""  # whether no space follows the last token; it, if it is a word
    for token in tokens:
        bare = " " if token == SPACE else token.strip(JOIN)
        word = token if _begins_word(token) else ""
        flowing = last and word and (spaceless(last) or spaceless(word))
        if not (touches or flowing or token.startswith((JOIN, SPACE))):
            out.append(" ")
        out.append(bare)
        touches, last = token.endswith((JOIN, SPACE)), word
    return "".join(out).strip()


def spaceless(word: str) -> bool:
    """Tell whether a word is of a script without spaces between words."""
    return _SINGLE.match(word) is not None


def _begins_word(text: str) -> bool:
    return text[:1].isalnum() or spaceless(text)


@functools.cache
def _token() -> re.Pattern[str]:
    """What a word or a mark looks like; made when first needed, as it looks at all of Unicode."""
    signs = _ranges(
        code
        for code in (0xAD, *range(0x300, 0x20000), *range(0xE0000, 0xE0200))
        if unicodedata.category(chr(code)) in ("Mn", "Mc", "Me", "Cf") and code != 0x200B
    )  # what belongs to the character before it; a zero-width space does not
    word = rf"{LETTER}+(?:[{signs}]+{LETTER}*)*"
    over = rf"(?!{LETTER}|[{signs}])"
    return re.compile(
        rf"(?P<number>\d+(?:[.,]\d+)+{over})"
        rf"|(?P<word>{word}(?:['’](?![sS]{over}){word})*)"
        rf"|(?P<single>[{_SPACELESS}][{signs}]*)"
        rf"|(?P<mark>(?<=\w)['’][sS]{over}|(\S)\5*[{signs}]*)"
    )


def _ranges(codes: Iterable[int]) -> str:
    """Write code points for a class of a pattern; their runs as such, which is much faster."""
    runs: list[list[int]] = []
    for code in codes:
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in runs)
