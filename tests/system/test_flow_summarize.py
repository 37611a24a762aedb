"""The way of a document from the command line to onnxruntime is short."""

import sys
from pathlib import Path

import onnxruntime
import pytest

import summarizer
from summarizer import cli

PACKAGE = Path(summarizer.__file__).parent
PATH = [
    ("cli/main.py", "main"),
    ("cli/summarize.py", "run"),
    ("runtime/streaming.py", "summarize_stream"),
    ("api/summarizer.py", "summarize"),
    ("runtime/onnx_summarizer.py", "summarize"),
    ("runtime/onnx_summarizer.py", "search"),
]


def package_frames() -> list[tuple[str, str]]:
    """Return the file and the function of each frame from `cli.main` down to the caller."""
    frames = []
    frame = sys._getframe(1)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(PACKAGE):
            frames.append((path.relative_to(PACKAGE).as_posix(), frame.f_code.co_name))
        frame = frame.f_back
    return frames[::-1]


@pytest.mark.parametrize(
    "options", [[], ["--must-include", "7 7"], ["--long", "chunk"], ["--faithful", "strict"]]
)
def test_six_calls_from_the_command_line_to_onnxruntime(digits, tmp_path, monkeypatch, options):
    document = tmp_path / "a.txt"
    document.write_text("3 1 4 1 5 " * 40)
    run, seen = onnxruntime.InferenceSession.run, []

    def recorded(session, names, inputs, *rest):
        seen.append(package_frames())
        return run(session, names, inputs, *rest)

    monkeypatch.setattr(onnxruntime.InferenceSession, "run", recorded)
    assert cli.main(["summarize", "--model", str(digits.folder), str(document), *options]) == 0
    assert seen
    assert all(frames == PATH for frames in seen)
    assert len(PATH) <= 6
