"""Averages of weights: a moving average during training, and one of the best checkpoints.

With `train.average_checkpoints` above 1 the folder `candidates/` of a run keeps the weights of that
many best validations as `STEP.npz`; it is removed when they have been averaged.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from summarizer.storage import load_arrays, save_arrays
from summarizer.training.step import TrainableModel, TrainStep

CANDIDATES = "candidates"
Weights = dict[str, npt.NDArray[Any]]  # by the names of `named_weights`


@contextlib.contextmanager
def temporary_weights(model: TrainableModel) -> Iterator[None]:
    """Restore the model's weights on exit."""
    variables = model.trainable_variables
    values = [np.asarray(variable.value).copy() for variable in variables]
    try:
        yield
    finally:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


@contextlib.contextmanager
def ema_weights(step: TrainStep) -> Iterator[None]:
    """Give the model its averaged weights within the context, if `train.ema_decay` is set.

    Source: Polyak and Juditsky (1992), Acceleration of stochastic approximation by averaging; with
    exponential weights here, from the first step on.
    """
    if not step.optimizer.use_ema:
        yield
        return
    with temporary_weights(step.model):
        step.optimizer.finalize_variable_values(step.model.trainable_variables)
        yield


def keep_candidate(folder: Path, weights: Weights, step: int, score: float, count: int) -> None:
    """Keep the weights of a step if they are among the `count` best; drop the one they replace.

    Of two equal scores the earlier step stays, so that a resumed run keeps the same files.

    Raises:
        ModelError: a file cannot be read or written.
    """
    candidates = folder / CANDIDATES
    candidates.mkdir(exist_ok=True)
    known = {path: load_arrays(path).metadata for path in candidates.glob("*.npz")}
    known = {path: metadata for path, metadata in known.items() if metadata["step"] < step}
    ranked = sorted(known, key=lambda path: (-known[path]["score"], known[path]["step"]))
    if len(ranked) >= count and known[ranked[count - 1]]["score"] >= score:
        return
    save_arrays(candidates / f"{step}.npz", weights, {"step": step, "score": score})
    for worst in ranked[count - 1 :]:
        worst.unlink()


def average_checkpoints(folder: Path) -> tuple[list[int], Weights]:
    """Return the steps of the candidates, and the mean of their weights by name.

    Source: Izmailov et al. (2018), arXiv:1803.05407, over checkpoints chosen by validation.

    Raises:
        ModelError: a candidate cannot be read.
    """
    paths = sorted((folder / CANDIDATES).glob("*.npz"), key=lambda path: int(path.stem))
    mean: Weights = {}
    for path in paths:
        for name, array in load_arrays(path).arrays.items():
            mean[name] = mean.get(name, np.float64(0.0)) + array.astype(np.float64) / len(paths)
    return [int(path.stem) for path in paths], mean


def delete_candidates(folder: Path, after: int = -1) -> None:
    """Remove the candidates of steps after a given one."""
    candidates = folder / CANDIDATES
    for path in candidates.glob("*.npz*"):
        if int(path.name.partition(".")[0]) > after:
            path.unlink()
    if candidates.exists() and not any(candidates.iterdir()):
        candidates.rmdir()
