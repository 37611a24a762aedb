"""The READMEs say the same in two languages, and what they tell to type works."""

import ast
import gzip
import inspect
import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from summarizer import cli, config
from summarizer.api import train as train_module
from summarizer.api.presets import load_preset
from tests import markdown
from tests.commands import (
    OWN,
    SHORT,
    SMALL,
    copy_model,
    help_of,
    options,
    parses,
    planned,
    uncompiled,
    verbs,
)
from tests.system.test_packaging import PROJECT
from tests.unit.documents.test_documents import docx, paragraph, pdf

ROOT = Path(__file__).parents[2]
READMES = {name: (ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh.md")}
COMMANDS = markdown.commands(READMES["README.md"])
ELSEWHERE = ("git clone …; cd summarizer",)  # not of this project


# --- the same in both languages ----------------------------------------------------------------


def everything_but_the_language(text: str) -> dict[str, Any]:
    """What must not depend on the language that a README is written in."""
    code = [b for b in markdown.blocks(text) if b.language == "python"]
    named = [s for s in markdown.spans(text) if s.isascii()]
    return {
        "commands": markdown.commands(text),
        "code": [ast.dump(ast.parse(block.code)) for block in code],
        "numbers": sorted(re.findall(r"\d+(?:[.,]\d+)*", markdown.prose(text))),
        "headings": re.findall(r"^#+(?= )", markdown.prose(text), re.M),
        "tables": [len(row) for row in markdown.rows(text)],
        "names": sorted(named),
        "links": sorted(set(markdown.links(text)) - set(READMES)),
    }


def test_both_readmes_say_the_same_and_point_at_each_other():
    english, chinese = (everything_but_the_language(text) for text in READMES.values())
    assert len(english["commands"]) > 10
    assert len(english["numbers"]) > 40
    for what in english:
        assert chinese[what] == english[what], what
    for name, other in (("README.md", "README.zh.md"), ("README.zh.md", "README.md")):
        assert f"]({other})" in READMES[name].split("\n\n")[1]


def test_the_example_is_what_the_shipped_model_prints():
    """If another model is shipped on purpose, `docs/example.py` writes it again."""
    example = runpy.run_path(str(ROOT / "docs" / "example.py"))
    expected = example["quoted"](example["printed"]())
    assert len(re.findall(r"^> \*\*(headline|tldr|key-points):\*\*", expected, re.M)) == 3
    for text in READMES.values():
        assert example["PART"].findall(text) == [expected]
    document = json.loads((ROOT / "data" / "articles.en.jsonl").read_text("utf-8").split("\n")[0])
    begin = " ".join(re.findall(r"^> (.*)$", READMES["README.md"].split("<!--")[0], re.M))
    assert document["document"].startswith(begin.removesuffix(" […]"))


def test_the_readme_has_600_to_900_words():
    assert 600 <= len(READMES["README.md"].split()) <= 900


def test_the_chinese_readme_is_chinese():
    characters = re.findall(r"[一-鿿]", READMES["README.zh.md"])
    assert len(characters) > 900
    assert not re.findall(r"[一-鿿]", READMES["README.md"].replace("[中文]", ""))


@pytest.mark.parametrize("name", READMES)
def test_a_block_says_what_it_holds(name):
    for block in markdown.blocks(READMES[name]):
        assert block.language in ("sh", "python", "text"), block.code
        if block.language == "text":
            assert not re.search(r"^\s*(\$ )?(make|pip|git|summarizer?) ", block.code, re.M)


@pytest.mark.parametrize("name", READMES)
def test_options_and_settings_in_the_prose_exist(name):
    known = options()
    assert "--n-best" in known
    text = markdown.prose(READMES[name])
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)) <= known
    settings = [s for span in markdown.spans(text) for s in re.findall(r"--set (\S+)", span)]
    assert settings
    config.apply_settings(config.Config(), settings)
    for span in markdown.spans(text):
        words = shlex.split(span)
        if len(words) > 1 and words[0] in OWN:
            assert parses(words), span
        if len(words) > 1 and words[0] == "make":
            assert planned(span), span


# --- what it tells to type works ---------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, digits: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with small stand-ins for all that the commands name, to run them in."""
    monkeypatch.chdir(tmp_path)
    text = "The bridge of stone is old. " * 20
    rows = [
        {"id": str(i), "document": f"Town {i} built a bridge of stone.", "summary": f"Bridge {i}"}
        for i in range(60)
    ]
    jsonl = "".join(json.dumps(row) + "\n" for row in rows)
    predictions = [{"id": row["id"], "prediction": row["document"]} for row in rows]
    Path("data").mkdir()
    shutil.copy(ROOT / "data" / "articles.en.jsonl", "data")
    for name in ("paper.txt", "notes/a.txt", "notes/b.md", "drafts/c.txt", "drafts/d.txt"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)
    Path("articles.jsonl").write_text(jsonl)
    Path("theirs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in predictions))
    for part in ("train", "validation", "test"):
        with gzip.open(f"arxiv_titles.{part}.jsonl.gz", "wt") as file:
            file.write(jsonl)
    Path("page.html").write_text(f"<p>{text}</p>")
    Path("mail.eml").write_text(f"Subject: bridges\n\n{text}")
    Path("report.pdf").write_bytes(pdf([text]))
    Path("letter.docx").write_bytes(docx(paragraph(text)))
    for name in ("mine", "other", "docstrings", "arxiv-titles"):
        copy_model(digits.folder, Path("runs") / name)
    copy_model(digits.folder, Path("saved_models/english"))
    return tmp_path


@pytest.fixture(params=["quick", pytest.param("whole", marks=pytest.mark.slow)])
def trainer(
    request: pytest.FixtureRequest, digits: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """How training goes. Quick: no step is compiled, and the toy model stands for the export's."""
    if request.param == "whole":
        yield
        return

    def export(folder: Path, *args: Any, **options: Any) -> Any:
        inspect.signature(real).bind(folder, *args, **options)
        shutil.copy(digits.folder / "model.onnx", folder)
        return json.loads((digits.folder / "export.json").read_text())

    real = train_module.export
    monkeypatch.setattr("summarizer.api.train.export", export)
    with uncompiled():
        yield


def shortened(words: list[str]) -> list[str]:
    """The words of a training's command with settings that make it small and short."""
    settings = SHORT if "--init" in words else SMALL + SHORT
    return [*words, *(word for setting in settings for word in ("--set", setting))]


def run(words: list[str]) -> None:
    """Run a command of this project's here, in this process."""
    main = {"summarizer": cli.main, "summarize": cli.summarize_main}[words[0]]
    good = (0, 3) if words[1] == "doctor" else (0,)  # 3: it found something
    assert main(words[1:]) in good, shlex.join(words)


def run_in_a_shell(line: str) -> str:
    """Run a line as a shell understands it, with the commands on its path."""
    python = f"{shlex.quote(sys.executable)} -m summarizer"
    functions = f'summarizer() {{ {python} "$@"; }}; summarize() {{ summarizer summarize "$@"; }}'
    done = subprocess.run(
        ["bash", "-c", f"set -e; {functions}; {line}"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


SLOW = ("summarizer train ", "summarizer export ")


def marked(line: str) -> Any:
    """Mark an export as slow: it takes more than 20 seconds."""
    marks = [pytest.mark.slow] if line.startswith("summarizer export ") else []
    return pytest.param(line, marks=marks)


@pytest.mark.parametrize("line", [marked(c) for c in COMMANDS if c.startswith(SLOW)])
def test_a_training_or_an_export_runs(line, folder, trainer, capsys):
    words = shlex.split(line)
    if words[1] == "export":
        run(words)
        out = capsys.readouterr().out
        assert ("same" if "--verify" in words else " MB") in out
        return
    asked = cli.build_parser().parse_args(words[1:])
    made = Path(asked.output or f"runs/{load_preset(asked.preset).name}")
    shutil.rmtree(made, ignore_errors=True)
    if asked.resume:  # a run that was stopped after its first step
        begun = [word for word in words if word != "--resume"]
        run([*shortened(begun), "--data", "articles.jsonl"])
        words += ["--set", "train.steps=2"]
    else:
        words = shortened(words)
    run(words)
    assert f"summarize with: summarize --model {made} FILE" in capsys.readouterr().out


@pytest.mark.parametrize(
    "line", [c for c in COMMANDS if c.startswith(OWN) and not c.startswith(SLOW)]
)
def test_a_command_runs(line, folder, capsys):
    if "://" in line or line.startswith("summarizer compare "):  # takes a network, or hours
        assert parses(shlex.split(line))
    elif re.search("[<>|;&]", line):
        assert run_in_a_shell(line)
    else:
        run(shlex.split(line))
        assert capsys.readouterr().out


@pytest.mark.parametrize("line", [c for c in COMMANDS if not c.startswith(OWN)])
def test_another_command_is_known(line):
    words = shlex.split(line)
    if words[0] == "make":
        assert planned(line)
    elif words[:2] == ["pip", "install"]:
        (extras,) = re.findall(r"^(?:\.|summarizer-lstm)\[(.*)\]$", words[2])
        assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])
    else:
        assert line in ELSEWHERE


def test_the_python_runs(folder, capsys):
    found = [b.code for b in markdown.blocks(READMES["README.md"]) if b.language == "python"]
    assert found
    for code in found:
        exec(compile(code, "README.md", "exec"), {})
        assert capsys.readouterr().out


def test_every_verb_has_help():
    assert {"summarize", "train", "evaluate", "export", "compare"} <= set(verbs())
    for verb in verbs():
        assert f"usage: summarizer {verb}" in help_of(verb)
        assert "--help" in help_of(verb)
