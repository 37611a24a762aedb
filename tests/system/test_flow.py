"""From the command line to the compiled function in few calls."""

import traceback
from pathlib import Path
from typing import Any

import summarizer
from summarizer import cli
from summarizer.training import compile_step, metrics_log, validators
from summarizer.training.metric import ValidationResult
from tests import fake_step

PACKAGE = Path(summarizer.__file__).parent


def calls(stack: traceback.StackSummary) -> list[str]:
    """Return the functions of the package on a stack from `cli.main` on, outermost first."""
    names = [
        f"{Path(frame.filename).relative_to(PACKAGE).with_suffix('').as_posix()}.{frame.name}"
        for frame in stack
        if Path(frame.filename).is_relative_to(PACKAGE)
    ]
    return names[names.index("cli/main.main") :]


def test_a_training_step_is_four_calls_below_the_command_line(tmp_path, monkeypatch):
    stacks = []

    class Recording(fake_step.FakeStep):
        def __call__(self, batch: Any, inputs: Any) -> Any:
            stacks.append(traceback.extract_stack())
            return super().__call__(batch, inputs)

    def make(model: Any, optimizer: Any, *_: Any) -> Recording:
        return Recording(model, optimizer, fake_step.add_one)

    scores = ValidationResult({"rouge1": 1.0}, [])
    monkeypatch.setattr(compile_step, "make_train_step", make)
    monkeypatch.setattr(validators, "make_validator", lambda *_: lambda: scores)
    monkeypatch.setattr(metrics_log, "plot_metrics", lambda folder: folder)
    monkeypatch.setattr("summarizer.api.train.export", lambda folder: {})
    line = f"train --preset reverse_digits --data reverse_digits,count=400 --output {tmp_path}"
    settings = ("train.steps=2", "model.embedding_size=8", "model.encoder.width=8")
    words = [word for setting in settings for word in ("--set", setting)]
    assert cli.main([*line.split(), *words, "--set", "model.decoder_cell.width=16"]) == 0
    # The step itself is the fourth call, outside of the package here.
    expected = ["cli/main.main", "cli/train.run", "api/train.train", "training/loop.fit"]
    assert [calls(stack) for stack in stacks] == [expected] * 2
