"""Findings of the doctor: how often a problem occurs, an example, and how to fix it."""

import json
import textwrap
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from summarizer.doctor.messages import MESSAGES

LINE_WIDTH = 100  # characters
_EXCERPT = 70  # characters


def _renamed(old: str, new: str) -> property:
    """Return a property that reads a field by its old name."""

    def read(self: object) -> object:
        text = f"Finding.{old} is deprecated; use Finding.{new}"
        warnings.warn(text, DeprecationWarning, stacklevel=2)
        return getattr(self, new)

    return property(read)


@dataclass(frozen=True)
class Finding:
    """One problem of a dataset or a run.

    Attributes:
        name: name in `docs/howto/doctor.md`.
        count: number of items that have the problem.
        total: number of items that were checked, or that are needed.
        message: description of the problem, with its numbers.
        fix: what the user can change.
        example: one item that has the problem, with its id; "" if there is none to show.
    """

    name: str
    count: int
    total: int
    message: str
    fix: str
    example: str = ""

    @classmethod
    def build(
        cls, name: str, count: int, total: int, example: str = "", **values: object
    ) -> "Finding":
        """Make a finding from its messages; `values` are what the messages name besides counts."""
        values |= {"count": count, "total": total, "share": percent(count, total)}
        values["counts"] = f"{count:,} of {total:,}"
        message, fix = (text.format_map(values) for text in MESSAGES[name])
        return cls(name, count, total, message, fix, example)

    of = _renamed("of", "total")
    what = _renamed("what", "message")
    change = _renamed("change", "fix")


def to_text(findings: Sequence[Finding]) -> str:
    """Lay out findings for a terminal, one block each, in the order given."""
    return "\n\n".join(map(_block, findings)) if findings else "no problems found"


def to_json(finding: Finding) -> str:
    """Write a finding as a JSON object on one line; its keys are a fixed format."""
    record = {
        "name": finding.name,
        "count": finding.count,
        "of": finding.total,
        "what": finding.message,
        "change": finding.fix,
        "example": finding.example,
    }
    return json.dumps(record, ensure_ascii=False)


def excerpt(text: str, position: int = 0) -> str:
    """Return a quoted excerpt around a position, with "…" where text is left out."""
    begin = max(position - _EXCERPT // 3, 0)
    part = text[begin : begin + _EXCERPT]
    return f'"{"…" * (begin > 0)}{part}{"…" * (begin + len(part) < len(text))}"'


def percent(part: float, whole: float) -> str:
    """Format a ratio as a percentage; extra digits keep it apart from 0% and 100%."""
    ratio = part / whole if whole else 0.0
    return f"{ratio:.1%}" if 0.0005 <= ratio <= 0.9995 or part in (0, whole) else f"{ratio:.2%}"


def _block(finding: Finding) -> str:
    paragraphs = [f"{finding.name}: {finding.message}"]
    paragraphs += [f"  example: {finding.example}"] if finding.example else []
    paragraphs += [f"  fix: {finding.fix}"]
    wrapper = textwrap.TextWrapper(
        LINE_WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(map(wrapper.fill, paragraphs))
