"""The house keeps its shape: directions of imports, doors of third parties, sizes, clean names."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.conftest import fail_if_skipped

ROOT = Path(__file__).parent.parent
PACKAGE = "summarizer"

# From the bottom to the top. A module may import what stands below its own line, and its own part.
LAYERS = (
    ("errors",),
    ("types",),
    ("text", "plugins", "storage"),
    ("vocabulary", "config", "metrics"),
    ("datasets", "evaluation", "presets"),
    ("model", "documents"),
    ("decoding",),
    ("training", "exporters", "runtime", "showing"),
    ("api", "doctor"),
    ("comparison",),
    ("cli",),
    ("__main__",),
)
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}

# The files of these folders are choices: none knows another. A name with _ is no choice.
MENUS = (
    "datasets.sources",
    "decoding.strategies",
    "model.attention",
    "model.cells",
    "model.encoders",
    "presets",
)

# Where a third party may be imported: a module, or a folder with all that is in it.
DOORS = {
    "sentencepiece": "vocabulary",
    "rouge_score": "metrics",
    "sentencex": "metrics",
    "icu4py": "metrics",
    "pyarrow": "datasets.sources",
    "tensorflow_datasets": "datasets.sources",
    "tensorflow_text": "exporters",
    "onnxruntime": "runtime",
    "pypdfium2": "documents.pdf",
    "mammoth": "documents.docx",
}

HEAVY = ("tensorflow", "keras", "jax", "onnxruntime", "pyarrow", "rouge_score", "matplotlib")
HEAVY += ("pypdfium2", "mammoth", "sentencex", "icu4py")
LINES = 300
BYTES = 25_000_000

# Put together here, so that this file does not hold what it looks for.
HOSTS = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.", "deb." + "debian.org"]
HOSTS += ["crates" + ".io", "proxy.golang" + ".org", "anaconda" + ".org"]
MACHINE = r"(?<![\w.~$}>-])/(?:root|work|home|opt|Users)/[\w.]"
FORBIDDEN = re.compile("|".join([*map(re.escape, HOSTS), MACHINE]).encode())


def inside(module: str, folder: str) -> bool:
    """Tell whether a module is that folder or in it."""
    return module == folder or module.startswith(folder + ".")


def imported(source: str, module: str, is_package: bool) -> Iterator[str]:
    """Yield the dotted name of all that a source imports, wherever in it, also by importlib.

    `from a import b` gives `a.b`: only the caller knows whether that is a module.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")[: None if is_package else -1]
            base = base[: len(base) - node.level + 1] if node.level else []
            prefix = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{prefix}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args:
            called = ast.unparse(node.func)
            first = node.args[0]
            if called.endswith(("import_module", "__import__")) and isinstance(first, ast.Constant):
                yield str(first.value)


def graph(sources: dict[str, str]) -> dict[str, set[str]]:
    """Map each module to what it imports: modules of the package whole, third parties by name.

    Args:
        sources: path below the package's parent, as `summarizer/model/loss.py` → text.
    """
    modules = {}
    for path in sources:
        parts = path.removesuffix(".py").split("/")
        modules[path] = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    found: dict[str, set[str]] = {}
    for path, module in modules.items():
        edges = found[module] = set()
        for name in imported(sources[path], module, path.endswith("__init__.py")):
            kept = (*modules.values(), PACKAGE, f"{PACKAGE}.__version__")
            while inside(name, PACKAGE) and name not in kept:
                name = name.rpartition(".")[0]
            edges.add(name)
        edges.discard(f"{PACKAGE}.__version__")
    return found


def violations(sources: dict[str, str]) -> list[str]:
    """List every import that goes up, sideways, in a circle or past a third party's door."""
    wrong = []
    edges = graph(sources)
    for module, targets in edges.items():
        short = module.removeprefix(PACKAGE).lstrip(".")
        for target in sorted(targets):
            door = DOORS.get(target.split(".")[0])
            if door and not inside(short, door):
                wrong.append(f"{module} imports {target}, which only {door} may")
            if inside(target, PACKAGE) and short:  # the package itself gives names from anywhere
                wrong += direction(short, target.removeprefix(PACKAGE).lstrip("."))
    inner = {m: {t for t in ts if t in edges and t != m} for m, ts in edges.items()}
    try:
        TopologicalSorter(inner).prepare()
    except CycleError as error:
        wrong.append("imports in a circle: " + " → ".join(error.args[1]))
    return wrong


def direction(module: str, target: str) -> list[str]:
    """Say what is wrong with one import between modules of the package, if anything is."""
    wrong = []
    part, other = module.split(".")[0], target.split(".")[0]
    if part not in LEVEL or (other and other not in LEVEL):
        wrong.append(f"{module} imports {target}: one of them has no place in LAYERS")
    elif not other:
        wrong.append(f"{module} imports from the package itself: name the module")
    elif part != other and LEVEL[part] <= LEVEL[other]:
        wrong.append(f"{module} imports {target}, which is not below it")
    for menu in MENUS:
        if module != menu and inside(module, menu) and target != menu and inside(target, menu):
            here, there = (name.removeprefix(menu + ".").split(".")[0] for name in (module, target))
            if here != there and there[0] != "_":
                wrong.append(f"{module} imports {target}, another choice of {menu}")
    return wrong


def package_sources() -> dict[str, str]:
    files = sorted((ROOT / PACKAGE).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in files}


def repository_files() -> list[Path]:
    """List what is in the repository or would be added to it; without git, all that is here."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        out = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
        names: Iterable[str] = [name for name in os.fsdecode(out).split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = walk()
    return [path for name in names if (path := ROOT / name).is_file()]


def walk() -> Iterator[str]:
    made = {"build", "dist", "runs", "__pycache__"}
    kept = {".ci", ".gitignore", ".pre-commit-config.yaml"}
    for folder, folders, files in os.walk(ROOT):
        hidden = [name for name in folders + files if name[0] == "." and name not in kept]
        folders[:] = [f for f in folders if f not in made | set(hidden) and "egg-info" not in f]
        yield from (
            os.path.relpath(os.path.join(folder, f), ROOT) for f in files if f not in hidden
        )


def run(code: str) -> set[str]:
    """Return the names of the modules that are loaded after running code in a fresh Python."""
    code += "\nimport sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def test_imports_go_down_through_the_layers_and_third_parties_have_one_door():
    sources = package_sources()
    assert {path.split("/")[1].removesuffix(".py") for path in sources} <= {*LEVEL, "__init__"}
    assert violations(sources) == []


@pytest.mark.parametrize(
    ("path", "source", "said"),
    [
        ("config.py", "from summarizer import api", "not below"),
        ("config.py", "def f():\n    import summarizer.model.loss", "not below"),
        ("config.py", "from .model import loss", "not below"),
        ("model/cells/gru.py", "from ... import api", "not below"),
        ("model/cells/gru.py", "from .lstm import Options", "another choice"),
        ("model/cells/gru.py", "from . import _gates", None),
        ("model/cells/_gates.py", "from summarizer.model.cells import lstm", "another choice"),
        ("model/cells/gru.py", "from summarizer.model import cells\nimport numpy", None),
        ("model/cells/gru.py", "from summarizer.model.loss import f", None),
        ("training/trainer.py", "from summarizer import evaluation", "not below"),
        ("training/trainer.py", "import importlib as i\ni.import_module('summarizer.cli')", "not"),
        ("evaluation/rouge.py", "def f():\n    from rouge_score import rouge_scorer", None),
        ("model/loss.py", "def f():\n    from rouge_score import rouge_scorer", "only evaluation"),
        ("model/loss.py", "import onnxruntime as rt", "only runtime"),
        ("model/loss.py", "from summarizer.model.cells import lstm", "circle"),
        ("training/trainer.py", "import tensorflow_text", "only datasets"),
        ("datasets/sources/tfds.py", "import tensorflow_datasets.public_api as tfds", None),
        ("api.py", "from summarizer import Summarizer", "package itself"),
        ("cli.py", "from summarizer import __version__, api", None),
        ("misc.py", "import summarizer.types", "no place"),
        ("__init__.py", "def f():\n    from summarizer.api.presets import Summarizer", None),
    ],
)
def test_a_wrong_import_is_found(path, source, said):
    names = ["api", "cli", "types", "model/cells/lstm", "model/cells/_gates", "evaluation/rouge"]
    names += [f"{name}/__init__" for name in ("evaluation", "model", "model/cells")]
    tree = {f"{PACKAGE}/{name}.py": "" for name in names}
    tree[f"{PACKAGE}/model/loss.py"] = ""
    tree[f"{PACKAGE}/model/cells/lstm.py"] = "from summarizer.model import loss"
    tree[f"{PACKAGE}/{path}"] = source
    found = violations(tree)
    assert len(found) == (said is not None)
    assert said is None or said in found[0]


def test_modules_are_short():
    long = {path: n for path, s in package_sources().items() if (n := s.count("\n")) > LINES}
    assert long == {}


@pytest.mark.parametrize("module", ["summarizer", "summarizer.cli", "summarizer.api.presets"])
def test_importing_loads_nothing_heavy(module):
    loaded = run(f"import {module}")
    assert module in loaded
    assert loaded.isdisjoint(HEAVY)


def test_running_an_exported_model_loads_no_training_library():
    files = [path for path in package_sources() if path.startswith(f"{PACKAGE}/runtime/")]
    modules = [path.removesuffix("/__init__.py").removesuffix(".py") for path in files]
    loaded = run("import " + ", ".join(["onnxruntime", *modules]).replace("/", "."))
    assert loaded.isdisjoint({"tensorflow", "keras", "jax", "rouge_score", "matplotlib"})


def test_no_file_names_a_registry_or_a_machine():
    wrong = {}
    for path in repository_files():
        if found := FORBIDDEN.search(path.read_bytes()):
            wrong[str(path.relative_to(ROOT))] = found.group()
    assert wrong == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("--index-url https://" + "py" + "pi.org/simple", True),
        ("open('" + "/wo" + "rk/data.jsonl')", True),
        ("cd " + "/ho" + "me/someone", True),
        ("at home/work/elsewhere, and/or ./work/here or ~/work/x", False),
        ("#!/usr/bin/env bash", False),
    ],
)
def test_hosts_and_machine_paths_are_recognized(text, found):
    assert bool(FORBIDDEN.search(text.encode())) is found


def test_files_are_small_enough_for_the_repository():
    names = {path.relative_to(ROOT).as_posix(): path for path in repository_files()}
    assert {"pyproject.toml", "tests/test_structure.py"} <= set(names)
    assert {name: n for name, p in names.items() if (n := p.stat().st_size) > BYTES} == {}


def test_without_git_the_same_files_are_looked_at():
    here = {path.relative_to(ROOT).as_posix() for path in repository_files()}
    assert here <= set(walk())


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.parametrize("expected_failure", [True, False])
def test_a_skip_that_is_not_allowed_fails(allowed, expected_failure):
    name = "tests/test_x.py::test_y"
    report = SimpleNamespace(nodeid=name + "[1]", skipped=True, outcome="skipped", longrepr="why")
    if expected_failure:
        report.wasxfail = "known"
    fail_if_skipped(report, frozenset({name} if allowed else ()))
    assert (report.outcome == "failed") is not (allowed or expected_failure)
