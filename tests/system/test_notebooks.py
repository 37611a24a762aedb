"""The notebooks: each runs from its first cell to its last, shows what it promises, is clean."""

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
FIRST, DATA, POINTER, EVALUATE, CELLS, KINDS, FAMILY, LANGUAGE = (
    "01_train_and_summarize", "02_data", "03_attention_and_pointer", "04_evaluate_and_export",
    "05_rnn_lstm_gru", "06_attention", "07_family", "08_language_model",
)  # fmt: skip
SHORTER = {
    FIRST: {"NOTEBOOK_STEPS": "30"},
    POINTER: {"NOTEBOOK_STEPS": "300"},  # enough to copy
    EVALUATE: {"NOTEBOOK_ARTICLES": "6"},
    CELLS: {"NOTEBOOK_STEPS": "100"},  # the gates have opened
    KINDS: {"NOTEBOOK_STEPS": "120", "NOTEBOOK_TRAINED": "dot"},  # the pointer copies
    # A comparison of its own, whatever is in runs/; steps enough to see what attention is worth.
    FAMILY: {"NOTEBOOK_FAMILY": "nowhere", "NOTEBOOK_VARIANTS": "lstm,no_attention",
             "NOTEBOOK_STEPS": "48"},
    LANGUAGE: {"NOTEBOOK_STEPS": "48"},
}  # fmt: skip

# What a notebook found, as an expression of its own variables: evaluated after its last cell.
FOUND = {
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
    KINDS: """{
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
    """Starts the interpreter that runs the tests, whatever kernels a machine has installed."""

    def __init__(self, **settings: Any) -> None:
        # Without folders to look into, the native kernel is ipykernel's, of `sys.executable`.
        super().__init__(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]), **settings)


def execute(name: str, notebook: Any, folder: Path) -> list[Any]:
    """Run a notebook where it lies, with its files in `folder`; return what its cells showed."""
    (folder / "tmp").mkdir()
    changed = SHORTER.get(name, {}) | {
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
    """A notebook's name, what it showed and found, and where its temporary files went."""
    name = request.param.stem
    notebook = nbformat.read(request.param, as_version=4)
    asked = nbformat.v4.new_code_cell(f"import json\nprint(json.dumps({FOUND[name]}))")
    notebook.cells.append(asked)
    folder = tmp_path_factory.mktemp("notebook")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "runtime"))
        before = sorted((ROOT / "notebooks").rglob("*"))
        outputs = execute(name, notebook, folder)
    assert sorted((ROOT / "notebooks").rglob("*")) == before, "wrote beside the notebooks"
    return name, outputs, json.loads(printed(asked.outputs)), folder / "tmp"


def shown(outputs: list[Any], kind: str) -> list[str]:
    return [output.data[kind] for output in outputs if kind in output.get("data", {})]


def printed(outputs: list[Any]) -> str:
    return "".join(o.text for o in outputs if o.output_type == "stream" and o.name == "stdout")


@pytest.mark.slow
def test_a_notebook_runs_to_its_end_and_shows_what_it_promises(ran: Any) -> None:
    name, outputs, found, temporary = ran
    assert not [output for output in outputs if output.output_type == "error"], name
    assert not list(temporary.glob("summarizer-*")), f"{name} leaves its files behind"
    promises = {
        FIRST: shows_training_attention_and_copies,
        DATA: shows_the_way_from_text_to_batches,
        POINTER: shows_why_there_is_a_pointer,
        EVALUATE: shows_scores_with_intervals_and_an_equal_export,
        CELLS: shows_how_far_gradients_reach,
        KINDS: shows_where_each_attention_looks,
        FAMILY: shows_what_a_change_bought,
        LANGUAGE: shows_what_is_written_at_which_temperature,
    }
    promises[name](outputs, found)


def shows_training_attention_and_copies(outputs: list[Any], _: Any) -> None:
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
    assert len(re.findall(r"first-k-words +difference", reports)) == 2
    assert reports.count("rouge|tok:unicode") == 2


def shows_the_way_from_text_to_batches(outputs: list[Any], found: Any) -> None:
    assert len(shown(outputs, "image/png")) == 5  # sizes, lengths, places, padding, a batch
    assert found["same_split"] == found["ids"] > 1000
    assert 0.85 < found["train"] / found["ids"] < 0.95
    assert found["rows"] == found["train"]
    assert found["cleaned"] == "The caf\u00e9 opened. Twice."
    cased, lowercased = found["case"]
    assert 1 < lowercased < cased
    assert found["tokens_per_word"] == sorted(found["tokens_per_word"], reverse=True)
    assert found["padding"][-1] < found["padding"][0] / 2
    assert found["read_back"] == found["valid"] == 18
    rows, columns = found["shapes"]["document"]
    assert found["shapes"]["row"] == [rows]
    assert columns < found["limit"]
    written = {tuple(found["shapes"][k]) for k in ("summary_in", "summary_out", "weight")}
    assert len(written) == 1
    assert written.pop()[0] == rows
    before, after = found["shifted"]
    assert before == after
    assert len(before) > 1


def shows_why_there_is_a_pointer(outputs: list[Any], found: Any) -> None:
    assert len(shown(outputs, "image/png")) == 5  # the bars, three of attention, two formulae
    assert found["nothing_unseen"]
    assert found["accuracy"]["with pointer, new"] > 0.6
    assert found["accuracy"]["without, new"] < 0.2
    assert max(found["errors"]) < 1e-4
    for row in (row for view in found["sums"] for row in view):
        assert row == pytest.approx(1, abs=1e-3)
    assert all(0 <= gate <= 1 for view in found["gates"] for gate in view)
    copied = [in_document for in_document, is_copied in found["copied"] if is_copied]
    assert 0 < len(copied) < len(found["copied"])
    marked = [text for text in shown(outputs, "text/html") if 'title="gate' in text]
    assert len(marked) == 5
    assert any("background" in text for text in marked)


def shows_scores_with_intervals_and_an_equal_export(outputs: list[Any], found: Any) -> None:
    assert len(shown(outputs, "image/png")) == 3  # articles, the bootstrap, the searches
    assert found["by_hand"] == pytest.approx(found["library"])
    assert found["by_hand"]["rouge2"] < found["by_hand"]["rougeL"] < found["by_hand"]["rouge1"]
    low, high = found["interval"]
    assert low < found["mean"] < high
    difference = found["difference"]
    assert 0 < difference["low"] < difference["mean"] < difference["high"]
    assert 0 < found["halves"][0] < found["halves"][1]
    assert set(found["compared"]) == {6}
    penalties, words = zip(*found["penalties"], strict=True)
    assert penalties[0] == 0
    assert words[0] < words[1] < words[2]
    assert found["first"] < found["oracle"]
    keras_log_prob, graph_log_prob = found["log_prob"]
    # The shipped graph computes products with 8 bits.
    assert keras_log_prob == pytest.approx(graph_log_prob, abs=0.05)
    assert found["exported"]["same"] == 1
    assert found["exported"]["worst"] < 1e-3
    assert found["result"]["imported"] == []
    assert found["result"]["text"] == found["summary"]
    assert 0.9 < found["weight_share"] < 1
    assert "rouge|tok:unicode" in printed(outputs)


def shows_how_far_gradients_reach(outputs: list[Any], found: Any) -> None:
    assert len(shown(outputs, "image/png")) == 2  # gradients and answers, gates
    near, far = zip(*found["reach"].values(), strict=True)
    parts = {name: b / a for name, a, b in zip(found["reach"], near, far, strict=True)}
    assert max(part for name, part in parts.items() if name.endswith("before")) < 0.01
    assert parts["rnn, after"] < 1e-3 * min(parts["lstm, after"], parts["gru, after"])
    for name in ("lstm", "peephole_lstm", "gru"):
        before, after = found["factors"][name]
        assert before < 0.9 < after
    assert found["error"] < 1e-4
    gates = found["gates"]
    assert gates["full stop"] < gates["begins a word"] < gates["continues a word"]
    assert sorted(found["shares"].values(), reverse=True) == list(found["shares"].values())
    assert found["accuracy"]["minimal, first"] < 0.5 < found["accuracy"]["minimal, last"]
    assert set(found["seconds"].values()) == {2}


def shows_where_each_attention_looks(outputs: list[Any], found: Any) -> None:
    assert len(shown(outputs, "image/png")) == 4  # all kinds, coverage, the pointer, the past
    assert set(found["kinds"]) == set(found["available"])
    for name, values in found["sums"].items():
        assert values == pytest.approx([0.0 if name == "none" else 1.0] * len(values), abs=1e-3)
    assert found["intra_sums"] == pytest.approx([1.0] * len(found["intra_sums"]), abs=1e-3)
    assert found["error"] < 1e-4
    assert found["accuracy"]["dot, new"][0] > 0.6  # names that were never seen
    assert found["gates"]["names"] < 0.3 < 0.7 < found["gates"]["others"]
    assert found["weights"]["dot"][0] > 0.6
    assert all(0 < share < 1 for share in found["repeated"].values())


def shows_what_a_change_bought(outputs: list[Any], found: Any) -> None:
    assert len(shown(outputs, "image/png")) == 4  # the logs, the differences, speed, the gradient
    assert found["made"]
    assert (found["part"], found["base"]) == ("examples", "lstm")
    (table,) = shown(outputs, "text/markdown")
    assert [row[0] for row in markdown.rows(table)][:2] == ["`lstm`", "`no_attention`"]
    difference = found["differences"]["no_attention"]
    means = found["means"]
    assert difference["mean"] == pytest.approx(means["no_attention"] - means["lstm"])
    assert difference["low"] < difference["mean"] < difference["high"] < 0
    assert found["verdicts"] == {"no_attention": "worse"}
    rate, family_rate = found["rates"]
    assert 0.02 < rate == family_rate < 0.09  # 95% intervals, one comparison
    assert found["p_values"] == found["holm"]
    assert found["holm"][0] < 0.01
    assert "lstm" in found["front"]
    for curve in found["curves"].values():
        assert len(curve) > 5
        assert curve == sorted(curve, key=lambda point: point[0])
    for values in found["reach"].values():
        assert values[0] == 1
        assert all(value > 0 for value in values)
    assert found["documents"] == 200
    assert len(shown(outputs, "text/html")) == len(found["texts"]) == len(found["references"]) > 1
    for key, text in found["texts"].items():
        assert text.split()[::-1] == found["references"][key].split()


def shows_what_is_written_at_which_temperature(outputs: list[Any], found: Any) -> None:
    assert len(shown(outputs, "image/png")) == 3  # the loss, one distribution, all by temperature
    (table,) = shown(outputs, "text/html")
    stages = [str(step) for step in found["stages"]]
    assert len(stages) == 4
    assert table.count("<code>") == 3 * len(stages)
    bits = [found["bits"][step] for step in stages]
    assert bits == sorted(bits, reverse=True)
    frequencies, after_two = found["baselines"].values()
    assert after_two < frequencies < np.log2(found["size"])
    assert bits[-1] < frequencies  # it uses the context; so few steps are not enough for more
    for step in stages:
        cold, *_, hot = found["distinct"][step]
        assert cold < hot
        assert found["entropies"][step] == sorted(found["entropies"][step])
        loss_at_1 = found["losses"][step][found["temperatures"].index(1.0)]
        assert loss_at_1 == pytest.approx(found["bits"][step], abs=1e-3)
        for texts in found["samples"][step].values():
            assert len(set(texts)) > 1
            for text in texts:
                assert text.startswith(found["prompt"])
                assert len(text) <= len(found["prompt"]) + found["length"]
    entropy_at_1, best_temperature = found["calibration"][stages[-1]]
    assert entropy_at_1 == pytest.approx(bits[-1], abs=0.7)
    assert 0.7 <= best_temperature <= 1.5


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
