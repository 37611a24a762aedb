"""The documentation: it builds without a warning, its examples run, its tables are complete."""

import ast
import csv
import dataclasses
import functools
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
from summarizer.errors import ConfigError
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
from tests.test_packaging import PROJECT

ROOT = Path(__file__).parent.parent
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
    page = (built / "api.html").read_text("utf-8")
    records = {n for n, o in public(types) if n not in ("Memory", "DecoderState")}
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
    page = (built / "parts.html").read_text("utf-8")
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
    text = (DOCS / "examples.md").read_text("utf-8")
    found = [block.code for block in markdown.blocks(text) if block.language == "python"]
    said = []
    for code in found:
        exec(compile(code, "examples.md", "exec"), {})  # each by itself
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


# --- settings and features ---------------------------------------------------------------------


SETTINGS, _, PARTS = (DOCS / "settings.md").read_text("utf-8").partition("\n## Parts\n")


def test_the_settings_page_has_every_setting_with_its_default():
    written = {row[0].strip("`"): row[1].strip("`") for row in markdown.rows(SETTINGS)}
    assert written == {path: shown(value) for path, value in config.flatten(config.Config())}


def shown(value: Any) -> str:
    """A default as the page writes it, and as `--set` reads it."""
    if isinstance(value, config.Part):
        return value.name
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_the_settings_page_has_every_part_with_its_options():
    written = {row[0].strip("`"): row[2] for row in markdown.rows(PARTS)}
    kinds = sorted(set(config.settings.PART_KINDS.values()))
    assert sorted(written) == sorted(name for kind in kinds for name in plugins.names(kind))
    for kind in kinds:
        for name in plugins.names(kind):
            for field in dataclasses.fields(plugins.load(kind, name).Options):
                assert f"`{field.name}={shown(field.default)}`" in written[name], name


def features() -> list[list[str]]:
    """Rows of the table: feature, command or setting, test."""
    found = markdown.rows((DOCS / "features.md").read_text("utf-8"))
    assert len(found) > 50
    return found


def test_every_feature_names_its_test():
    wrong = []
    for feature, _, named in features():
        found = re.findall(r"`(test_\w+)::(test_\w+)`", named)
        wrong += [feature] if not found else []
        wrong += [f"{module}::{test}" for module, test in found if test not in functions_of(module)]
    assert not wrong, "\n".join(wrong)


@functools.cache
def functions_of(module: str) -> set[str]:
    path = ROOT / "tests" / f"{module}.py"
    tree = ast.parse(path.read_text("utf-8") if path.exists() else "")
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_the_command_or_setting_of_every_feature_exists():
    wrong = []
    for feature, written, _ in features():
        spans = re.findall(r"`([^`]+)`", written)
        wrong += [span for span in spans if not exists(span)] if spans else [feature]
    assert not wrong, "\n".join(wrong)


def exists(span: str) -> bool:
    """Tell whether there is what a piece of code in the table says.

    A command, a target of make, an option, a setting with or without a value, extras to install,
    a source, a name of the package, or a file.
    """
    words = shlex.split(span)
    if words[0] in OWN:
        return parses(words)
    if words[0] == "make":
        return bool(planned(span))
    if words[0].startswith("--"):
        return words[0] in options()
    if words[:2] == ["pip", "install"]:
        extras = words[2].removeprefix(".[").removesuffix("]").split(",")
        return set(extras) <= set(PROJECT["optional-dependencies"])
    setting, equals, value = span.partition("=")
    if re.fullmatch(r"(data|vocabulary|model|train|decode)(\.\w+)+", setting):
        return is_setting(setting, value) if equals else is_setting(setting)
    if span in plugins.names("source") or span == "KERAS_BACKEND=jax":
        return True
    return (ROOT / span).exists() or is_name(span)


def is_setting(setting: str, value: str | None = None) -> bool:
    if setting in dict(config.flatten(config.Config())) and value is None:
        return True
    try:
        config.apply_settings(config.Config(), [f"{setting}={'true' if value is None else value}"])
    except ConfigError:
        return False
    return True


def is_name(span: str) -> bool:
    """Tell whether `Summarizer.load`, `summarizer.train` or the like is there."""
    found: Any = summarizer
    for part in span.removeprefix("summarizer.").split("."):
        if (found := getattr(found, part, None)) is None:
            return False
    return True


def test_every_verb_option_setting_and_part_is_a_feature():
    """The table is of everything: what can be typed stands in it or on the settings page."""
    text = (DOCS / "features.md").read_text("utf-8")
    assert [verb for verb in verbs() if f"summarizer {verb}" not in text] == []
    written = set(re.findall(r"--[a-z][a-z-]*", text))
    common = {"--help", "--debug", "--version", "--set"}
    assert options() - common - written == set()
    for kind in ("source", "preset"):
        assert [name for name in plugins.names(kind) if f"`{name}`" not in text] == []
