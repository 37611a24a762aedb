"""Prose of a web page: its paragraphs and headings, without markup, menus and scripts."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from summarizer.documents import encoding
from summarizer.errors import InputError
from summarizer.text import cleaning
from summarizer.text.sentences import ends_sentence

_NEVER = frozenset({"script", "style", "template", "title", "svg", "object", "iframe"})
_DROPPED = _NEVER | {
    "nav", "header", "footer", "aside", "form", "button", "select", "textarea", "noscript", "menu",
    "dialog", "figure", "audio", "video", "canvas", "math", "pre",
}  # fmt: skip
_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "complementary"})
_INLINE = frozenset({
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em",
    "font", "i", "img", "ins", "kbd", "label", "mark", "q", "rp", "rt", "ruby", "s", "samp",
    "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
})  # fmt: skip
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
})  # fmt: skip
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_MAIN = frozenset({"main", "article"})
_CELLS = frozenset({"td", "th"})
_PROSE = 50  # minimum characters of a table cell that is prose


def text(raw: bytes, name: str, charset: str | None = None) -> str:
    """Return the paragraphs of a page, separated by blank lines.

    Args:
        raw: the page.
        name: name of the page in error messages.
        charset: the encoding that its server declared; None: use the page's own declaration.

    Raises:
        InputError: the page has no text or cannot be decoded.
    """
    page = prose(encoding.decode(raw, name, charset or encoding.declared_in_page(raw)))
    if cleaning.is_blank(page):
        raise InputError(f"{name}: a page without text (scripts may fill it in a browser)")
    return page


def prose(page: str, dropped: frozenset[str] = frozenset()) -> str:
    """Return the paragraphs of a decoded page, separated by blank lines; "" if it has none.

    If `<main>` and `<article>` hold a third of the text or more, only their text is returned.
    Blocks that are mostly links are menus (link density: Kohlschütter et al. 2010, section 3), and
    short table cells are not prose. A page without any prose is returned whole.

    Args:
        page: HTML, well formed or not.
        dropped: further elements to remove.
    """
    blocks = [b for b in _blocks(page, _DROPPED | dropped) if b.is_prose()]
    main = [b for b in blocks if b.main]
    if 3 * sum(len(b.text) for b in main) >= sum(len(b.text) for b in blocks):
        blocks = main
    return "\n\n".join(b.text for b in blocks or _blocks(page, _NEVER))


@dataclass
class _Block:
    """The text between two tags that break lines.

    Attributes:
        heading: whether it is a heading.
        cell: whether it is a table cell.
        main: whether it is in `<main>` or `<article>`.
        parts: the text, in parts.
        linked: number of characters in links.
    """

    heading: bool = False
    cell: bool = False
    main: bool = False
    parts: list[str] = field(default_factory=list)
    linked: int = 0

    @property
    def text(self) -> str:
        return " ".join("".join(self.parts).split())

    def is_prose(self) -> bool:
        if self.heading:
            return True
        if 2 * self.linked > len(self.text):
            return False
        return not self.cell or len(self.text) >= _PROSE or ends_sentence(self.text)


class _Parser(HTMLParser):
    """Splits a page into blocks, without the content of dropped elements."""

    def __init__(self, dropped: frozenset[str]):
        super().__init__(convert_charrefs=True)
        self.blocks = [_Block()]
        self._dropped = dropped
        self._open: list[tuple[str, bool]] = []  # open elements, and whether each is dropped
        self._breaks = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._breaks += 1
            if self._breaks > 1:  # an empty line
                self._begin()
            self.blocks[-1].parts.append(" ")
        if tag not in _VOID:
            self._open.append((tag, self._drops(tag, dict(attrs))))
        if tag not in _INLINE and tag != "br":
            self._begin()

    def handle_endtag(self, tag: str) -> None:
        tags = [t for t, _ in self._open]
        if tag in tags:  # also closes elements inside that were left open
            del self._open[len(tags) - 1 - tags[::-1].index(tag) :]
        if tag not in _INLINE:
            self._begin()

    def handle_data(self, data: str) -> None:
        if any(dropped for _, dropped in self._open):
            return
        tags = {tag for tag, _ in self._open}
        linked = "a" in tags
        if linked and "sup" in tags:  # the mark of a note
            return
        if not data.isspace():
            self._breaks = 0
            self.blocks[-1].linked += linked * len(" ".join(data.split()))
        self.blocks[-1].parts.append(data)

    def _drops(self, tag: str, attributes: dict[str, str | None]) -> bool:
        inside = {t for t, _ in self._open}
        if tag == "header" and inside & _MAIN:  # the title of an article
            return False
        return (
            tag in self._dropped
            or "hidden" in attributes
            or attributes.get("aria-hidden") == "true"
            or attributes.get("role") in _ROLES
            or "display:none" in (attributes.get("style") or "").replace(" ", "")
        )

    def _begin(self) -> None:
        tags = {tag for tag, _ in self._open}
        block = _Block(bool(tags & _HEADINGS), bool(tags & _CELLS), bool(tags & _MAIN))
        self.blocks.append(block)


def _blocks(page: str, dropped: frozenset[str]) -> list[_Block]:
    parser = _Parser(dropped)
    parser.feed(page)
    parser.close()
    return [block for block in parser.blocks if block.text]
