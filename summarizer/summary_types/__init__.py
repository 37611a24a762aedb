"""Types of summaries: the names that data may use and that a user may request of a model."""

from summarizer.errors import InputError, did_you_mean

# Types with a control token in the vocabulary, which starts the decoder; in the order of their ids.
CONTROLLED = ("headline", "title", "tldr")
KNOWN = (*CONTROLLED, "key-points", "keywords", "summary")
_ALIASES = {"keypoints": "key-points", "key_points": "key-points"}


def canonical_name(text: str, where: str = "") -> str:
    """Return the canonical name of a type.

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
