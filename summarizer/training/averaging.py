"""What a run keeps: where it stands, its best weights, and the average of the best ones.

- `checkpoint.npz`: all that going on exactly needs; written after each validation.
- `weights.npz`: what the model is; the best at a validation, or the average of the best.
- `candidates/STEP.npz`: with `train.average_checkpoints` above 1, the weights of that many best validations;
  removed when they have been averaged.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from summarizer.errors import ModelError
from summarizer.model import named_weights
from summarizer.training import checkpoint
from summarizer.training.state import TrainingState


def save_checkpoint(folder: Path, model: Any, optimizer: Any, place: TrainingState) -> None:
    """Write `checkpoint.npz`."""
    arrays = {f"model.{k}": v for k, v in named_weights.weight_arrays(model).items()}
    for i, variable in enumerate(optimizer.variables):
        arrays[f"optimizer.{i:03d}"] = np.asarray(variable.value)
    checkpoint.save_arrays(folder / "checkpoint.npz", arrays, place._asdict())


def restore_checkpoint(folder: Path, model: Any, optimizer: Any) -> TrainingState:
    """Give model and optimizer what `checkpoint.npz` holds.

    Raises:
        ModelError: the file cannot be read, or is of another model or another way of training.
    """
    path = folder / "checkpoint.npz"
    arrays, place = checkpoint.load_checkpoint(path)
    model_arrays = {k[6:]: v for k, v in arrays.items() if k.startswith("model.")}
    named_weights.assign_weights(model, model_arrays, path)
    for i, variable in enumerate(optimizer.variables):
        value = arrays.get(f"optimizer.{i:03d}")
        if value is None or value.shape != tuple(variable.shape):
            raise ModelError(
                f"{path}: the optimizer's state is of another model, or of other settings "
                "(train.ema_decay on or off) or an older version"
            )
        variable.assign(value)
    return TrainingState(**place)


@contextlib.contextmanager
def temporary_weights(model: Any) -> Iterator[None]:
    """Give the model its own weights back after others were tried."""
    variables = model.trainable_variables
    own = [np.asarray(v.value).copy() for v in variables]
    try:
        yield
    finally:
        for variable, value in zip(variables, own, strict=True):
            variable.assign(value)


@contextlib.contextmanager
def ema_weights(model: Any, optimizer: Any) -> Iterator[None]:
    """With `train.ema_decay`, lend the model the moving average of its weights.

    Source: Polyak and Juditsky (1992), Acceleration of stochastic approximation by averaging;
    here with exponential weights, from the first step on.
    """
    if not optimizer.use_ema:
        yield
        return
    with temporary_weights(model):
        optimizer.finalize_variable_values(model.trainable_variables)
        yield


def keep_candidate(folder: Path, model: Any, step: int, score: float, count: int) -> None:
    """Keep the weights aside if they are among the `count` best; drop what no longer is.

    Of equal ones the earlier stays, so that a run that goes on after a kill keeps the same files.
    """
    aside = folder / "candidates"
    aside.mkdir(exist_ok=True)
    known = {path: checkpoint.load_checkpoint(path)[1] for path in aside.glob("*.npz")}
    known = {path: about for path, about in known.items() if about["step"] < step}
    path = aside / f"{step}.npz"
    ranked = sorted(known, key=lambda p: (-known[p]["score"], known[p]["step"]))
    if len(ranked) >= count and known[ranked[count - 1]]["score"] >= score:
        return
    checkpoint.save_arrays(path, named_weights.weight_arrays(model), {"step": step, "score": score})
    for worst in ranked[count - 1 :]:
        worst.unlink()


def average_checkpoints(folder: Path) -> tuple[list[int], dict[str, Any]]:
    """Return the steps of the weights kept aside, and the mean of these weights by name.

    Source: Izmailov et al. (2018), arXiv:1803.05407, over checkpoints chosen by validation.
    """
    paths = sorted((folder / "candidates").glob("*.npz"), key=lambda p: int(p.stem))
    total: dict[str, Any] = {}
    for path in paths:
        for name, array in checkpoint.load_checkpoint(path)[0].items():
            total[name] = total.get(name, 0.0) + array.astype(np.float64) / len(paths)
    return [int(path.stem) for path in paths], total


def delete_candidates(folder: Path, step: int = -1) -> None:
    """Remove what was kept aside after a step."""
    aside = folder / "candidates"
    for path in aside.glob("*.npz*"):
        if int(path.name.partition(".")[0]) > step:
            path.unlink()
    if aside.exists() and not any(aside.iterdir()):
        aside.rmdir()
