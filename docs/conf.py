"""How the pages of this folder are built: `make docs`. Every `.md` file here is a page."""

import os
import re
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
# Pages that are files of the repository's root, where a reader of the code looks for them.
AT_THE_ROOT = {
    "readme": DOCS.parent / "README.md",
    "readme.zh": DOCS.parent / "README.zh.md",
    "contributing": DOCS.parent / "CONTRIBUTING.md",
}


def place(app: Any, page: str, source: list[str]) -> None:
    """Put a file of the root in its page's place; turn links as a code host reads them to pages."""
    file = DOCS / f"{page}.md"
    if page in AT_THE_ROOT:
        file = AT_THE_ROOT[page]
        app.env.note_dependency(file)
        source[0] = file.read_text(encoding="utf-8")

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


def show_returns(app: Any, what: str, name: str, of: Any, options: Any, lines: list[str]) -> None:
    """Show `Returns` as prose, or as a list of several values; napoleon takes it for a type."""
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
    """Tell Sphinx what to do with pages and docstrings."""
    app.connect("source-read", place)
    app.connect("autodoc-process-docstring", show_returns, priority=400)  # before napoleon
