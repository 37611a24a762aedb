"""arXiv's metadata snapshot, abstracts to titles: `arxiv:FILE`, or a file named arxiv-metadata*.

Each line is a JSON object with `id`, `title`, `abstract`, `categories` (separated by spaces) and
optionally `comments`. Line breaks in titles and abstracts become spaces. Withdrawn papers are
skipped, and so are papers outside the length bounds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from summarizer.datasets.sources import _lines, _records
from summarizer.errors import InputError, did_you_mean
from summarizer.types import Example

_WITHDRAWN = re.compile(
    r"\b(?:paper|article|manuscript|submission|preprint|work|note|version)\b[^.]{0,30}"
    r"\b(?:has|is|was)(?: now| hereby)?(?: been| being)? (?:withdrawn|retracted)\b|^withdrawn\b",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"\b(?:withdrawn|retracted)\b", re.IGNORECASE)
_NOTICE_LENGTH = 200  # characters at the start of an abstract that are searched for a withdrawal
_COLUMNS = _records.Columns("abstract", "title")


@dataclass(frozen=True)
class Options:
    """Options of the snapshot.

    Attributes:
        path: the file, also .gz or .xz.
        categories: keep papers of any of these categories, including cross-lists; `cs` stands for
            all of cs.*.
        shortest: minimum number of words of an abstract.
        longest: maximum number of words of an abstract.
        title_shortest: minimum number of words of a title.
        title_longest: maximum number of words of a title.
        skip_bad: skip and count unusable records.
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
            minimum, maximum = getattr(self, low), getattr(self, high)
            if not 1 <= minimum <= maximum:
                raise ValueError(f"{low}={minimum}, {high}={maximum}: must be 1 <= {low} <= {high}")


def examples(options: Options, split: str = "all") -> Iterator[Example]:
    """Yield the papers of a split, in the order of the file; the abstract is the document.

    Raises:
        InputError: names the file, the line and the reason; or no paper has a category.
    """
    return _records.collect_examples(options.path, _results(options), options.skip_bad, split)


def _results(options: Options) -> Iterator[Example | InputError]:
    seen_categories: set[str] = set()
    papers = matching_papers = 0
    for number, row in _lines.json_records(options.path):
        try:
            if isinstance(row, InputError):
                raise row
            papers += 1
            if example := _paper(options, number, row, seen_categories):
                matching_papers += 1
                yield example
        except InputError as error:
            yield error
    for category in options.categories:
        if papers and not any(_within(name, category) for name in seen_categories):
            near = did_you_mean(category, {name.partition(".")[0] for name in seen_categories})
            raise InputError(f"{options.path}: no paper is in category {category!r}: {near}")
    if papers and not matching_papers:
        raise InputError(
            f"{options.path}: none of {papers} papers is within the length bounds (shortest, "
            "longest, title_shortest, title_longest)"
        )


def _paper(
    options: Options, line: int, row: dict[str, Any], seen_categories: set[str]
) -> Example | None:
    """Return the example of a paper, or None if the paper is skipped.

    The paper's categories are added to `seen_categories`.
    """
    where = f"{options.path}:{line}"
    if options.categories:
        _records.require_columns(where, row, "categories")
        if not isinstance(row["categories"], str):
            raise InputError(f"{where}: column 'categories' is not text")
        categories = row["categories"].split()
        seen_categories.update(categories)
        if not any(_within(c, category) for c in categories for category in options.categories):
            return None
    example = _records.example(options.path, line, row, _COLUMNS)
    notice = example.document[:_NOTICE_LENGTH]
    if _WITHDRAWN.search(notice) or _COMMENT.search(str(row.get("comments"))):
        return None
    words, title_words = len(example.document.split()), len((example.summary or "").split())
    if not options.shortest <= words <= options.longest:
        return None
    return example if options.title_shortest <= title_words <= options.title_longest else None


def _within(name: str, category: str) -> bool:
    return name == category or name.startswith(category + ".")
