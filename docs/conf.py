"""Configuration of the documentation build (`make docs`). Every `.md` file here is a page."""

import os
import re
import sys
from pathlib import Path
from typing import Any

from summarizer import __version__

project = "Summarizer"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]

myst_heading_anchors = 3  # page.md#a-heading, as on the code host
default_role = "code"  # `name` in a docstring
highlight_language = "text"  # of blocks that do not say what they are

autodoc_mock_imports = ["keras", "tensorflow"]  # signatures and docstrings need neither
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False

html_theme = "alabaster"
html_theme_options = {"description": "Small abstractive summarizers", "page_width": "64rem"}
html_sidebars = {"**": ["about.html", "searchfield.html", "navigation.html"]}
html_show_copyright = False
html_show_sourcelink = False

DOCS = Path(__file__).parent.resolve()
sys.path.append(str(DOCS))  # for generated.py
# Pages whose text is a file in the root of the repository, where readers of the code look for it.
AT_THE_ROOT = {
    "changelog": DOCS.parent / "CHANGELOG.md",
    "readme": DOCS.parent / "README.md",
    "readme.zh": DOCS.parent / "README.zh.md",
    "contributing": DOCS.parent / "CONTRIBUTING.md",
}


def prepare_page(app: Any, page: str, source: list[str]) -> None:
    """Complete the text of a page before it is parsed.

    Insert the text of files in the root and of generated sections, and turn links as a code host
    reads them into links between pages.
    """
    file = DOCS / f"{page}.md"
    if page in AT_THE_ROOT:
        file = AT_THE_ROOT[page]
        app.env.note_dependency(file)
        source[0] = file.read_text(encoding="utf-8")
    source[0], sections = re.subn(r"^<!-- generated: (\w+) -->$", generate, source[0], flags=re.M)
    if sections:
        app.env.note_reread()  # the code may have changed

    def link(match: re.Match[str]) -> str:
        path, hash_sign, anchor = match[1].partition("#")
        target = (file.parent / path).resolve()
        for name, moved in AT_THE_ROOT.items():
            if target == moved:
                target = DOCS / f"{name}.md"
        if target.is_relative_to(DOCS):
            return f"](/{target.relative_to(DOCS)}{hash_sign}{anchor})"
        outside = os.path.relpath(target, (DOCS / page).parent)
        return f"](path:{outside})"  # a file to download

    source[0] = re.sub(r"\]\((?!\w+:|#)([^)\s]+)\)", link, source[0])


def generate(mark: re.Match[str]) -> str:
    """Return the section that a mark `<!-- generated: NAME -->` stands for."""
    import generated  # only here: it imports the package

    text: str = getattr(generated, mark[1])()
    return text


def show_returns(app: Any, what: str, name: str, of: Any, options: Any, lines: list[str]) -> None:
    """Render `Returns` as prose or as a list of values; napoleon would take it for a type."""
    if "Returns:" not in lines:
        return
    begin = lines.index("Returns:") + 1
    rest = range(begin, len(lines))
    end = next((i for i in rest if lines[i] and not lines[i].startswith(" ")), len(lines))
    shown = [line.strip() for line in lines[begin:end]]
    if re.match(r" {4}\w+: ", lines[begin]):
        first = [re.match(r" {4}\w+: ", line) for line in lines[begin:end]]
        shown = [("* " if new else "  ") + line for new, line in zip(first, shown, strict=True)]
    lines[begin - 1 : end] = [":returns:", *("    " + line for line in shown), ""]


def setup(app: Any) -> None:
    """Connect the functions above to the events of Sphinx."""
    app.connect("source-read", prepare_page)
    app.connect("autodoc-process-docstring", show_returns, priority=400)  # before napoleon
