"""Put the parts of a number together as a document has them."""

import re

_AMOUNT = re.compile(r"(?:[$€£¥₹] ?)?(?<!\d)\d+(?: ?[.,] ?\d+)*(?: ?%)?")


def join_amounts(text: str, document: str) -> str:
    """Return a text without spaces inside amounts that its document writes without them.

    `$ 1 . 5` becomes `$1.5`, and `3.5 %` becomes `3.5%`, if the document has the amount in this
    form and not in that one.
    """

    def join(match: re.Match[str]) -> str:
        amount = match.group()
        joined = amount.replace(" ", "")
        if joined != amount and _has_number(document, joined) and amount not in document:
            return joined
        return amount

    return _AMOUNT.sub(join, text)


def _has_number(document: str, amount: str) -> bool:
    """Return whether a document has an amount that is no part of a longer number."""
    before, after = r"(?<!\d)(?<!\d[.,])", r"(?!\d|[.,]\d)"
    return re.search(before + re.escape(amount) + after, document) is not None
