"""What validations find, and which of their numbers decides."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Metric(NamedTuple):
    """The number that decides which weights are the best.

    Attributes:
        name: among a validation's scores, and in `metrics.jsonl`.
        label: in messages.
        sign: 1 where more is better, -1 where less is.
    """

    name: str
    label: str
    sign: int = 1

    def text(self, value: float) -> str:
        """Write a value: points with two digits, nats with four."""
        return f"{value:.{4 if self.sign < 0 else 2}f}"


ROUGE1 = Metric("rouge1", "ROUGE-1")
KEPT_F1 = Metric("kept", "F1 of kept words")
LOSS = Metric("validation_loss", "loss", -1)


class ValidationResult(NamedTuple):
    """What a validation found.

    Attributes:
        scores: by metric.
        samples: lines to show.
        parts: `by_type` and `by_source` → type, or type and source → ROUGE-1 of its examples;
            {} where the examples are of one group.
    """

    scores: dict[str, float]
    samples: list[str]
    parts: Mapping[str, Mapping[str, float]] = MappingProxyType({})
