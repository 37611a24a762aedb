"""Prose of a Markdown file: its paragraphs, headings and list items, without markup and code.

The file is rendered to HTML (CommonMark with tables and strikethrough), whose prose is returned.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML

from summarizer.documents import encoding, html
from summarizer.errors import InputError
from summarizer.text import cleaning

# Not prose: front matter, notes and their marks, and web addresses that are their own link.
_REMOVED = re.compile(
    r"\A---\n(?s:.*?)\n(?:---|\.\.\.)\n"
    r"|^[ ]{0,3}\[\^[^\]]+\]:.*$"
    r"|\[\^[^\]]+\]"
    r"|<(?:https?|mailto):[^>\s]*>",
    re.MULTILINE | re.IGNORECASE,
)
_TASK_BOX = re.compile(r"^([ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+)\[[ xX]\][ ]", re.MULTILINE)
_DROPPED = frozenset({"table"})


class _ProseRenderer(RendererHTML):
    """Renders links as their text, which `html.prose` would take for menus, and breaks as spaces.

    The methods are named for the tokens that they render.
    """

    def link_open(self, *_: object) -> str:
        return ""

    def link_close(self, *_: object) -> str:
        return ""

    def hardbreak(self, *_: object) -> str:
        return "\n"


_MARKDOWN = MarkdownIt("commonmark", renderer_cls=_ProseRenderer).enable(["table", "strikethrough"])


def text(raw: bytes, name: str, charset: str | None = None) -> str:
    """Return the paragraphs of a file, separated by blank lines.

    Args:
        raw: the file.
        name: name of the file in error messages.
        charset: the declared encoding; None: UTF-8.

    Raises:
        InputError: the file cannot be decoded or has no text.
    """
    paragraphs = prose(encoding.decode(raw, name, charset))
    if cleaning.is_blank(paragraphs):
        raise InputError(f"{name}: no text beside the markup")
    return paragraphs


def prose(source: str) -> str:
    """Return the paragraphs of Markdown, separated by blank lines; a list item is a paragraph."""
    source = _REMOVED.sub("", source.replace("\r\n", "\n").replace("\r", "\n"))
    return html.prose(_MARKDOWN.render(_TASK_BOX.sub(r"\1", source)), _DROPPED)
