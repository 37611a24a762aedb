"""What is found: how often, where for example, and what to change; as text or as JSON."""

import dataclasses
import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 100  # characters of a line
_EXCERPT = 70  # characters


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        name: what it is called in `docs/doctor.md`.
        count: how many.
        of: of how many.
        what: continues the sentence that "3 of 200" begins.
        change: what to change.
        example: one of them, with its id; "" where there is nothing to show.
    """

    name: str
    count: int
    of: int
    what: str
    change: str
    example: str = ""


def text(findings: Sequence[Finding]) -> str:
    """Lay out findings for people, a block each in the order given."""
    return "\n\n".join(map(_block, findings)) if findings else "nothing found"


def line(finding: Finding) -> str:
    """Write a finding as one JSON object on one line."""
    return json.dumps(dataclasses.asdict(finding), ensure_ascii=False)


def excerpt(text: str, at: int = 0) -> str:
    """Return a piece of a text from about a place on, in quotes, with dots where more follows."""
    begin = max(at - _EXCERPT // 3, 0)
    part = text[begin : begin + _EXCERPT]
    return f'"{"…" * (begin > 0)}{part}{"…" * (begin + len(part) < len(text))}"'


def share(part: float, whole: float) -> str:
    """Write part of a whole in percent, with as many digits as tell it from nothing and all."""
    found = part / whole if whole else 0.0
    return f"{found:.1%}" if 0.0005 <= found <= 0.9995 or part in (0, whole) else f"{found:.2%}"


def _block(finding: Finding) -> str:
    count = f"{finding.count:,} of {finding.of:,} ({share(finding.count, finding.of)})"
    paragraphs = [f"{finding.name}: {count} {finding.what}"]
    paragraphs += [f"  example: {finding.example}"] if finding.example else []
    paragraphs += [f"  change: {finding.change}"]
    return "\n".join(
        textwrap.fill(
            paragraph, WIDTH, subsequent_indent="    ",
            break_long_words=False, break_on_hyphens=False,
        )
        for paragraph in paragraphs
    )  # fmt: skip
