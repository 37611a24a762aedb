"""The types of summaries: what data may call its summaries, and what a model may be asked for."""

from summarizer.errors import InputError, did_you_mean

# Types that the decoder is told by a control token of the vocabulary, in the order of their ids.
CONTROLLED = ("headline", "title", "tldr")
KNOWN = (*CONTROLLED, "key-points", "keywords", "summary")
_SPELLINGS = {"keypoints": "key-points", "key_points": "key-points"}


def named(text: str, where: str = "") -> str:
    """Return the name of a type from how data or a user writes it.

    Args:
        text: `headline`, or another spelling of a known type, such as `keypoints`.
        where: what the text stands in, for the error.

    Raises:
        InputError: the type is unknown; names the nearest one.
    """
    name = _SPELLINGS.get(text, text)
    if name not in KNOWN:
        prefix = f"{where}: " if where else ""
        raise InputError(f"{prefix}unknown type {text!r}: {did_you_mean(text, KNOWN)}")
    return name
