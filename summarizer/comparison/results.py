"""What was found of one variant, kept as a file in the folder of its run."""

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
    """One variant, trained and measured.

    Attributes:
        name: of the preset.
        parameters: numbers that are trained.
        test: SPEC of the documents it was measured on.
        documents: how many of them.
        failed: why there is nothing more: the line of the error; empty: there is.
        steps: of training.
        examples: that these steps saw.
        minutes: of training, validations and measurements not counted.
        speed: examples a second, without the steps up to the first validation, which compile.
        loss: on the validation examples, nats a piece.
        scores: metric → F of each document, in points.
        first: metric → {"mean", "low", "high"} of the first words of the same documents.
        lengths: words of each document.
        repeated: share of the summaries' words that stood in them before.
        copied: share of the summaries' words that are in the document.
        written: `repeated` and `copied` of the references.
        generated: mean probability of generating rather than copying; None: there is no pointer.
        curve: (minutes, ROUGE-1) of each validation.
        reach: norm of the gradient at distance 0, 1, ..., over that at 0; see `reach`.
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
    """Write a result aside and rename it: a variant whose file is there is finished."""
    atomic_write(folder / FILE, (json.dumps(dataclasses.asdict(result)) + "\n").encode())


def read_result(folder: Path) -> VariantResult:
    """Read the result of a finished variant.

    Raises:
        ModelError: it is missing, cut or of another version.
    """
    try:
        return VariantResult(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(
            f"{folder / FILE}: not a result ({error}); remove the folder to train it again"
        ) from None
