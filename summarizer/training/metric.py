"""The result of a validation, and which of its numbers decides."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class ValidationResult(NamedTuple):
    """What a validation measures.

    Attributes:
        scores: numbers by metric.
        samples: lines to print.
        groups: `by_type` and `by_source` → type, or type and source → ROUGE-1 of its examples; {}
            if the examples are of one group.
    """

    scores: dict[str, float]
    samples: list[str]
    groups: Mapping[str, Mapping[str, float]] = MappingProxyType({})


class Metric(NamedTuple):
    """The number that decides which weights are the best.

    Attributes:
        name: its name in a validation's scores and in `metrics.jsonl`.
        label: its name in messages.
        sign: 1 if higher is better, -1 if lower is.
    """

    name: str
    label: str
    sign: int = 1

    def score(self, result: ValidationResult) -> float:
        """Return the number that decides, signed so that higher is better."""
        return self.sign * result.scores[self.name]

    def text(self, value: float) -> str:
        """Format a value: points with two digits, nats with four."""
        return f"{value:.{4 if self.sign < 0 else 2}f}"


ROUGE1 = Metric("rouge1", "ROUGE-1")
KEPT_F1 = Metric("kept", "F1 of kept words")
LOSS = Metric("validation_loss", "loss", -1)
