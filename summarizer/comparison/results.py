"""The result of one variant, kept as a file in the folder of its run."""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path

from summarizer.errors import ModelError
from summarizer.storage import atomic_write

FILE = "result.json"
METRICS = ("rouge1", "rouge2", "rougeL")


@dataclass(frozen=True)
class VariantResult:
    """One variant, trained and measured. The file has the same names.

    Attributes:
        name: name of the preset.
        parameters: number of trained parameters.
        test: SPEC of the test documents.
        documents: number of test documents.
        failed: error message of a failed training, without further results; "": trained.
        steps: training steps.
        examples: examples in these steps.
        minutes: minutes of training, without validations and measurements.
        speed: examples per second, without the steps up to the first validation, which compile.
        loss: loss on the validation examples, nats per token.
        scores: metric → F of each document, in points.
        first: metric → {"mean", "low", "high"} of the lead baseline on the same documents.
        lengths: number of words of each document.
        repeated: share of the summaries' words that occurred in the summary before.
        copied: share of the summaries' words that occur in the document.
        written: `repeated` and `copied` of the references.
        generated: mean probability of generating instead of copying; None: without a pointer.
        curve: (minutes, ROUGE-1) of each validation.
        reach: relative gradient norm at distance 0, 1, …; see `measurements.gradient_reach`.
    """

    name: str
    parameters: int
    test: str = ""
    documents: int = 0
    failed: str = ""
    steps: int = 0
    examples: int = 0
    minutes: float = 0.0
    speed: float = 0.0
    loss: float = 0.0
    scores: dict[str, list[float]] = field(default_factory=dict)
    first: dict[str, dict[str, float]] = field(default_factory=dict)
    lengths: list[int] = field(default_factory=list)
    repeated: float = 0.0
    copied: float = 0.0
    written: tuple[float, float] = (0.0, 0.0)
    generated: float | None = None
    curve: list[tuple[float, float]] = field(default_factory=list)
    reach: list[float] = field(default_factory=list)


def write_result(result: VariantResult, folder: Path) -> None:
    """Write a result atomically: a variant with a result file is finished."""
    atomic_write(folder / FILE, (json.dumps(dataclasses.asdict(result)) + "\n").encode())


def read_result(folder: Path) -> VariantResult:
    """Read the result of a finished variant.

    Raises:
        ModelError: the file is missing, truncated or of another version.
    """
    try:
        return VariantResult(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(
            f"{folder / FILE}: not a result ({error}); remove the folder to train it again"
        ) from None
