"""Old names that are checked with Keras: settings and parts on the command line, `train`."""

import json
import time

import pytest

import summarizer
from summarizer.errors import SummarizerError
from tests.compat import cases, program

NAMES = json.loads((cases.DATA / "names.json").read_text("utf-8"))
ROOTS = {
    "model.encoder": "encoder", "model.decoder": "cell", "model.attention": "attention",
    "decode.strategy": "strategy",
}  # fmt: skip

# Settings that are refused unless others go with them.
WITH = {
    "train.coverage_from": ["train.coverage=1"],
    "data.task=continue": ["model.encoder=nothing", "model.attention=none", "model.pointer=false"],
    "model.encoder=nothing": ["data.task=continue", "model.attention=none", "model.pointer=false"],
    "model.attention=none": ["model.pointer=false"],
    "decode.minimum": ["decode.maximum=99"],
    "data.summary_pieces": ["data.document_pieces=999"],
}


def settings():
    """Yield each setting as text, with a value that it may have."""
    for path, value in NAMES["settings"].items():
        if path in ROOTS:
            for name in NAMES["parts"][ROOTS[path]]:
                yield path, name, f"{path}={name}"
        elif path in NAMES["choices"]:
            for choice in NAMES["choices"][path]:
                yield path, choice, f"{path}={choice}"
        elif isinstance(value, bool):
            yield path, not value, f"{path}={json.dumps(not value)}"
        elif isinstance(value, str):
            yield path, "other", f"{path}=other"
        elif isinstance(value, float):
            yield path, 0.375, f"{path}=0.375"
        else:
            yield path, value + 1, f"{path}={value + 1}"


@pytest.mark.parametrize(("path", "value", "text"), [*settings()])
def test_an_old_setting_is_accepted(path, value, text):
    more = WITH.get(text, WITH.get(path, []))
    if path == "train.accumulate":
        more = ["train.batch=64"]
    if path == "train.batch":
        value, text = 32, "train.batch=32"
    now = program.setting(program.override(program.Config(), [*more, text]), path)
    assert getattr(now, "name", now) == program.as_now(path, value)


def options():
    """Yield each option of the parts of a model and a search, with its default."""
    for path, kind in ROOTS.items():
        for name, defaults in NAMES["parts"][kind].items():
            for key, value in defaults.items():
                yield path, name, key, value


@pytest.mark.parametrize(("path", "name", "key", "value"), [*options()])
def test_an_old_option_of_a_part_is_accepted(path, name, key, value):
    text = value if isinstance(value, str) else json.dumps(value)
    changes = [*WITH.get(f"{path}={name}", []), f"{path}={name}", f"{path}.{key}={text}"]
    part = program.setting(program.override(program.Config(), changes), path)
    assert part.name == program.as_now(path, name)
    assert value in part.options.values()


def test_train_takes_its_old_keywords(toy):
    folder = toy("killed")
    options = {"folder": folder, "resume": False, "skip_bad": False, "began": time.perf_counter()}
    assert set(NAMES["public"]["train"]["parameters"]) == {"config", *options}
    with program.old_name("train(began)"), pytest.raises(SummarizerError, match="--resume"):
        summarizer.train(config=program.preset("reverse_digits"), **options)


def test_export_takes_its_old_keywords(tmp_path):
    options = {"weights": "float32", "data": cases.TEST, "documents": 4, "format": "onnx"}
    assert set(NAMES["public"]["export"]["parameters"]) == {"folder", *options}
    # Not `summarizer.export`: a package of that name may have been imported since.
    export = summarizer.__getattr__("export")
    with program.old_name("export(documents)"), pytest.raises(SummarizerError, match="no such"):
        export(folder=tmp_path / "none", **options)
