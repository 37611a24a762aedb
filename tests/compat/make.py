"""Make the compatibility data. It was run once, on commit 55f18f5, before anything moved.

    git worktree add ../old 55f18f5 && cp -r tests/compat ../old/tests && cd ../old
    PYTHONPATH=. python tests/compat/make.py [presets help names toys summaries outputs]

The script documents how the data were made. It refuses to run on later code: only data of the old
code show that later code still reads them. `snapshots.py` renews what may be renewed.

summaries.json   the summaries of the toy model `digits`, with all options of `cases.CASES`; they
                 took the place of those of the model that was shipped then, when that was replaced
presets/         `config.json` of each preset, and the configurations' hashes; and `_all.json`, in
                 which no setting has its default
help/            `--help` of the program and of each verb, 100 columns wide
names.json       public names, keywords, record fields, settings, choices, parts and options
digits/          a run that was killed (`killed/`), the same run after it was resumed (`resumed/`,
                 with a digest of its checkpoint), its export and report (`exported/`), another
                 report (`greedy/`), and the files that all of them share
tagger/, language_model/   small runs with their exports
ensemble/        an ensemble of two states of the run, not exported
toys.json        (`outputs`) output of the toy models, of `compare` and of `doctor`
"""

import argparse
import contextlib
import dataclasses
import importlib
import inspect
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ["COLUMNS"] = "100"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from summarizer.generating import Generator
from summarizer.summarizing import Summarizer

from summarizer import cli, config, plugins
from tests.compat import cases, records

OLD = "55f18f5"
OTHER_PARTS: dict[str, tuple[str, dict[str, Any]]] = {
    "encoder": ("memory", {"width": 96, "slots": 7}),
    "decoder": ("minimal", {"width": 80}),
    "attention": ("location", {"filters": 5}),
    "strategy": ("diverse", {"groups": 2, "strength": 0.25}),
}
OTHER_CHOICES = {
    "task": "select", "kind": "bpe", "bridge": "copy", "tying": "embeddings",
    "schedule": "plateau", "coverage_from": "start", "normalization": "average",
    "extract": "sentences", "init_parts": "encoder", "precision": "mixed_float16",
    "compile": "xla",
}  # fmt: skip
SHARED = ("config.json", "vocabulary.model", "fingerprints.npz", "lowercase.npz", "store")

KILLS_ITSELF = """
import os, signal, sys
from summarizer.cli import main
from summarizer.training import trainer

one = trainer._one

def one_then_die(*arguments):
    place = one(*arguments)
    if place.step == {step}:
        os.kill(os.getpid(), signal.SIGKILL)
    return place

trainer._one = one_then_die
sys.exit(main(sys.argv[1:]))
"""


def write(name: str, content: Any) -> None:
    """Write JSON, a line for each entry of the second level."""
    lines = []
    for key, value in content.items():
        head = json.dumps(key)
        if isinstance(value, (dict, list)) and value:
            inner = value.items() if isinstance(value, dict) else ((None, v) for v in value)
            rows = ",\n".join(
                " "
                + (f"{json.dumps(k)}: " if k is not None else "")
                + json.dumps(v, ensure_ascii=False)
                for k, v in inner
            )
            left, right = "{}" if isinstance(value, dict) else "[]"
            lines.append(f"{head}: {left}\n{rows}\n{right}")
        else:
            lines.append(f"{head}: {json.dumps(value, ensure_ascii=False)}")
    (cases.DATA / name).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def summaries() -> None:
    """Summarize digits with the toy model, whose folder has been written before."""
    out: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        model = Summarizer.load(cases.place("digits", Path(folder)))
        for name, case in cases.CASES.items():
            call = model.outline if case.outline else model.summarize
            explain = {"explain": True} if case.explain else {}
            results = call(case.texts(), **case.options, **explain)
            rows = (
                [*map(records.summary, r)] if case.outline else records.summary(r) for r in results
            )
            out[name] = dict(zip(case.ids, rows, strict=True))
    write("summaries.json", out)


def presets() -> None:
    """Write each preset as a run's `config.json`."""
    folder, hashes = cases.DATA / "presets", {}
    folder.mkdir(exist_ok=True)
    for name in plugins.names("preset"):
        preset = plugins.load("preset", name).config()
        (folder / f"{name}.json").write_text(config.to_json(preset), encoding="utf-8")
        hashes[name] = config.fingerprint(preset)
    other = changed(config.Config(), iter(range(3, 1000)))
    (folder / "_all.json").write_text(config.to_json(other), encoding="utf-8")
    write("presets/hashes.json", hashes | {"_all": config.fingerprint(other)})


def changed(node: Any, numbers: Iterator[int]) -> Any:
    """Return a configuration in which each setting has a value of its own, sensible or not."""
    new: dict[str, Any] = {}
    for field in dataclasses.fields(node):
        value, number = getattr(node, field.name), next(numbers)
        if isinstance(value, config.Part):
            name, options = OTHER_PARTS[field.name]
            new[field.name] = config.Part(name, options)
        elif dataclasses.is_dataclass(value):
            new[field.name] = changed(value, numbers)
        elif isinstance(value, bool):
            new[field.name] = not value
        elif isinstance(value, str):
            new[field.name] = OTHER_CHOICES.get(field.name, f"text {number}")
        else:
            new[field.name] = type(value)(number) + (0.5 if isinstance(value, float) else 0)
    return dataclasses.replace(node, **new)


def verbs() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each verb."""
    (choices,) = [a.choices for a in cli.build_parser()._actions if a.choices]
    return dict(choices)


def help() -> None:
    """Write what `--help` prints."""
    folder = cases.DATA / "help"
    folder.mkdir(exist_ok=True)
    for name, parser in {"summarizer": cli.build_parser(), **verbs()}.items():
        (folder / f"{name}.txt").write_text(parser.format_help(), encoding="utf-8")


def parameters(function: Callable[..., Any]) -> dict[str, str]:
    """Return the parameters of a function with their kinds and defaults."""
    out = {}
    for name, parameter in inspect.signature(function).parameters.items():
        default = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
        out[name] = parameter.kind.name.lower() + default
    return out


def described(thing: Any) -> dict[str, Any]:
    """Return what a public class or function looks like from outside."""
    if not inspect.isclass(thing):
        return {"kind": "function", "parameters": parameters(thing)}
    methods = {
        name: parameters(getattr(thing, name))
        for name, member in vars(thing).items()
        if name[0] != "_" and (callable(member) or isinstance(member, classmethod))
    }
    out: dict[str, Any] = {"kind": "class", "methods": methods}
    if dataclasses.is_dataclass(thing):
        out["fields"] = [f.name for f in dataclasses.fields(thing)]
    return out


def documented() -> dict[str, Any]:
    """Return the dotted names that the documentation of the Python API shows."""
    entries: dict[str, Any] = {}
    text = (cases.ROOT / "docs" / "api.md").read_text("utf-8")
    shown = set(re.findall(r":: (summarizer\.[\w.]+)", text))
    pages = ("README.md", *(f"docs/{n}.md" for n in ("examples", "report", "explain", "generate")))
    for page in pages:
        for module, names in re.findall(
            r"from (summarizer[\w.]*) import ([\w, ]+)", (cases.ROOT / page).read_text("utf-8")
        ):
            shown |= {f"{module}.{name.strip()}" for name in names.split(",")}
    for path in sorted(shown):
        module, _, name = path.rpartition(".")
        try:
            entries[path] = described(getattr(importlib.import_module(module), name))
        except (AttributeError, TypeError):  # a module, as summarizer.errors
            loaded = importlib.import_module(path)
            classes = [n for n, c in vars(loaded).items() if inspect.isclass(c)]
            entries[path] = {"kind": "module", "classes": classes}
    return entries


def options(parser: argparse.ArgumentParser) -> list[dict[str, Any]]:
    """Return the options and positional arguments of a verb."""
    return [
        {
            "flags": list(action.option_strings),
            "dest": action.dest,
            "action": type(action).__name__.strip("_"),
            "type": action.type.__name__ if action.type else None,
            "choices": list(action.choices) if action.choices else None,
            "default": action.default,
            "nargs": action.nargs,
        }
        for action in parser._actions
    ]


def names() -> None:
    """Write the names that users and saved files know."""
    import summarizer

    parts = {
        kind: {name: part_options(kind, name) for name in plugins.names(kind)}
        for kind in plugins.FOLDERS
        if kind != "preset"
    }
    settings = {
        path: dataclasses.asdict(v) if dataclasses.is_dataclass(v) else v
        for path, v in config.flatten(config.Config())
    }
    from summarizer.config import settings as module

    write("names.json", {
        "public": {name: described(getattr(summarizer, name)) for name in summarizer.__all__},
        "documented": documented(),
        "settings": settings,
        "choices": module.CHOICES,
        "parts": parts,
        "presets": plugins.names("preset"),
        "options": {verb: options(parser) for verb, parser in verbs().items()},
    })  # fmt: skip


def part_options(kind: str, name: str) -> dict[str, Any]:
    """Return the options of a part with their defaults; None where there is none."""
    fields = dataclasses.fields(plugins.load(kind, name).Options)
    missing = dataclasses.MISSING
    return {f.name: None if f.default is missing else f.default for f in fields}


def run(*words: str) -> tuple[int, str]:
    """Run a command; return its status and what it printed on stdout."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = cli.main([str(word) for word in words])
    return status, out.getvalue()


def done(*words: str) -> str:
    """Run a command that has to end well; return what it printed on stdout."""
    status, out = run(*words)
    assert status == 0, (words, status, out)
    return out


def copy(source: Path, target: Path, names: tuple[str, ...]) -> None:
    """Copy files and folders by name, those that are there."""
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, dirs_exist_ok=True)
        elif (source / name).exists():
            shutil.copy(source / name, target / name)


def toys() -> None:
    """Train the toy models; save their folders."""
    for name in ("digits", "tagger", "language_model", "ensemble"):
        shutil.rmtree(cases.DATA / name, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        _digits()
        _others()


def _digits() -> None:
    toy, saved, run_folder = cases.TOYS["digits"], cases.DATA / "digits", Path("digits")
    code = KILLS_ITSELF.format(step=toy.steps + 5)
    killed = subprocess.run(
        [sys.executable, "-c", code, *toy.command("digits")],
        env={**os.environ, "PYTHONPATH": str(cases.ROOT)}, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    copy(run_folder, saved, SHARED)
    copy(
        run_folder,
        saved / "killed",
        ("checkpoint.npz", "weights.npz", "candidates", "metrics.jsonl"),
    )
    done(*toy.command("digits", "--resume"))
    copy(run_folder, saved / "resumed", ("weights.npz", "metrics.jsonl"))
    (saved / "resumed" / "checkpoint.json").write_text(
        json.dumps(records.arrays(run_folder / "checkpoint.npz")) + "\n", encoding="utf-8"
    )
    copy(run_folder, saved / "exported", ("model.onnx", "export.json"))
    reports = ("report.json", "predictions.jsonl")
    done("evaluate", "digits", cases.TEST)
    copy(run_folder / "evaluation", saved / "exported" / "evaluation", reports)
    done("evaluate", "digits", cases.TEST, "--strategy", "greedy", "--output", "greedy")
    copy(Path("greedy"), saved / "greedy", reports)
    copy(saved / "killed", Path("digits/killed"), ("weights.npz",))
    done("export", "digits/weights.npz", "digits/killed/weights.npz", "--output", "ensemble")
    names = ("config.json", "ensemble.json", "weights.npz")
    copy(Path("ensemble"), cases.DATA / "ensemble", names)


def _others() -> None:
    state = ("checkpoint.npz", "weights.npz", "metrics.jsonl", "model.onnx", "export.json")
    for name in ("tagger", "language_model"):
        toy = cases.TOYS[name]
        done(*toy.command(name, steps=toy.steps))
        copy(Path(name), cases.DATA / name, (*SHARED, *state))
    same = [cases.DATA / name / "vocabulary.model" for name in ("digits", "tagger")]
    assert same[0].read_bytes() == same[1].read_bytes()
    same[1].unlink()


def outputs() -> None:
    """Write the output of the toy models, of `compare` and of `doctor`."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for name in cases.PARTS:
            cases.place(name, Path())
        done("export", "ensemble")
        status, findings = run("doctor", "digits", "--json")
        language_model = Generator.load("language_model")
        out = {
            "keywords": {
                name: summarized(
                    "digits", options, select="tagger" if name == "threshold" else None
                )
                for name, options in cases.KEYWORDS.items()
            },
            "tagger": {n: summarized("tagger", o) for n, o in cases.TAGGER_CASES.items()},
            "ensemble": {"default": summarized("ensemble", {})},
            "language_model": {
                name: [records.hypothesis(h) for h in language_model.generate(**options)]
                for name, options in cases.PROMPT_CASES.items()
            },
            "json": json_of("digits"),
            "compare": {"text": done("compare", "digits", "greedy")},
            "doctor": {"status": status, "findings": [*map(json.loads, findings.splitlines())]},
        }
    write("toys.json", out)


def summarized(folder: str, options: dict[str, Any], **load: Any) -> list[dict[str, Any]]:
    """Return the summaries of the toy documents with some options."""
    model = Summarizer.load(folder, **load)
    return [records.summary(s) for s in model.summarize(cases.DIGITS, **options)]


def json_of(folder: str) -> dict[str, Any]:
    """Return what `summarize --json` prints of one document, with all that it can say."""
    Path("one.txt").write_text(cases.DIGITS[0], encoding="utf-8")
    words = ("summarize", "--model", folder, "--json", "one.txt")
    more = ("--n-best", "2", "--faithful", "warn", "--explain", "page.html")
    lines = {"plain": words, "full": (*words, *more), "outline": (*words, "--outline")}
    return {name: json.loads(done(*line)) for name, line in lines.items()}


PARTS = {f.__name__: f for f in (presets, help, names, toys, summaries, outputs)}

if __name__ == "__main__":
    head = subprocess.run(
        ["git", "log", "-1", "--format=%h", "--", "summarizer"],
        cwd=cases.ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    if not (cases.ROOT / "summarizer" / "wishes.py").exists():
        sys.exit(f"make.py runs on the code of {OLD} alone; this is {head.strip()}")
    for chosen in sys.argv[1:] or PARTS:
        PARTS[chosen]()
