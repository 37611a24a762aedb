"""Split a text into words and punctuation marks, and join them to the same text again.

A word is a run of letters, digits and combining marks, including inner apostrophes (`don't`). `'s`
is a word of its own. A number includes its points and commas (`1,000`). In scripts without spaces
between words (`text.scripts`) each character is a word. Everything else is a mark; equal marks in a
row are one (`...`).

A mark records where no space stands: it has a `￭` on each side where it touches a word (`(￭`, `￭,`,
`￭-￭`). A word therefore has the same form wherever it stands. A space between words is implied,
except next to a word of a script without spaces. A space that stands there is the token `▁`.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator

from summarizer.text.scripts import UNSPACED, is_unspaced

SPACE, JOIN = "▁", "￭"  # `normalize` removes both from texts

LETTER = rf"[^\W_{UNSPACED}]"  # or a digit, of a script with spaces between words


def normalize(text: str, lowercase: bool) -> str:
    """Return the text in Unicode's compatibility form (NFKC), optionally in lower case.

    Words are split from this form and compared in it.
    """
    text = unicodedata.normalize("NFKC", text)
    if lowercase:
        text = unicodedata.normalize("NFKC", text.lower())
    return text.replace(SPACE, " ")


def split_words(text: str) -> Iterator[str]:
    """Yield the words and marks of a normalized text."""
    return (token for token, _, _ in word_offsets(text))


def word_offsets(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield (token, begin, end) for each token of `split_words`; offsets are characters."""
    previous_end, previous_kind = 0, "mark"
    for match in _token_pattern().finditer(text):
        token, kind, start = match.group(), match.lastgroup, match.start()
        if kind == "mark":
            left = JOIN if start and not text[start - 1].isspace() else ""
            right = JOIN if _begins_word(text[match.end() : match.end() + 1]) else ""
            yield left + token + right, start, match.end()
        else:
            beside_unspaced = "unspaced" in (kind, previous_kind) and previous_kind != "mark"
            if beside_unspaced and start > previous_end:
                yield SPACE, previous_end, start
            yield token, start, match.end()
        previous_end, previous_kind = match.end(), str(kind)


def join_words(tokens: Iterable[str]) -> str:
    """Return the text of words and marks, the inverse of `split_words`."""
    parts: list[str] = []
    joined, previous = True, ""  # whether no space may follow; the previous token if it is a word
    for token in tokens:
        bare = " " if token == SPACE else token.strip(JOIN)
        word = token if _begins_word(token) else ""
        unspaced = previous and word and (is_unspaced(previous) or is_unspaced(word))
        if not (joined or unspaced or token.startswith((JOIN, SPACE))):
            parts.append(" ")
        parts.append(bare)
        joined, previous = token.endswith((JOIN, SPACE)), word
    return "".join(parts).strip()


def _begins_word(text: str) -> bool:
    return text[:1].isalnum() or is_unspaced(text)


@functools.cache
def _token_pattern() -> re.Pattern[str]:
    """Return the pattern of one token; compiled on first use, as it scans all of Unicode."""
    # Signs belong to the character before them. A zero-width space (U+200B) does not.
    signs = _character_ranges(
        code
        for code in (0xAD, *range(0x300, 0x20000), *range(0xE0000, 0xE0200))
        if unicodedata.category(chr(code)) in ("Mn", "Mc", "Me", "Cf") and code != 0x200B
    )
    word = rf"{LETTER}+(?:[{signs}]+{LETTER}*)*"
    word_end = rf"(?!{LETTER}|[{signs}])"
    return re.compile(
        rf"(?P<number>\d+(?:[.,]\d+)+{word_end})"
        rf"|(?P<word>{word}(?:['’](?![sS]{word_end}){word})*)"
        rf"|(?P<unspaced>[{UNSPACED}][{signs}]*)"
        rf"|(?P<mark>(?<=\w)['’][sS]{word_end}|(\S)\5*[{signs}]*)"
    )


def _character_ranges(codes: Iterable[int]) -> str:
    """Return code points as ranges of a character class, which matches much faster than a list."""
    runs: list[list[int]] = []
    for code in codes:
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in runs)
