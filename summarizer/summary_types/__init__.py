"""Types of summaries: one file a type, and the names that data may use and a user may request.

The decoder writes a summary of some types, after their control token. The others are extracts. The
file of an extracted type chooses the parts of a document; `api.extracts` runs it.
"""

from summarizer.errors import InputError, did_you_mean
from summarizer.summary_types import auto, headline, key_points, keywords, title, tldr
from summarizer.summary_types._base import (
    LENGTHS,
    Length,
    Limit,
    Part,
    SummaryType,
    limit_of,
    parse_length,
    part_count,
)

__all__ = ["LENGTHS", "Length", "Limit", "Part", "SummaryType"]
__all__ += ["limit_of", "parse_length", "part_count"]

# What a user may request.
TYPES: dict[str, SummaryType] = {
    module.TYPE.name: module.TYPE for module in (headline, title, tldr, key_points, keywords, auto)
}
# Types with a control token in the vocabulary, which starts the decoder; in the order of their ids.
CONTROLLED = (headline.TYPE.name, title.TYPE.name, tldr.TYPE.name)
# What data may use.
KNOWN = (*CONTROLLED, key_points.TYPE.name, keywords.TYPE.name, "summary")
_ALIASES = {"keypoints": "key-points", "key_points": "key-points"}


def canonical_name(text: str, where: str = "") -> str:
    """Return the canonical name of a type of data.

    Args:
        text: a known name, such as `headline`, or an alias, such as `keypoints`.
        where: file and line, SPEC or option that holds the text, for the error.

    Raises:
        InputError: the type is unknown; names the nearest one.
    """
    name = _ALIASES.get(text, text)
    if name not in KNOWN:
        prefix = f"{where}: " if where else ""
        raise InputError(f"{prefix}unknown type {text!r}: {did_you_mean(text, KNOWN)}")
    return name


def requested_type(text: str) -> SummaryType:
    """Return the type that a user requests by its name or an alias.

    Raises:
        InputError: the type is unknown; names the nearest one.
    """
    name = _ALIASES.get(text, text)
    if name not in TYPES:
        raise InputError(f"unknown type {text!r}: {did_you_mean(text, TYPES)}")
    return TYPES[name]


def parse_types(text: str) -> tuple[str, ...]:
    """Return the names in a list of types, separated by commas, each once.

    Raises:
        InputError: a type is unknown.
    """
    return tuple(dict.fromkeys(requested_type(name.strip()).name for name in text.split(",")))
