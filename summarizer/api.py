"""What the commands do, as functions; with `experiment` and `delivery` the composition root."""

import dataclasses
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from summarizer import config as configuration
from summarizer import experiment, plugins
from summarizer.config import Config
from summarizer.datasets import spec as specs
from summarizer.delivery import export
from summarizer.documents.reading import read
from summarizer.ensembles import join
from summarizer.evaluating import evaluate, score
from summarizer.evaluation import baselines
from summarizer.experiment import Run
from summarizer.proof import sizes, verify
from summarizer.starting import fine_tuned
from summarizer.summarizing import Summarizer, model_folder

__all__ = [
    "Config", "Run", "Summarizer", "configured", "evaluate", "export", "fine_tuned", "join",
    "model_folder", "preset", "read", "score", "sizes", "train", "verify",
]  # fmt: skip

_CLONE = Path(__file__).parent.parent
DEMO = ("abstracts.en.jsonl,summary=headline", "articles.en.jsonl,summary=headline")


def presets() -> list[tuple[str, str]]:
    """Return each preset's name and first line."""
    found = []
    for name in plugins.names("preset"):
        lines = (plugins.load("preset", name).__doc__ or name).splitlines()
        found.append((name, lines[0]))
    return found


def preset(name: str) -> Config:
    """Return the configuration of a preset.

    Raises:
        ConfigError: there is none of that name; the nearest is named.
    """
    config: Config = plugins.load("preset", name).config()
    return config


def configured(config: Config, settings: Sequence[str]) -> Config:
    """Apply settings written as `a.b=value`; where they name a model to start from, its network.

    Raises:
        SummarizerError: a setting, or the model that `train.init` names, cannot be used.
    """
    found = configuration.override(config, settings)
    if not found.train.init:
        return found
    return configuration.override(
        fine_tuned(config, found.train.init, found.train.init_parts), settings
    )


def train(
    config: Config,
    folder: str | Path | None = None,
    resume: bool = False,
    skip_bad: bool = False,
    began: float | None = None,
) -> Run:
    """Train a model as `experiment.train` does, and export it where TensorFlow runs."""
    began = time.perf_counter() if began is None else began
    import keras

    run = experiment.train(config, folder, resume, skip_bad, began)
    if keras.backend.backend() != "tensorflow":
        return run
    export(run.folder)
    return dataclasses.replace(run, exported=True)


def demo(model: str | Path | None) -> Iterator[str]:
    """Summarize the English articles of `data/`; yield what to print, the scores last.

    Raises:
        ModelError: no model, or it cannot be used.
        InputError: the articles are not there: they come with a clone, not with the package.
    """
    from summarizer.evaluation import report

    folder = model_folder(model)
    summarizer = Summarizer.load(folder)
    examples = [e for name in DEMO for e in specs.examples(str(_CLONE / "data" / name))]
    first = baselines.lead(examples)
    found = [s.text for s in summarizer.summarize([e.document for e in examples])]
    for example, summary, words in zip(examples, found, first, strict=True):
        yield f"{example.id}\n  model      {summary}\n  reference  {example.summary}"
        yield f"  first {len(words.split()):<4} {words}\n"
    texts = [e.document for e in examples], [e.summary or "" for e in examples]
    scores = report.evaluate([e.id for e in examples], *texts, found)
    ours, theirs = scores.scores, scores.baselines[report.BASELINE]
    names = {"rouge1": "ROUGE-1", "rouge2": "ROUGE-2", "rougeL": "ROUGE-L"}
    pairs = (f"{n} {ours[m]['mean']:.1f} ({theirs[m]['mean']:.1f})" for m, n in names.items())
    yield f"{'  '.join(pairs)}   model (first words), {len(examples)} articles"
    yield _trained_on(folder)


def _trained_on(folder: Path) -> str:
    """What the model's card says first."""
    try:
        lines = (folder / "card.md").read_text(encoding="utf-8").splitlines()
    except OSError:
        return f"{folder.name}: no card says what it was trained on"
    return next((line for line in lines if line and not line.startswith("#")), folder.name)
