"""Train the model in `tests/data/digits`: `python -m tests.data.make_digits`.

It is committed so that tests of exported models need neither training nor TensorFlow, and so that
they prove that models exported before still work. Make it again only if its files have to change.
"""

import shutil
import tempfile
from pathlib import Path

from summarizer import cli

FOLDER = Path(__file__).parent / "digits"
COMMAND = (
    "train --preset reverse_digits --data reverse_digits,count=8000 "
    "--set train.steps=250 --set train.validation_examples=50"
)
FILES = (
    "config.json", "export.json", "fingerprints.npz", "lowercase.npz", "metrics.jsonl",
    "model.onnx", "vocabulary.model", "weights.npz",
)  # fmt: skip


def main() -> None:
    """Train the model and copy the files that tests use."""
    with tempfile.TemporaryDirectory() as folder:
        status = cli.main([*COMMAND.split(), "--output", f"{folder}/digits"])
        if status:
            raise SystemExit(status)
        FOLDER.mkdir(exist_ok=True)
        for name in FILES:
            shutil.copy(f"{folder}/digits/{name}", FOLDER)


if __name__ == "__main__":
    main()
