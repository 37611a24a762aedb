"""Words of subtitles (.srt, .vtt), without numbers, times, markup and notes."""

import html
import re

from summarizer.documents import encoding
from summarizer.errors import InputError
from summarizer.text import cleaning

_TIMES = re.compile(r"\d{1,3}:\d\d(?::\d\d)?[.,]\d{1,3}[ \t]*+-->")
_MARKUP = re.compile(r"<[^<>\n]*+>|\{\\[^{}\n]*+\}")
_NOT_SPOKEN = ("WEBVTT", "NOTE", "STYLE", "REGION", "X-TIMESTAMP")


def text(raw: bytes, name: str, charset: str | None = None) -> str:
    """Return what is said, as one paragraph.

    Args:
        raw: the file.
        name: name of the file in error messages.
        charset: the declared encoding; None: UTF-8.

    Raises:
        InputError: the file cannot be decoded or has no subtitle.
    """
    spoken = words(encoding.decode(raw, name, charset))
    if cleaning.is_blank(spoken):
        raise InputError(f"{name}: no subtitles with words in it")
    return spoken


def words(source: str) -> str:
    """Return the lines of all subtitles, joined by spaces; a line that is repeated counts once.

    Subtitles that roll repeat the last line of the one before.
    """
    lines, last = list[str](), ""
    for line in _lines(source):
        line = " ".join(html.unescape(_MARKUP.sub("", line)).split())
        if line and line != last:
            lines.append(line)
            last = line
    return " ".join(lines)


def _lines(source: str) -> list[str]:
    """Return the lines below times, and those that go on after a blank line."""
    lines, block = list[str](), list[str]()
    in_subtitle = False
    for line in [*source.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        if line.strip():
            block.append(line.strip())
            continue
        times = [i for i, row in enumerate(block) if _TIMES.match(row)]
        if times:
            in_subtitle = True
            for i, j in zip(times, [*times[1:], len(block) + 1], strict=True):
                lines += block[i + 1 : j - 1 if j < len(block) else j]
        elif block and in_subtitle and not block[0].startswith(_NOT_SPOKEN):
            lines += [row for row in block if not row.isdecimal()]
        block = []
    return lines
