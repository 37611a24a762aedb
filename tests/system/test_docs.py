"""The documentation builds without a warning, its examples run, its reference is complete."""

import csv
import dataclasses
import functools
import html
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import summarizer
from summarizer import config, errors, plugins, types
from summarizer.api import train as train_module
from summarizer.api.train import TrainingRun
from tests import markdown
from tests.commands import (
    OWN,
    SHORT,
    SMALL,
    copy_model,
    options,
    parses,
    planned,
    uncompiled,
    verbs,
)

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
WRITTEN = [*PAGES, *(ROOT / name for name in ("README.md", "README.zh.md", "CONTRIBUTING.md"))]
WRITTEN += [ROOT / "notebooks" / "README.md", ROOT / "data" / "README.md"]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# --- the build ---------------------------------------------------------------------------------


def build(docs: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Build as `make docs` does, but to another folder."""
    (line,) = [line for line in planned("make docs").splitlines() if " -m sphinx " in line]
    changed = {"docs": str(docs), "build/docs": str(out), "build/doctrees": str(out / ".trees")}
    words = [changed.get(word, word) for word in shlex.split(line)]
    return subprocess.run(
        [sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("docs")
    done = build(DOCS, out)
    assert (done.returncode, done.stderr) == (0, "")
    return out


def test_every_page_is_built_and_found_from_the_first(built):
    first = (built / "index.html").read_text("utf-8")
    for path in PAGES:
        page = path.relative_to(DOCS).with_suffix(".html").as_posix()
        assert (built / page).exists()
        assert page == "index.html" or f'href="{page}' in first


def test_every_public_name_is_in_the_reference(built):
    page = (built / "reference" / "api.html").read_text("utf-8")
    records = {n for n, o in public(types) if n not in ("EncoderMemory", "DecoderState")}
    names = {f"summarizer.{name}" for name in summarizer.__all__}
    names |= {f"summarizer.types.{name}" for name in records}
    names |= {f"summarizer.errors.{name}" for name, o in public(errors) if isinstance(o, type)}
    assert {"summarizer.train", "summarizer.types.Report", "summarizer.errors.ModelError"} <= names
    assert {name for name in names if f'id="{name}"' not in page} == set()


def public(module: ModuleType) -> list[tuple[str, Any]]:
    """What a module defines itself, for others."""
    members = vars(module).items()
    own = [(n, o) for n, o in members if getattr(o, "__module__", "") == module.__name__]
    return [(name, value) for name, value in own if not name.startswith("_")]


def test_each_kind_of_part_has_its_contract_in_the_reference(built):
    page = (built / "howto" / "add-a-part.html").read_text("utf-8")
    for kind, folder in plugins.FOLDERS.items():
        assert f'id="{kind}"' in page
        assert re.search(rf'id="module-{re.escape(folder)}\.\w+"', page)


def test_nothing_is_loaded_from_elsewhere(built):
    for page in built.rglob("*.html"):
        loaded = re.findall(r'<(?:script|img|link)[^>]+?(?:src|href)="(\w+:)?//', page.read_text())
        assert loaded == [], page


def test_a_broken_link_and_a_broken_docstring_stop_the_build(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    shutil.copy(DOCS / "conf.py", docs)
    for name in ("README.md", "README.zh.md", "CONTRIBUTING.md"):
        (tmp_path / name).write_text("# Title\n")
    (docs / "index.md").write_text("# Title\n\n[page](none.md) and [file](../none.py)\n")
    done = build(docs, tmp_path / "out")
    assert done.returncode != 0
    assert "none.md" in done.stderr
    assert "none.py" in done.stderr


@pytest.mark.parametrize("path", WRITTEN, ids=name_of)
def test_links_to_files_hold(path):
    for link in markdown.links(path.read_text("utf-8")):
        target = (path.parent / link.partition("#")[0]).resolve() if link[0] != "#" else path
        assert target.exists(), link


@pytest.mark.parametrize("path", WRITTEN, ids=name_of)
def test_commands_of_a_page_parse_and_their_settings_exist(path):
    for block in markdown.blocks(path.read_text("utf-8")):
        for line in markdown.lines(block.code) if block.language in ("", "sh", "console") else []:
            words = shlex.split(line.removeprefix("$ "))
            if words[0] not in OWN:
                continue
            cut = next((i for i, word in enumerate(words) if word in ("<", ">", "|")), len(words))
            assert parses(words[:cut]), line


# --- the examples ------------------------------------------------------------------------------


@pytest.fixture(params=["quick", pytest.param("whole", marks=pytest.mark.slow)])
def training(
    request: pytest.FixtureRequest, digits: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Quick: `train` makes one small step, and the toy model stands for what it learned."""
    if request.param == "whole":
        yield
        return

    def train(chosen: config.Config, folder: str) -> TrainingRun:
        monkeypatch.setattr(
            "summarizer.api.train.export", lambda made: copy_model(digits.folder, made)
        )
        with uncompiled():
            return real(config.apply_settings(chosen, SMALL + SHORT), folder)

    real = train_module.train
    monkeypatch.setattr("summarizer.api.train.train", train)
    yield


def test_the_three_examples_run_as_they_stand(training, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = (DOCS / "howto" / "python.md").read_text("utf-8")
    found = [block.code for block in markdown.blocks(text) if block.language == "python"]
    said = []
    for code in found:
        exec(compile(code, "python.md", "exec"), {})  # each by itself
        said.append(capsys.readouterr().out)
    summaries, trained, measured = said
    assert len(re.findall(r"^ *-\d+\.\d\d  \w+", summaries, re.M)) == 2
    assert "steps, validation ROUGE-1" in trained
    assert len(trained.splitlines()) == 2
    assert (tmp_path / "runs" / "news" / "evaluation" / "report.json").exists()
    assert re.search(r"^ROUGE-1 \d+\.\d \[\d+\.\d, \d+\.\d\]$", measured, re.M)
    assert "against first-k-words" in measured
    with open(tmp_path / "news.csv", encoding="utf-8") as file:
        headlines = [row["headline"] for row in csv.DictReader(file)]
    worst = re.search(r"reference '(.*)'$", measured, re.M)
    assert worst
    assert worst[1] in headlines


# --- the generated reference -------------------------------------------------------------------


@functools.cache
def generated(section: str) -> str:
    """Return a generated section, made by a process of its own: it replaces Keras by a mock."""
    done = subprocess.run(
        [sys.executable, DOCS / "generated.py", section],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_reference_lists_every_setting_with_its_default():
    rows = {row[0].strip("`"): row[1].partition(" with ")[0] for row in table("settings_table")}
    defaults = dict(config.flatten(config.Config()))
    assert rows == {path: f"`{shown(v)}`" if v != "" else "" for path, v in defaults.items()}


def test_reference_lists_every_part_with_its_options():
    rows = [(row[0].strip("`"), "".join(row[2:])) for row in table("parts")]
    parts = [(kind, name) for kind in plugins.FOLDERS for name in plugins.names(kind)]
    assert sorted(name for name, _ in rows) == sorted(name for _, name in parts)
    for kind, part in parts:
        options = getattr(plugins.load(kind, part), "Options", None)
        described = "".join(text for name, text in rows if name == part)
        for field in dataclasses.fields(options) if options else ():
            assert re.search(rf"`{field.name}[=`]", described), (part, field.name)


def test_reference_lists_every_verb_and_option():
    assert re.findall(r"^## (.+)$", generated("command_line"), re.M) == list(verbs())
    listed = " ".join(row[0] for row in table("command_line"))
    assert options() - set(re.findall(r"--[a-z][a-z-]*", listed)) == {"--help"}


def test_pages_contain_the_generated_sections(built):
    pages = {"settings_table": "settings", "parts": "settings", "command_line": "command-line"}
    for section, page in pages.items():
        markup = (built / "reference" / f"{page}.html").read_text("utf-8")
        text = html.unescape(re.sub(r"<[^>]+>", "", markup))
        spans = {span for row in table(section) for span in re.findall("`([^`]+)`", row[0])}
        assert len(spans) > 20
        assert {span for span in spans if span not in text} == set()


def table(section: str) -> list[list[str]]:
    return markdown.rows(generated(section))


def shown(value: Any) -> str:
    """Return a default as the page writes it and as `--set` reads it."""
    if isinstance(value, config.Part):
        return value.name
    return str(value).lower() if isinstance(value, bool) else str(value)
