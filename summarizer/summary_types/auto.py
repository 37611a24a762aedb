"""The model chooses between a headline and a title."""

from collections.abc import Sequence

from summarizer.summary_types import headline, title
from summarizer.summary_types._base import SummaryType

TYPE = SummaryType(
    "auto", "a headline or a title, whichever the model finds likelier", "words", (6, 12, 18)
)
CANDIDATES = (headline.TYPE.name, title.TYPE.name)


def candidates(known: Sequence[str]) -> tuple[str, ...]:
    """Return the types to choose between, of those that a model was trained for.

    A model of neither a headline nor a title has no choice: the result is its first type.
    """
    return tuple(name for name in CANDIDATES if name in known) or tuple(known[:1])
