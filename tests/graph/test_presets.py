"""Every system of the family goes the whole way: a contract for each preset."""

import dataclasses
import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from summarizer import config as configuration
from summarizer import plugins, storage
from summarizer.api import export, train
from summarizer.config import Config, Part
from summarizer.datasets.tag_labels import DROP, KEEP
from summarizer.exporters import parity
from summarizer.model import build, cells, named_weights, recurrence
from summarizer.model.loss import loss
from summarizer.model.tagger import Tagger
from summarizer.vocabulary import END, PAD, START
from tests.gradients import compiled, differentiable

ROOT = Path(__file__).parents[2]
SYSTEMS = plugins.names("preset")
every_system = pytest.mark.parametrize("name", SYSTEMS)
DOCUMENTS = [[5, 6, 7, 8, 9, 10, 11], [9, 10], [END]]


def small(name: str) -> Config:
    """A preset's system in a size that is tested in seconds, for the toy task."""
    made: Config = plugins.load("preset", name).config()
    model = made.model
    ratio = model.encoder.options.get("width", 128) // 4
    parts = {
        kind: Part(
            part.name, {k: v // ratio if k == "width" else v for k, v in part.options.items()}
        )
        for kind in ("encoder", "decoder_cell", "attention")
        for part in [getattr(model, kind)]
    }
    made = dataclasses.replace(
        made,
        data=dataclasses.replace(
            made.data,
            train="reverse_digits,count=300",
            validation="",
            weights={},
            thin={},
            max_document_tokens=16,
            max_summary_tokens=16,
        ),
        vocabulary=dataclasses.replace(made.vocabulary, kind="unigram", size=300, lowercase=False),
        model=dataclasses.replace(model, embedding_size=8, dropout=0.0, **parts),
        train=dataclasses.replace(
            made.train,
            steps=3,
            batch_size=8,
            warmup_steps=1,
            validation_interval=3,
            validation_examples=8,
        ),
        decode=dataclasses.replace(made.decode, max_tokens=8, no_repeat_ngram=0),
    )
    return configuration.check(made)


def loud(model: Any) -> Any:
    """Give a fresh network opinions: its weights are made large."""
    for variable in model.trainable_variables:
        variable.assign(np.asarray(variable.value) * 3)
    return model


# --- each preset -------------------------------------------------------------------------------


def rows(documents: list[list[int]], width: int) -> Any:
    found = np.full((len(documents), width), PAD, np.int32)
    for row, ids in zip(found, documents, strict=True):
        row[: len(ids)] = ids
    return found


def batch(width: int, steps: int) -> dict[str, Any]:
    """What a batch of a run holds; a tagger reads its labels where a summary would stand."""
    targets = [[KEEP, DROP, KEEP, END], [KEEP, END], [DROP]]
    target = rows(targets, steps)
    first = np.full((3, 1), START, np.int32)
    return {
        "document": rows(DOCUMENTS, width),
        "summary_in": np.hstack([first, np.where(target == END, PAD, target)[:, :-1]]),
        "summary_out": target,
        "weight": (target != PAD).astype(np.float32),
    }


@every_system
def test_padding_changes_nothing_that_a_system_learns(name):
    config = small(name)
    model = loud(build.build_model(config, 300))

    def value(batch):
        if isinstance(model, Tagger):
            return model.objective(batch, 0.0, training=False)[1][0]
        return loss(model, batch, 0.0, training=False)[1][0]

    short, long = (compiled(value)(batch(*size)) for size in ((7, 4), (11, 6)))
    assert float(short) == pytest.approx(float(long), rel=1e-5)
    assert float(short) > 0


@functools.cache
def trained(name: str, folder: Path) -> Path:
    """A run of a few steps whose weights are then made large."""
    folder = folder / name
    train.train(small(name), folder)
    _, _, model = export.load_keras_model(folder)
    storage.save_arrays(
        folder / "weights.npz", named_weights.weight_arrays(loud(model)), {"step": 3}
    )
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("systems")


@pytest.mark.slow
@every_system
def test_a_system_trains_in_compiled_steps_and_exports_what_it_says(name, place):
    folder = trained(name, place)
    records = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert all(np.isfinite(record["loss"]) for record in records)
    found = export.export(folder, weights="float32", documents=20)
    assert found["same"] >= 0.99
    assert found["worst"] < 1e-3


@pytest.mark.slow
@every_system
def test_a_system_writes_the_same_on_jax_and_learns_there(name, place):
    folder = trained(name, place)
    environment = {
        **os.environ, "KERAS_BACKEND": "jax", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
    }  # fmt: skip
    command = [
        sys.executable,
        "-c",
        f"from tests.graph.test_presets import on_jax; on_jax({name!r}, {str(folder)!r})",
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    theirs, ours = json.loads(done.stdout.splitlines()[-1]), written(folder)
    assert theirs.pop("backend") == "jax"
    assert ours.pop("backend") == "tensorflow"
    assert theirs["best"] == ours["best"]
    np.testing.assert_allclose(theirs["score"], ours["score"], atol=1e-3)


def on_jax(name: str, folder: str) -> None:
    """What the child process of the test above does."""
    train.train(small(name), Path(folder) / "on_jax")
    print(json.dumps(written(Path(folder))))


def written(folder: Path) -> dict[str, Any]:
    """What a run's network says of some documents, by Keras: the best pieces, or those to keep."""
    config, _, model = export.load_keras_model(folder)
    prompted = config.data.task == "language_model"
    found = parity.searcher(model, config.decode, prompted)(DOCUMENTS)
    return {
        "backend": keras.backend.backend(),
        "best": [list(map(int, best.tokens)) for best in found],
        "score": [float(best.score) for best in found],
    }


# --- a new cell --------------------------------------------------------------------------------


@pytest.fixture
def example(tmp_path, monkeypatch) -> str:
    """The name of the cell in the guide, as if its file had been added."""
    text = (ROOT / "docs/howto/add-a-part.md").read_text("utf-8")
    (code,) = (c for c in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "(Cell)" in c)
    name = re.search(r"`summarizer/model/cells/(\w+)\.py`", text)[1]
    (tmp_path / f"{name}.py").write_text(code)
    monkeypatch.setattr(cells, "__path__", [*cells.__path__, str(tmp_path)])
    yield name
    sys.modules.pop(f"{cells.__name__}.{name}", None)


def test_a_cell_is_one_file(example):
    assert example in plugins.names("cell")
    config = small("lstm")
    settings = [f"model.encoder.cell={example}", f"model.decoder_cell={example}"]
    config = configuration.apply_settings(config, [*settings, "model.decoder_cell.width=8"])
    model = loud(build.build_model(config, 300))
    cell = model.decoder.cell
    w = {v.name: np.asarray(v) for v in cell.weights}
    x, h = np.random.default_rng(0).normal(size=(2, 3, 8)).astype("float32")
    gate, candidate = np.split(x @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"], 2, axis=1)
    z = 1 / (1 + np.exp(-gate))
    (new,) = recurrence.step_cell(cell, x, (h,))
    np.testing.assert_allclose(new, z * h + (1 - z) * np.tanh(candidate), atol=1e-5)
    measured = differentiable(
        lambda batch: loss(model, batch, 0.0, training=False), model.trainable_variables
    )
    value, _, slopes = measured(batch(7, 4))
    assert float(value) > 0
    assert all(np.isfinite(slope).all() and slope.any() for slope in slopes)
