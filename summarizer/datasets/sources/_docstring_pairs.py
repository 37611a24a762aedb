"""Pairs of a long description and its one-line summary, from docstrings of installed packages.

The files are parsed with `ast`; no package is imported or run. Tests, vendored copies of other
projects and repeated texts are left out.
"""

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from summarizer.text.cleaning import clean
from summarizer.types import Example

VERSION = 1  # of these rules; the cache of another version is not used
DESCRIPTION_WORDS = 40  # minimum
SUMMARY_WORDS = (3, 30)  # minimum and maximum
SKIPPED_FOLDERS = {"tests", "test", "testing", "testdata", "_vendor", "vendored", "__pycache__"}

_FENCE = re.compile(r"^[ \t]*(```|~~~).*?(^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_DOCTEST = re.compile(r"^[ \t]*>>>.*(?:\n[ \t]*\S.*)*", re.MULTILINE)
_DIRECTIVE = re.compile(r"^[ \t]*\.\. [\w-]+::.*$", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*([-=~^*#+_`])\1{2,}[ \t]*$", re.MULTILINE)
_MARKUP = re.compile(r"`{1,2}|(?<!\w):\w+:(?=`)|(?<!\w)@\{|\}(?=`)")
_LINK = re.compile(r"\[([^\][]*)\](?:\([^()\s]*\)|\[[^\][]*\])")
_WORD = re.compile(r"[^\W\d_]{2,}")

_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def pairs(packages: Sequence[tuple[str, Path]]) -> Iterator[Example]:
    """Yield the usable pairs of the packages, in an order that depends only on their files.

    Of pairs with equal summaries, or with descriptions that begin with the same words, only the
    first is yielded, so that no text is in two splits under two names.

    Args:
        packages: (name, folder) of each.
    """
    seen: set[str] = set()
    for package, folder in packages:
        for path in python_files(folder):
            module = ".".join([package, *path.relative_to(folder).with_suffix("").parts])
            for name, docstring in _docstrings(path):
                pair = split_docstring(docstring)
                if pair is None:
                    continue
                document, summary = pair
                keys = {_key(summary, 30), _key(document, 40)}
                if not keys & seen:
                    seen |= keys
                    yield Example(f"{module}:{name}", document, summary)


def split_docstring(docstring: str) -> tuple[str, str] | None:
    """Return (description, summary) of a docstring, or None if it is no usable pair.

    The summary is the first paragraph. Code, doctests and markup are removed from the description.
    """
    head, *remainder = re.split(r"\n[ \t]*\n", docstring.strip(), maxsplit=1)
    summary = _plain(head)
    if not SUMMARY_WORDS[0] <= len(summary.split()) <= SUMMARY_WORDS[1] or ">>>" in head:
        return None
    body = _FENCE.sub("", "".join(remainder))
    for pattern in (_DOCTEST, _DIRECTIVE, _RULE):
        body = pattern.sub("", body)
    document = _plain(_without_code(body))
    words = document.split()
    # Tables, signatures and shell output are not a description.
    if len(words) < DESCRIPTION_WORDS or len(_WORD.findall(document)) < 0.6 * len(words):
        return None
    return document, summary


def python_files(folder: Path) -> list[Path]:
    """Return the Python files of a package without its tests and vendored packages, sorted."""
    paths = []
    for path in folder.rglob("*.py"):
        parts = path.relative_to(folder).parts
        if not SKIPPED_FOLDERS.intersection(parts) and not path.stem.endswith("_test"):
            paths.append(path)
    return sorted(paths, key=lambda path: path.relative_to(folder).parts)


def _docstrings(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (qualified name, docstring), in the order of the file."""
    source = path.read_bytes()
    if b'"""' not in source and b"'''" not in source:
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes that a later Python refuses
            tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return  # a template, or written for another Python
    yield from _walk(tree, "")


def _walk(node: ast.AST, prefix: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, _Documented) and (docstring := ast.get_docstring(node)):
        yield prefix or "module", docstring
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _walk(child, f"{prefix}.{child.name}" if prefix else child.name)


def _without_code(text: str) -> str:
    """Remove the indented blocks that follow a line ending in `::`."""
    lines: list[str] = []
    indent = -1  # of the line that opened the block; -1 outside
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip())
        if indent >= 0 and line.strip() and depth <= indent:
            indent = -1
        if indent < 0:
            lines.append(line)
            if line.rstrip().endswith("::"):
                indent = depth
    return "\n".join(lines)


def _plain(text: str) -> str:
    return clean(_MARKUP.sub("", _LINK.sub(r"\1", text)))


def _key(text: str, words: int) -> str:
    return " ".join(_WORD.findall(text.lower())[:words])
