"""The notebooks: each runs from its first cell to its last, shows what it promises, is clean."""

import os
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FIRST = "01_train_and_summarize"


class OwnKernel(AsyncKernelManager):
    """Starts the interpreter that runs the tests, whatever kernels a machine has installed."""

    def __init__(self, **settings: Any) -> None:
        # Without folders to look into, the native kernel is ipykernel's, of `sys.executable`.
        super().__init__(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]), **settings)


def execute(notebook: Any, folder: Path) -> list[Any]:
    """Run a notebook where it lies, with its files in `folder`; return what its cells showed."""
    (folder / "tmp").mkdir()
    changed = {
        "NOTEBOOK_STEPS": "30",
        "PYTHONPATH": str(ROOT),  # `make test` does not install the package
        "IPYTHONDIR": str(folder / "ipython"),  # nobody's start-up files
        "TMPDIR": str(folder / "tmp"),
    }
    # A backend without windows, as the tests use it, would draw nothing into the notebook.
    env = {k: v for k, v in os.environ.items() if k not in ("MPLBACKEND", "SUMMARIZER_MODEL")}
    NotebookClient(
        notebook,
        kernel_name="python3",
        kernel_manager_class=OwnKernel,
        timeout=300,
        resources={"metadata": {"path": str(ROOT / "notebooks")}},
    ).execute(env=env | changed)
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A notebook's name, what it showed, and the folder that its temporary files went to."""
    notebook = nbformat.read(request.param, as_version=4)
    folder = tmp_path_factory.mktemp("notebook")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "runtime"))
        before = sorted((ROOT / "notebooks").rglob("*"))
        outputs = execute(notebook, folder)
    assert sorted((ROOT / "notebooks").rglob("*")) == before, "wrote beside the notebooks"
    return request.param.stem, outputs, folder / "tmp"


def shown(outputs: list[Any], kind: str) -> list[str]:
    return [output.data[kind] for output in outputs if kind in output.get("data", {})]


def printed(outputs: list[Any]) -> str:
    return "".join(o.text for o in outputs if o.output_type == "stream" and o.name == "stdout")


def test_a_notebook_runs_to_its_end_and_draws(ran: Any) -> None:
    name, outputs, temporary = ran
    assert not [output for output in outputs if output.output_type == "error"], name
    assert shown(outputs, "image/png"), f"{name} has no figure"
    assert not list(temporary.glob("summarizer-*")), f"{name} leaves its files behind"
    if name == FIRST:
        shows_training_attention_and_copies(outputs)


def shows_training_attention_and_copies(outputs: list[Any]) -> None:
    assert len(shown(outputs, "image/png")) == 3  # curves, and attention over digits and an article
    marked = [text for text in shown(outputs, "text/html") if 'title="copied' in text]
    assert len(marked) == 5  # the digits and four articles
    for text in marked:
        pieces = re.findall(r'"copied (\S+), gate (\S+)" style="(.*?)"', text)
        assert pieces
        for part, gate, style in pieces:
            assert 0 <= float(part) <= 1 - float(gate) + 0.02  # rounded to hundredths
            if abs(float(part) - float(gate)) > 0.01:
                assert ("background" in style) == (float(part) > float(gate))
    reports = printed(outputs)
    assert reports.count("first-k-words") == 2
    assert reports.count("rouge|tok:unicode") == 2


def test_the_kernel_is_the_interpreter_of_the_tests_not_the_one_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = tmp_path / "kernels" / "python3"
    foreign.mkdir(parents=True)
    (foreign / "kernel.json").write_text(
        '{"argv": ["/elsewhere/python", "{connection_file}"], "display_name": "", "language": ""}'
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    foreign_first = AsyncKernelManager(kernel_name="python3").format_kernel_cmd()
    assert foreign_first[0] == "/elsewhere/python"  # what the class here is for
    command = OwnKernel(kernel_name="python3").format_kernel_cmd()
    assert command[0] == sys.executable
    assert "ipykernel_launcher" in command


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    for number, cell in enumerate(notebook.cells):
        assert not cell.get("outputs"), f"cell {number} has outputs"
        assert cell.get("execution_count") is None, f"cell {number} has been run"
