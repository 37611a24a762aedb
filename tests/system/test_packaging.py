"""What is installed is whole: the wheel, its commands, and locks that agree with pyproject.toml."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCKS = ("build", "base", "train", "dev")
COMMANDS = ("summarizer", "summarize")
UNLOCKED = ("cuda", "jax-cuda", "bench")  # extras of gigabytes

# What only the extras bring; an empty environment with the base install has none of it.
EXTRAS = ("tensorflow", "tensorflow_text", "tensorflow_datasets", "keras", "jax", "tf2onnx")
EXTRAS += ("onnx", "matplotlib", "h5py", "pytest", "hypothesis", "mammoth", "pypdfium2", "icu4py")
WITHOUT_EXTRAS = f"""
import importlib.abc, sys

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {EXTRAS!r}:
            text = f"No module named {{name!r}} (not in the base install)"
            raise ModuleNotFoundError(text, name=name)

sys.meta_path.insert(0, Absent())
"""


def execute(command: list[str], cwd: Path, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a clean copy, so that nothing left in the clone gets into it."""
    folder = tmp_path_factory.mktemp("build")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(
        ROOT / "summarizer", folder / "summarizer", ignore=shutil.ignore_patterns("__pycache__")
    )
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    execute([*pip, "--no-index", "--wheel-dir", "out", "."], folder)
    (path,) = (folder / "out").glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel installed in it, where nothing that only extras bring is found."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    execute([*pip, "--no-compile", "--target", str(folder), str(wheel)], folder)
    (folder / "sitecustomize.py").write_text(WITHOUT_EXTRAS)
    return folder


def in_base_install(command: list[str], installed: Path) -> str:
    """Run a command where the wheel comes before all else, away from the clone."""
    env = {"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin", "HOME": str(installed)}
    return execute([sys.executable, *command], installed.parent, env)


def test_the_wheel_has_every_module_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    modules = {p.relative_to(ROOT).as_posix() for p in (ROOT / "summarizer").rglob("*.py")}
    assert "summarizer/model/cells/lstm.py" in modules
    files = {
        p.relative_to(ROOT).as_posix() for p in (ROOT / "summarizer").rglob("*.*") if p.is_file()
    }
    assert held == {name for name in files if "__pycache__" not in name}
    assert {
        "summarizer/reports/templates/base.html.j2",
        "summarizer/reports/assets/style.css",
    } < held
    assert {name.split("/")[0] for name in held} == {"summarizer"}


def test_the_wheel_carries_the_licence_and_the_extras(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name.partition("/")[2]: name for name in archive.namelist()}
        metadata = archive.read(names["METADATA"]).decode()
    assert "licenses/LICENSE" in names
    assert "License-Expression: Apache-2.0\n" in metadata
    assert "Requires-Python: <3.14,>=3.11\n" in metadata
    extras = set(re.findall(r"^Provides-Extra: (\S+)", metadata, re.M))
    assert {"train", "notebooks", "jax", "files", "docs", "cuda", "jax-cuda", "dev"} <= extras
    assert extras == set(PROJECT["optional-dependencies"])


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_shows_its_help_without_the_extras(installed, command):
    script = installed / "bin" / command
    assert script.exists()
    said = in_base_install([str(script), "--help"], installed)
    assert re.search(rf"usage: (summarizer )?{command}\b", said, re.I)


def test_the_module_runs_as_the_command_does(installed):
    script = str(installed / "bin" / "summarizer")
    by_module = in_base_install(["-m", "summarizer", "--help"], installed)
    assert by_module == in_base_install([script, "--help"], installed)


def test_the_base_install_of_these_tests_is_the_wheel_and_lacks_the_extras(installed):
    code = "import summarizer; print(summarizer.__file__)"
    assert in_base_install(["-c", code], installed).startswith(str(installed))
    with pytest.raises(AssertionError, match="not in the base install"):
        in_base_install(["-c", "import keras"], installed)


def test_the_base_install_summarizes_with_the_model_it_is_pointed_at(installed, tmp_path):
    text = tmp_path / "article.txt"
    text.write_text("We study bridges of stone. Bridges of stone last longer than bridges of wood.")
    script = str(installed / "bin" / "summarize")
    model = str(ROOT / "saved_models" / "english")
    said = in_base_install([script, "--model", model, str(text)], installed)
    assert len(said.split()) >= 2
    page = tmp_path / "why.html"
    in_base_install([script, "--model", model, "--explain", str(page), str(text)], installed)
    assert "<title>Where each word came from</title>" in page.read_text("utf-8")
    with pytest.raises(AssertionError, match="no model: name one with --model FOLDER"):
        in_base_install([script, str(text)], installed)


def test_training_without_its_extra_says_what_to_install(installed):
    script = str(installed / "bin" / "summarizer")
    with pytest.raises(AssertionError) as error:
        in_base_install([script, "train"], installed)
    said = str(error.value).splitlines()[0]
    assert said.endswith("this needs pip install 'summarizer-lstm[train]'")


def locked(name: str) -> dict[str, set[str]]:
    """Map each distribution of a lock to its lines; the same one may differ by Python version."""
    found: dict[str, set[str]] = {}
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8").replace("\\\n", "")
    for line in text.splitlines():
        if match := re.match(r"([a-z0-9-]+)==\S+( ; [^#]+?)? +--hash=sha256:[0-9a-f]{64}\b", line):
            found.setdefault(match[1], set()).add(line)
        else:
            assert not line or line.lstrip().startswith("#"), f"{name}.txt: {line[:80]}"
    return found


@pytest.mark.parametrize(
    ("inner", "outer"), [("build", "dev"), ("base", "train"), ("train", "dev")]
)
def test_one_lock_may_be_laid_over_another(inner, outer):
    small, large = locked(inner), locked(outer)
    assert small
    assert set(small) <= set(large)
    assert {name for name in small if small[name] != large[name]} == set()


def locked_extras() -> set[str]:
    """The extras that `make lock` puts into requirements/dev.txt."""
    (line,) = re.findall(r"^EXTRAS := (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.M)
    return set(line.split())


def test_the_locks_leave_out_what_needs_a_gpu():
    assert set(PROJECT["optional-dependencies"]) == {*locked_extras(), *UNLOCKED}
    assert [name for name in locked("dev") if name.startswith("nvidia-")] == []
    for gpu, cpu in (("cuda", "train"), ("jax-cuda", "jax")):
        (needed,) = PROJECT["optional-dependencies"][gpu]
        assert re.sub(r"\[.*\]", "", needed) in PROJECT["optional-dependencies"][cpu]


@pytest.mark.parametrize(
    ("lock", "extras"), [("base", ()), ("train", ("train",)), ("dev", locked_extras())]
)
def test_each_lock_has_what_pyproject_asks_for(lock, extras):
    wanted = list(PROJECT["dependencies"])
    for extra in extras:
        wanted += PROJECT["optional-dependencies"][extra]
    names = {re.split(r"[^\w.-]", line)[0].replace("_", "-").lower() for line in wanted}
    assert names <= set(locked(lock))


def test_the_base_install_has_no_training_library():
    assert {name.replace("_", "-") for name in EXTRAS}.isdisjoint(locked("base"))


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_name_no_address_and_no_local_file(lock):
    text = (ROOT / "requirements" / f"{lock}.txt").read_text("utf-8")
    assert not re.search(r"://|file:| @ |^-|index", text, re.M)
