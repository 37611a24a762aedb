"""The prose of a Markdown file: its paragraphs, headings and list items, without markup and code.

Source: CommonMark 0.31 for what is markup; only what prose needs of it.
"""

import html
import re

from summarizer.documents import encoding
from summarizer.errors import InputError
from summarizer.text import cleaning

_LINK_TARGET = r"\((?:[^()\n]|\([^()\n]*\))*\)"
# In this order, each with what it leaves.
_RULES = [
    (re.compile(pattern, flags), left)
    for pattern, flags, left in (
        (r"\r\n?", 0, "\n"),
        (r"\A---\n.*?\n(?:---|\.\.\.)\n", re.S, ""),  # front matter
        (r"^[ ]{0,3}(`{3,}|~{3,}).*?(?:^[ ]{0,3}\1[`~]*[ ]*$|\Z)", re.S | re.M, "\n"),  # code
        (r"<!--.*?-->|<(script|style)\b.*?</\1>", re.S | re.I, ""),
        (r"<(?:https?|mailto):[^>\s]*>", re.I, ""),
        (r"</?[a-z][^<>]*>", re.I, ""),
        (r"!\[[^\]]*\](?:" + _LINK_TARGET + r"|\[[^\]]*\])", 0, ""),  # images
        (r"^[ ]{0,3}\[[^\]]+\]:[ \t]+\S.*$", re.M, ""),  # targets and notes at the foot
        (r"\[\^[^\]]+\]", 0, ""),
        (r"\[([^\[\]]+)\](?:" + _LINK_TARGET + r"|\[[^\]]*\])", 0, r"\1"),
        (r"^[ ]{0,3}(?:>[ ]?)+", re.M, ""),
        (r"^[ ]{0,3}(?:=+|-{2,}|(?:[-*_][ ]*){3,})$", re.M, "\n"),  # underlines and rules
        (r"^[ ]*\|.*$|^[ ]*:?-+:?[ ]*(?:\|[ ]*:?-+:?[ ]*)+$", re.M, ""),  # tables
        (r"^[ ]{0,3}#{1,6}[ \t]+(.*?)[ \t]*#*$", re.M, r"\n\1\n"),
        (r"^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ ])?(?=\S*[^\W\d])", re.M, "\n"),
        (r"(`+)(.+?)\1", 0, r"\2"),
        (r"(\*{1,3}|~~)(?=\S)([^*~]+?)(?<=\S)\1", 0, r"\2"),
        (r"(?<!\w)(_{1,3})(?=\S)([^_]+?)(?<=\S)\1(?!\w)", 0, r"\2"),
        (r"""\\([!-/:-@\[-`{-~])""", 0, r"\1"),
    )
]


def text(raw: bytes, name: str, charset: str | None = None) -> str:
    """Return the paragraphs of a file, with blank lines between.

    Raises:
        InputError: it is not UTF-8, or has no text.
    """
    found = prose(encoding.decode(raw, name, charset))
    if cleaning.is_blank(found):
        raise InputError(f"{name}: no text beside the markup")
    return found


def prose(source: str) -> str:
    """Return the paragraphs of Markdown, with blank lines between; a list's item is one."""
    for pattern, left in _RULES:
        source = pattern.sub(left, source)
    blocks = re.split(r"\n\s*\n", html.unescape(source))
    return "\n\n".join(" ".join(block.split()) for block in blocks if not cleaning.is_blank(block))
