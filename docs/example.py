"""Write what the shipped model prints into the example of both READMEs.

    PYTHONPATH=. python docs/example.py

The example is the part between two comments: the first article of `data/articles.en.jsonl`, as
`summarize` prints it with `--format markdown`, in a quotation.
"""

import contextlib
import io
import re
import textwrap
from pathlib import Path

from summarizer import cli

ROOT = Path(__file__).parent.parent
READMES = (ROOT / "README.md", ROOT / "README.zh.md")
PART = re.compile(r"(?<=<!-- printed -->\n).*?(?=<!-- /printed -->)", re.S)
WIDTH = 98


def printed() -> str:
    """Return the summaries of the article, as Markdown, without the line that names the file."""
    articles = str(ROOT / "data" / "articles.en.jsonl")
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        words = [articles, "--type", "headline,tldr,key-points", "--format", "markdown"]
        assert cli.summarize_main(words) == 0
    first = re.split(r"^## .*\n\n", out.getvalue(), flags=re.M)[1]
    return first.strip()


def quoted(text: str) -> str:
    """Return Markdown as a quotation, in lines of the width of the READMEs."""
    lines = []
    for line in text.split("\n"):
        indent = "  " if line.startswith("- ") else ""
        lines += textwrap.wrap(line, WIDTH, subsequent_indent=indent, break_on_hyphens=False) or [
            ""
        ]
    return "".join(f"> {line}".rstrip() + "\n" for line in lines)


if __name__ == "__main__":
    example = quoted(printed())
    for path in READMES:
        text = path.read_text(encoding="utf-8")
        path.write_text(PART.sub(lambda _: example, text), encoding="utf-8")
