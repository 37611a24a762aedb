"""Prose of a Markdown file: its paragraphs, headings and list items, without markup and code.

The file is rendered to HTML (CommonMark with tables and strikethrough), whose prose is returned.
"""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML

from summarizer.documents import encoding, html
from summarizer.errors import InputError
from summarizer.text import cleaning

# Not prose: marks of notes, embedded files, and web addresses that are their own link.
_REMOVED = re.compile(
    r"\[\^[^\]\[\s]{1,100}\]|!\[\[[^\[\]\n]*+\]\]|<(?:https?|mailto):[^<>\s]*+>", re.IGNORECASE
)
_WIKI_LINK = re.compile(r"\[\[(?:[^\[\]\n|]*+\|)?+([^\[\]\n|]++)\]\]")
_TASK_BOX = re.compile(r"^([ \t]*+(?:[-*+]|\d{1,9}[.)])[ \t]++)\[[ xX]\][ ]")
_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")
_NOTE = re.compile(r"[ ]{0,3}\[\^[^\]\s]{1,100}\]:")  # the text of a note
_ADMONITION = re.compile(r"[ \t]*+(?:!!!|\?\?\?\+?)[ \t]++[\w-]+")
_CONTAINER = re.compile(r"[ \t]*+:{3,}(?:[ \t]*+[\w{][^\n]*+)?+[ \t]*+$")
_ALERT = re.compile(r"^((?:[ \t]*+>)++[ \t]*+)\[![\w-]+\][+-]?")
_INDENT = re.compile(r"[ ]{4}|\t|[ ]{1,3}\t")
# What HTML searches to the end of the text if it is not closed. Many of them are no HTML.
_OPEN_ENDED = (("<!--", "-->"), ("<?", "?>"), ("<![CDATA[", "]]>"), ("<!", ">"))
_MOST_OPEN = 100
_FRONT_MATTER = {"---": ("---", "..."), "+++": ("+++",)}
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
    for opening, end in _OPEN_ENDED:
        begin = source.rfind(end) + 1
        if source.count(opening, begin) > _MOST_OPEN:
            rest = source[begin:].replace(opening, f"&lt;{opening[1:]}")
            source = source[:begin] + rest
    lines = source.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").split("\n")
    return html.prose(_MARKDOWN.render("\n".join(_plain(_without_front_matter(lines)))), _DROPPED)


def _without_front_matter(lines: list[str]) -> list[str]:
    """Return the lines behind the front matter, of YAML (`---`) or TOML (`+++`)."""
    ends = _FRONT_MATTER.get(lines[0].rstrip(), ())
    for i, line in enumerate(lines[1:] if ends else [], 1):
        if line.rstrip() in ends:
            return lines[i + 1 :]
    return lines


def _plain(lines: list[str]) -> Iterator[str]:
    """Yield lines of CommonMark: without notes, and without the signs that only extensions know.

    Lines of fenced code stay as they are. The lines of an admonition lose their indent.
    """
    fence, in_admonition = "", False
    for line in _without_notes(lines):
        if in_admonition and line.strip():
            indent = _INDENT.match(line)
            in_admonition = indent is not None
            line = line[indent.end() :] if indent else line
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
            yield line
        elif mark:
            fence = mark[1]
            yield line
        elif _ADMONITION.match(line):
            in_admonition = True
            yield ""
        elif _CONTAINER.match(line):
            yield ""
        else:
            line = _WIKI_LINK.sub(r"\1", _REMOVED.sub("", _ALERT.sub(r"\1", line)))
            yield _TASK_BOX.sub(r"\1", line)


def _without_notes(lines: list[str]) -> Iterator[str]:
    """Yield lines without the texts of notes: the lines up to a blank one, then indented ones."""
    in_note, after_blank = False, False
    fence = ""
    for line in lines:
        if mark := _FENCE.match(line):
            fence = "" if mark[1].startswith(fence or " ") else fence or mark[1]
        blank = not line.strip()
        if not fence and _NOTE.match(line):
            in_note, after_blank = True, False
            continue
        if in_note and not blank and after_blank and not _INDENT.match(line):
            in_note = False
        after_blank = blank
        if not in_note or blank:
            yield line
