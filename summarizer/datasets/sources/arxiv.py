"""arXiv's metadata snapshot, abstracts to titles: `arxiv:FILE`, or a file named arxiv-metadata*.

One JSON object a line with `id`, `title`, `abstract`, `categories` (apart by spaces) and, where
there are any, `comments`. Line breaks inside titles and abstracts become spaces; withdrawn papers,
and those outside the bounds, are passed over.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from summarizer.datasets.sources import _records
from summarizer.errors import InputError, did_you_mean
from summarizer.types import Example

_WITHDRAWN = re.compile(
    r"\b(?:paper|article|manuscript|submission|preprint|work|note|version)\b[^.]{0,30}"
    r"\b(?:has|is|was)(?: now| hereby)?(?: been| being)? (?:withdrawn|retracted)\b|^withdrawn\b",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"\b(?:withdrawn|retracted)\b", re.IGNORECASE)
_BEGINNING = 200  # characters of an abstract in which it says so


@dataclass(frozen=True)
class Options:
    """What is read.

    Attributes:
        path: the file, also .gz or .xz.
        categories: papers in any of these, cross-lists too; `cs` stands for all of cs.*.
        shortest: words of an abstract, at least.
        longest: words of an abstract, at most.
        title_shortest: words of a title, at least.
        title_longest: words of a title, at most.
        skip_bad: count lines that cannot be used and go on.
    """

    path: str
    categories: tuple[str, ...] = ()
    shortest: int = 20
    longest: int = 1000
    title_shortest: int = 2
    title_longest: int = 40
    skip_bad: bool = False

    def __post_init__(self) -> None:
        """Refuse impossible bounds."""
        for low, high in (("shortest", "longest"), ("title_shortest", "title_longest")):
            least, most = getattr(self, low), getattr(self, high)
            if not 1 <= least <= most:
                raise ValueError(f"{low}={least}, {high}={most}: must be 1 <= {low} <= {high}")


def examples(options: Options, split: str = "all") -> Iterator[Example]:
    """Yield the papers of a split, in the order of the file; the abstract is the document.

    Raises:
        InputError: names the file, the line and the reason; a category that no paper has.
    """
    return _records.collect_examples(options.path, _results(options), options.skip_bad, split)


def _results(options: Options) -> Iterator[Example | InputError]:
    seen: set[str] = set()
    papers = taken = 0
    for number, row in _records.json_records(options.path):
        try:
            if isinstance(row, InputError):
                raise row
            papers += 1
            if found := _paper(options, number, row, seen):
                taken += 1
                yield found
        except InputError as error:
            yield error
    for wanted in options.categories:
        if papers and not any(_within(category, wanted) for category in seen):
            near = did_you_mean(wanted, {name.partition(".")[0] for name in seen})
            raise InputError(f"{options.path}: no paper is in category {wanted!r}: {near}")
    if papers and not taken:
        raise InputError(f"{options.path}: none of {papers} papers is within the bounds asked for")


def _paper(options: Options, line: int, row: dict[str, Any], seen: set[str]) -> Example | None:
    """Make an example of a paper; None for one that is passed over."""
    where = f"{options.path}:{line}"
    if options.categories:
        _records.require_columns(where, row, "categories")
        if not isinstance(row["categories"], str):
            raise InputError(f"{where}: column 'categories' is not text")
        categories = row["categories"].split()
        seen.update(categories)
        if not any(_within(c, wanted) for c in categories for wanted in options.categories):
            return None
    found = _records.example(options.path, line, row, "abstract", "title")
    if _WITHDRAWN.search(found.document[:_BEGINNING]) or _COMMENT.search(str(row.get("comments"))):
        return None
    words, title = len(found.document.split()), len((found.summary or "").split())
    bounded = options.shortest <= words <= options.longest
    return found if bounded and options.title_shortest <= title <= options.title_longest else None


def _within(category: str, wanted: str) -> bool:
    return category == wanted or category.startswith(wanted + ".")
