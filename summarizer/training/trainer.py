"""The training loop: steps, validation, the best model kept, and going on after a kill."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from summarizer.config import Config
from summarizer.datasets.batches import pad_fraction
from summarizer.errors import ModelError, TrainingError
from summarizer.model import weights
from summarizer.training import checkpoint, machine, progress, schedule
from summarizer.training import step as stepping

Batches = Callable[[int, int], Iterator[tuple[int, int, dict[str, Any]]]]
LOG_EVERY = 50  # steps


class Validation(NamedTuple):
    """What a validation found: scores by metric, in points, and lines to show."""

    scores: dict[str, float]
    samples: list[str]


class Place(NamedTuple):
    """Where a run stands."""

    step: int = 0
    epoch: int = 0
    batch: int = 0  # the next in the epoch
    best: float = -1.0
    stale: int = 0  # validations since the best


def train(
    config: Config,
    model: Any,
    batches: Batches,
    validate: Callable[[], Validation],
    folder: Path,
    choice: machine.Choice,
    resume: bool = False,
) -> Place:
    """Train until the steps are done or ROUGE-1 has stopped rising.

    Args:
        config: of the run.
        model: a `Seq2Seq`, changed in place.
        batches: gives (epoch, index, batch) from a position on.
        validate: summarizes the validation examples with the model as it is.
        folder: gets `checkpoint.npz` (the last), `weights.npz` (the best), `metrics.jsonl`.
        choice: precision and compiler.
        resume: go on from `checkpoint.npz`.

    Raises:
        TrainingError: the loss or the gradient is not finite.
        ModelError: the checkpoint cannot be read or written.
    """
    settings = config.train
    rate = schedule.WarmupCosine(settings.learning_rate, settings.warmup, settings.steps)
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(model.trainable_variables)
    place = _restore(folder, model, optimizer) if resume else Place()
    progress.truncate(folder, place.step if resume else -1)
    run = stepping.make(model, optimizer, settings, choice.compile)
    shown = progress.Progress(folder, settings.steps, place.step, rate)
    shown.say(f"training with {choice.reason}")
    try:
        source = batches(place.epoch, place.batch)
        while place.step < settings.steps:
            place = _one(config, model, run, source, place, shown)
            last = place.step == settings.steps
            if place.step % LOG_EVERY == 0 and place.step % settings.validate_every and not last:
                shown.flush(place.step)
            if place.step % settings.validate_every == 0 or last:
                place = _validated(model, validate, place, shown, folder)
                _save(folder, model, optimizer, place)
                if settings.patience and place.stale >= settings.patience:
                    shown.say(f"no better ROUGE-1 in {place.stale} validations: stopping")
                    break
    finally:
        shown.close()
    return place


def _one(
    config: Config,
    model: Any,
    run: stepping.Run,
    source: Any,
    place: Place,
    shown: Any,
) -> Place:
    began = time.perf_counter()
    epoch, index, batch = next(source)
    waited = time.perf_counter() - began
    stepping.reseed(model, config.seed, place.step)
    values = np.asarray(run(batch))
    if not np.isfinite(values[:2]).all():
        rows = [int(r) for r in np.asarray(batch["row"]) if r >= 0]
        raise TrainingError(
            f"step {place.step + 1}: loss {values[0]}, gradient norm {values[1]}: stopped; the "
            f"batch was rows {rows}; the last checkpoint is good: lower train.learning_rate or "
            "train.clip and go on from it with --resume"
        )
    arrays = {name: np.asarray(value) for name, value in batch.items()}
    positions = arrays["document"].size + arrays["weight"].size
    examples = int((arrays["row"] >= 0).sum())
    shown.step(values, examples, positions, pad_fraction(arrays), waited)
    return place._replace(step=place.step + 1, epoch=int(epoch), batch=int(index) + 1)


def _validated(model: Any, validate: Any, place: Place, shown: Any, folder: Path) -> Place:
    shown.stop_clock()
    found = validate()
    record = shown.flush(place.step, **found.scores)
    scores = "  ".join(f"{name} {value:.2f}" for name, value in found.scores.items())
    told = (
        f"step {place.step}: loss {record['loss']:.3f}  {scores}  "
        f"padding {record['padding']:.1%}  waiting {record['waiting']:.1%}"
    )
    shown.say("\n".join([told, *found.samples]))
    score = found.scores["rouge1"]
    if score <= place.best:
        return place._replace(stale=place.stale + 1)
    checkpoint.save(folder / "weights.npz", weights.arrays(model), {"step": place.step})
    return place._replace(best=score, stale=0)


def _save(folder: Path, model: Any, optimizer: Any, place: Place) -> None:
    arrays = {f"model.{k}": v for k, v in weights.arrays(model).items()}
    for i, variable in enumerate(optimizer.variables):
        arrays[f"optimizer.{i:03d}"] = np.asarray(variable.value)
    checkpoint.save(folder / "checkpoint.npz", arrays, place._asdict())


def _restore(folder: Path, model: Any, optimizer: Any) -> Place:
    path = folder / "checkpoint.npz"
    arrays, place = checkpoint.load(path)
    model_arrays = {k[6:]: v for k, v in arrays.items() if k.startswith("model.")}
    weights.assign(model, model_arrays, path)
    for i, variable in enumerate(optimizer.variables):
        value = arrays.get(f"optimizer.{i:03d}")
        if value is None or value.shape != tuple(variable.shape):
            raise ModelError(f"{path}: the optimizer's state is of another model")
        variable.assign(value)
    return Place(**place)
