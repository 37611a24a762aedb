"""Tells by a few sure signs that a text was read with the wrong encoding or not cleaned.

Sources drop control characters and make every space a plain one, so that these are never met here.
What leaves no sign is not seen: a text whose wrong characters are all letters that belong to its
language, or letters that were dropped altogether.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

# What the bytes 0x80 to 0xBF of UTF-8 become where they are read as Windows-1252; and the same
# without quotes, dashes and dots, which also follow a letter in texts that are as they should be.
_ANY = "¡-¿€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_RARE = "¡-º¼-¿€‚ƒ„†‡ˆ‰Š‹ŒŽ•˜™šœžŸ"
_TAGS = (
    r"<br ?/?>|</(?:p|div|span|a|b|i|em|strong|li|ul|ol|table|tr|td|sub|sup|script|style|h[1-6])>"
)
_ENTITIES = (
    "amp|lt|gt|quot|apos|nbsp|ndash|mdash|hellip|[lr][sd]quo|[lr]aquo|copy|reg|trade|deg|times|"
    "middot|bull|[aeiouAEIOU](?:acute|grave|circ|uml)|[nN]tilde|[cC]cedil|szlig"
)


class Fault(NamedTuple):
    """A fault of texts.

    Attributes:
        name: of the finding.
        sign: what it leaves in a text.
        what: says of pairs that they have it.
        change: what to do about it.
        ascii: whether it is met in texts of ASCII characters alone.
    """

    name: str
    sign: re.Pattern[str]
    what: str
    change: str
    ascii: bool = False


FAULTS = (
    Fault(
        "wrong encoding",
        re.compile(
            # Letters with marks; Greek to Arabic in two bytes, Hebrew among them, whose × is met
            # alone, too; Devanagari to Hangul in three, or fewer where control characters went.
            f"Ã[{_RARE}]|Â[{_RARE}]|â€|ï»¿|ï¿½|(?:[Î-ÖØ-Û][{_ANY}]){{2}}|(?:×+[{_ANY}]){{3}}|"
            f"(?:[à-í][{_ANY}]{{2}}){{2}}|(?:[à-ï]+[¡-¿]{{1,2}}){{2}}[à-ï]"
        ),
        "pairs hold UTF-8 that was read as Latin-1 or Windows-1252, as Ã© for é",
        "read the original again as UTF-8; where there is none, "
        'text.encode("cp1252").decode("utf-8") puts most of it right',
    ),
    Fault(
        "lost characters",
        re.compile("\ufffd"),
        "pairs hold U+FFFD, which stands where a character could not be read",
        "read the original again with the encoding that it is in; what is lost cannot be restored "
        "from here",
    ),
    Fault(
        "invisible characters",
        re.compile("[\u00ad\u2060\ue000-\uf8ff\ufffc]"),
        "pairs hold soft hyphens, joiners or private characters of a font: no eye sees them, and "
        "they make other words of the words that they stand in",
        r"remove them: re.sub('[\u00ad\u2060\ue000-\uf8ff\ufffc]', '', text)",
    ),
    Fault(
        "HTML left over",
        re.compile(rf"&(?:{_ENTITIES}|#[0-9]{{1,7}}|#[xX][0-9a-fA-F]{{1,6}});|{_TAGS}"),
        "pairs hold entities or tags of HTML, which a model learns to write",
        "take the text out of the page: summarizer reads .html files by itself, and "
        "html.unescape(text) turns entities into characters",
        ascii=True,
    ),
)  # fmt: skip


def find(text: str) -> Iterator[tuple[int, int]]:
    """Yield (number in FAULTS, first place in the text) of each fault that a text has.

    Of a text in a wrong encoding that is all there is to say.
    """
    plain = text.isascii()
    for number, fault in enumerate(FAULTS):
        if (fault.ascii or not plain) and (match := fault.sign.search(text)):
            yield number, match.start()
            if not number:  # soft hyphens and the like are bytes of characters, then
                return
