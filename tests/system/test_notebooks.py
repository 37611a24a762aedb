"""Run each notebook from its first cell to its last, and check its results and its stored form."""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from tests import markdown

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FIRST = "01_train_and_summarize"
DATA = "02_data"
POINTER = "03_attention_and_pointer"
EVALUATE = "04_evaluate_and_export"
CELLS = "05_rnn_lstm_gru"
ATTENTION = "06_attention"
FAMILY = "07_family"
LANGUAGE = "08_language_model"

# Environment variables that make a notebook faster.
SMALL = {
    FIRST: {"NOTEBOOK_STEPS": "30"},
    POINTER: {"NOTEBOOK_STEPS": "300"},  # enough to learn to copy
    EVALUATE: {"NOTEBOOK_ARTICLES": "6"},
    CELLS: {"NOTEBOOK_STEPS": "100"},  # enough to open the gates
    ATTENTION: {"NOTEBOOK_STEPS": "120", "NOTEBOOK_TRAINED": "dot"},  # enough to learn to copy
    # Makes its own comparison, whatever is in runs/; enough steps to see the effect of attention.
    FAMILY: {
        "NOTEBOOK_FAMILY": "nowhere",
        "NOTEBOOK_VARIANTS": "lstm,no_attention",
        "NOTEBOOK_STEPS": "48",
    },
    LANGUAGE: {"NOTEBOOK_STEPS": "48"},
}

# The results to check, as an expression of a notebook's variables; evaluated after its last cell.
RESULTS = {
    FIRST: "{}",
    DATA: """{
        "same_split": same_split, "ids": len(split_of_id), "rows": store.rows,
        "train": len(train), "cleaned": cleaned_text, "case": [tokens_per_word(cased, held_out),
        tokens_per_word(lowercased, held_out)], "tokens_per_word": ratios, "windows": windows,
        "padding": [float(p) for p in padding], "limit": LIMIT, "read_back": len(read_back),
        "valid": len(valid), "shapes": {name: values.shape for name, values in batch.items()},
        "shifted": [batch["summary_in"][shortest, 1:end - 2].tolist(),
        batch["summary_out"][shortest, :end - 3].tolist()],
    }""",
    POINTER: """{
        "accuracy": {f"{model}, {name}": float(share)
        for (model, name), share in accuracy.items()},
        "errors": [float(e) for e in (dot_error, additive_error, pointer_error)],
        "nothing_unseen": not set(known) & set(new),
        "sums": [[float(x) for x in view[2].sum(axis=1)] for view in views],
        "gates": [[float(x) for x in view[3]] for view in views],
        "copied": [
            (word in view[0], bool(is_copied))
            for view in views for word, is_copied in zip(view[1], view[4], strict=True)
        ],
    }""",
    EVALUATE: """{
        "by_hand": {metric: 100 * values[2] for metric, values in by_hand.items()},
        "library": {metric: float(library[metric][0, 2]) for metric in by_hand},
        "mean": float(model_scores.mean()), "interval": [float(low), float(high)],
        "difference": difference, "halves": [float(median), float(large)],
        "penalties": sorted((value, float(words)) for (name, value), words in lengths.items()
        if name == "penalty"), "compared": [len(values) for values in scores.values()],
        "first": float(first), "oracle": float(oracle), "exported": exported, "result": result,
        "log_prob": [keras_log_prob, graph_log_prob], "summary": summary.text,
        "weight_share": float(weight_share),
    }""",
    CELLS: """{
        "reach": {f"{name}, {when}": [float(values[0]), float(values[-1])]
        for (name, when), values in reach.items()},
        "factors": {name: [float(factor) for factor in pair] for name, pair in factors.items()},
        "error": float(lstm_error), "shares": shares,
        "gates": {name: float(mean) for name, mean in mean_gates.items()},
        "accuracy": {f"{name}, {question}": float(share)
        for (name, question), share in question_accuracy.items()},
        "seconds": {name: len(durations) for name, durations in seconds.items()},
    }""",
    ATTENTION: """{
        "kinds": [network.decoder.attention.__class__.__module__.split(".")[-1]
        for network in networks.values()], "available": plugins.names("attention"),
        "sums": {name: [float(x) for x in sums] for name, sums in row_sums.items()},
        "accuracy": {f"{model}, {test}": [float(share) for share in shares]
        for (model, test), shares in accuracy.items()},
        "repeated": repeated, "error": float(intra_error),
        "intra_sums": [float(x) for x in intra_weights.sum(axis=1)],
        "gates": {name: float(mean) for name, mean in mean_gates.items()},
        "weights": {name: [float(x) for x in means] for name, means in expected_weights.items()},
    }""",
    FAMILY: """{
        "made": made_here, "part": part, "base": base.name, "documents": documents,
        "means": {name: float(mean) for name, mean in means.items()}, "verdicts": verdicts,
        "differences": differences, "rates": [float(rate), float(family_rate)],
        "p_values": [float(p) for p in p_values], "holm": [float(p) for p in holm],
        "curves": {name: curve.tolist() for name, curve in curves.items()}, "front": front,
        "reach": {name: norms.tolist() for name, norms in reach.items()}, "texts": texts,
        "references": {id: predictions[base.name][id]["reference"] for id in chosen},
    }""",
    LANGUAGE: """{
        "stages": stages, "bits": {step: bits[step] for step in stages}, "size": vocabulary.size,
        "baselines": baselines, "samples": samples, "prompt": PROMPT, "length": LENGTH,
        "distinct": {step: [word_shares[step, t][1] for t in TEMPERATURES] for step in stages},
        "temperatures": TEMPERATURE_GRID, "entropies": entropies, "losses": losses,
        "calibration": calibration,
    }""",
}


class OwnKernel(AsyncKernelManager):
    """Start the interpreter that runs the tests, not a kernel that is installed on the machine."""

    def __init__(self, **settings: Any) -> None:
        # Without folders to search, the kernel is that of ipykernel in `sys.executable`.
        super().__init__(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]), **settings)


def execute(name: str, notebook: Any, folder: Path) -> list[Any]:
    """Run a notebook in `notebooks/`, its files in `folder`; return the outputs of its cells."""
    (folder / "tmp").mkdir()
    variables = SMALL.get(name, {}) | {
        "PYTHONPATH": str(ROOT),  # `make test` does not install the package
        "IPYTHONDIR": str(folder / "ipython"),  # without the user's start-up files
        "TMPDIR": str(folder / "tmp"),
    }
    # With the backend of the tests, figures would not be among the outputs.
    env = {k: v for k, v in os.environ.items() if k not in ("MPLBACKEND", "SUMMARIZER_MODEL")}
    NotebookClient(
        notebook,
        kernel_name="python3",
        kernel_manager_class=OwnKernel,
        timeout=300,
        resources={"metadata": {"path": str(ROOT / "notebooks")}},
    ).execute(env=env | variables)
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a notebook's name, its outputs, its results, and the folder of its temporary files."""
    name = request.param.stem
    notebook = nbformat.read(request.param, as_version=4)
    cell = nbformat.v4.new_code_cell(f"import json\nprint(json.dumps({RESULTS[name]}))")
    notebook.cells.append(cell)
    folder = tmp_path_factory.mktemp("notebook")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "runtime"))
        before = sorted((ROOT / "notebooks").rglob("*"))
        outputs = execute(name, notebook, folder)
    assert sorted((ROOT / "notebooks").rglob("*")) == before, "wrote beside the notebooks"
    return name, outputs, json.loads(printed(cell.outputs)), folder / "tmp"


def shown(outputs: list[Any], kind: str) -> list[str]:
    """Return the outputs of a MIME type."""
    return [output.data[kind] for output in outputs if kind in output.get("data", {})]


def printed(outputs: list[Any]) -> str:
    """Return what was written to standard output."""
    return "".join(o.text for o in outputs if o.output_type == "stream" and o.name == "stdout")


@pytest.mark.slow
def test_notebook_runs_and_its_results_hold(ran: Any) -> None:
    name, outputs, results, temporary = ran
    assert not [output for output in outputs if output.output_type == "error"], name
    warnings = "".join(output.get("text", "") for output in outputs)
    assert not re.findall(r"DeprecationWarning: .* is now .*", warnings), name
    assert not list(temporary.glob("summarizer-*")), f"{name} leaves its files behind"
    checks = {
        FIRST: check_training,
        DATA: check_data,
        POINTER: check_pointer,
        EVALUATE: check_evaluation_and_export,
        CELLS: check_cells,
        ATTENTION: check_kinds_of_attention,
        FAMILY: check_comparison,
        LANGUAGE: check_language_model,
    }
    checks[name](outputs, results)


def check_training(outputs: list[Any], _: Any) -> None:
    assert len(shown(outputs, "image/png")) == 3  # curves, and attention over digits and an article
    marked = [text for text in shown(outputs, "text/html") if 'title="copied' in text]
    assert len(marked) == 5  # the digits and four articles
    for text in marked:
        tokens = re.findall(r'"copied (\S+), gate (\S+)" style="(.*?)"', text)
        assert tokens
        for copied, gate, style in tokens:
            assert 0 <= float(copied) <= 1 - float(gate) + 0.02  # rounded to hundredths
            if abs(float(copied) - float(gate)) > 0.01:
                assert ("background" in style) == (float(copied) > float(gate))
    reports = printed(outputs)
    assert len(re.findall(r"first-k-words +difference", reports)) == 2
    assert reports.count("rouge|tok:unicode") == 2


def check_data(outputs: list[Any], results: Any) -> None:
    assert len(shown(outputs, "image/png")) == 5  # sizes, lengths, positions, padding, a batch
    assert results["same_split"] == results["ids"] > 1000
    assert 0.85 < results["train"] / results["ids"] < 0.95
    assert results["rows"] == results["train"]
    assert results["cleaned"] == "The caf\u00e9 opened. Twice."
    cased, lowercased = results["case"]
    assert 1 < lowercased < cased
    assert results["tokens_per_word"] == sorted(results["tokens_per_word"], reverse=True)
    assert results["padding"][-1] < results["padding"][0] / 2
    assert results["read_back"] == results["valid"] == 18
    rows, columns = results["shapes"]["document"]
    assert results["shapes"]["row"] == [rows]
    assert columns < results["limit"]
    written = {tuple(results["shapes"][k]) for k in ("summary_in", "summary_out", "weight")}
    assert len(written) == 1
    assert written.pop()[0] == rows
    inputs, targets = results["shifted"]
    assert inputs == targets
    assert len(inputs) > 1


def check_pointer(outputs: list[Any], results: Any) -> None:
    assert len(shown(outputs, "image/png")) == 5  # accuracy, three of attention, two weightings
    assert results["nothing_unseen"]
    assert results["accuracy"]["with pointer, new"] > 0.6
    assert results["accuracy"]["without, new"] < 0.2
    assert max(results["errors"]) < 1e-4
    for row in (row for view in results["sums"] for row in view):
        assert row == pytest.approx(1, abs=1e-3)
    assert all(0 <= gate <= 1 for view in results["gates"] for gate in view)
    copied = [in_document for in_document, is_copied in results["copied"] if is_copied]
    assert 0 < len(copied) < len(results["copied"])
    marked = [text for text in shown(outputs, "text/html") if 'title="gate' in text]
    assert len(marked) == 5
    assert any("background" in text for text in marked)


def check_evaluation_and_export(outputs: list[Any], results: Any) -> None:
    assert len(shown(outputs, "image/png")) == 3  # articles, the bootstrap, the searches
    assert results["by_hand"] == pytest.approx(results["library"])
    rouge1, rouge2, rouge_l = (results["by_hand"][m] for m in ("rouge1", "rouge2", "rougeL"))
    assert rouge2 < rouge_l < rouge1
    low, high = results["interval"]
    assert low < results["mean"] < high
    difference = results["difference"]
    assert 0 < difference["low"] < difference["mean"] < difference["high"]
    assert 0 < results["halves"][0] < results["halves"][1]
    assert set(results["compared"]) == {6}
    penalties, words = zip(*results["penalties"], strict=True)
    assert penalties[0] == 0
    assert words[0] < words[1] < words[2]
    assert results["first"] < results["oracle"]
    keras_log_prob, graph_log_prob = results["log_prob"]
    # The shipped graph computes products with 8 bits.
    assert keras_log_prob == pytest.approx(graph_log_prob, abs=0.05)
    assert results["exported"]["same"] == 1
    assert results["exported"]["worst"] < 1e-3
    assert results["result"]["imported"] == []
    assert results["result"]["text"] == results["summary"]
    assert 0.9 < results["weight_share"] < 1
    assert "rouge|tok:unicode" in printed(outputs)


def check_cells(outputs: list[Any], results: Any) -> None:
    assert len(shown(outputs, "image/png")) == 2  # gradients and accuracy, gates
    near, far = zip(*results["reach"].values(), strict=True)
    ratios = {name: b / a for name, a, b in zip(results["reach"], near, far, strict=True)}
    assert max(ratio for name, ratio in ratios.items() if name.endswith("before")) < 0.01
    assert ratios["rnn, after"] < 1e-3 * min(ratios["lstm, after"], ratios["gru, after"])
    for name in ("lstm", "peephole_lstm", "gru"):
        before, after = results["factors"][name]
        assert before < 0.9 < after
    assert results["error"] < 1e-4
    gates = results["gates"]
    assert gates["full stop"] < gates["begins a word"] < gates["continues a word"]
    assert sorted(results["shares"].values(), reverse=True) == list(results["shares"].values())
    assert results["accuracy"]["minimal, first"] < 0.5 < results["accuracy"]["minimal, last"]
    assert set(results["seconds"].values()) == {2}


def check_kinds_of_attention(outputs: list[Any], results: Any) -> None:
    assert (
        len(shown(outputs, "image/png")) == 4
    )  # all kinds, coverage, the pointer, intra-attention
    assert set(results["kinds"]) == set(results["available"])
    for name, values in results["sums"].items():
        assert values == pytest.approx([0.0 if name == "none" else 1.0] * len(values), abs=1e-3)
    assert results["intra_sums"] == pytest.approx([1.0] * len(results["intra_sums"]), abs=1e-3)
    assert results["error"] < 1e-4
    assert results["accuracy"]["dot, new"][0] > 0.6  # names that did not occur in training
    assert results["gates"]["names"] < 0.3 < 0.7 < results["gates"]["others"]
    assert results["weights"]["dot"][0] > 0.6
    assert all(0 < share < 1 for share in results["repeated"].values())


def check_comparison(outputs: list[Any], results: Any) -> None:
    assert len(shown(outputs, "image/png")) == 4  # the logs, the differences, speed, the gradient
    assert results["made"]
    assert (results["part"], results["base"]) == ("examples", "lstm")
    (table,) = shown(outputs, "text/markdown")
    assert [row[0] for row in markdown.rows(table)][:2] == ["`lstm`", "`no_attention`"]
    difference = results["differences"]["no_attention"]
    means = results["means"]
    assert difference["mean"] == pytest.approx(means["no_attention"] - means["lstm"])
    assert difference["low"] < difference["mean"] < difference["high"] < 0
    assert results["verdicts"] == {"no_attention": "worse"}
    rate, family_rate = results["rates"]
    assert 0.02 < rate == family_rate < 0.09  # 95% intervals, one comparison
    assert results["p_values"] == results["holm"]
    assert results["holm"][0] < 0.01
    assert "lstm" in results["front"]
    for curve in results["curves"].values():
        assert len(curve) > 5
        assert curve == sorted(curve, key=lambda point: point[0])
    for values in results["reach"].values():
        assert values[0] == 1
        assert all(value > 0 for value in values)
    assert results["documents"] == 200
    texts, references = results["texts"], results["references"]
    assert len(shown(outputs, "text/html")) == len(texts) == len(references) > 1
    for id, text in texts.items():
        assert text.split()[::-1] == references[id].split()


def check_language_model(outputs: list[Any], results: Any) -> None:
    assert (
        len(shown(outputs, "image/png")) == 3
    )  # the loss, one distribution, the means by temperature
    (table,) = shown(outputs, "text/html")
    stages = [str(step) for step in results["stages"]]
    assert len(stages) == 4
    assert table.count("<code>") == 3 * len(stages)
    bits = [results["bits"][step] for step in stages]
    assert bits == sorted(bits, reverse=True)
    frequencies, after_two = results["baselines"].values()
    assert after_two < frequencies < np.log2(results["size"])
    assert bits[-1] < frequencies  # it uses the context, but has not passed `after_two` yet
    for step in stages:
        cold, *_, hot = results["distinct"][step]
        assert cold < hot
        assert results["entropies"][step] == sorted(results["entropies"][step])
        loss_at_1 = results["losses"][step][results["temperatures"].index(1.0)]
        assert loss_at_1 == pytest.approx(results["bits"][step], abs=1e-3)
        for texts in results["samples"][step].values():
            assert len(set(texts)) > 1
            for text in texts:
                assert text.startswith(results["prompt"])
                assert len(text) <= len(results["prompt"]) + results["length"]
    entropy_at_1, best_temperature = results["calibration"][stages[-1]]
    assert entropy_at_1 == pytest.approx(bits[-1], abs=0.7)
    assert 0.7 <= best_temperature <= 1.5


def test_kernel_is_the_interpreter_of_the_tests(
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
    assert foreign_first[0] == "/elsewhere/python"  # the kernel that OwnKernel avoids
    command = OwnKernel(kernel_name="python3").format_kernel_cmd()
    assert command[0] == sys.executable
    assert "ipykernel_launcher" in command


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_stored_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    for number, cell in enumerate(notebook.cells):
        assert not cell.get("outputs"), f"cell {number} has outputs"
        assert cell.get("execution_count") is None, f"cell {number} has been run"
