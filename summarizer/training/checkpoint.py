"""`checkpoint.npz`: what a run needs to resume exactly; written after each validation."""

from pathlib import Path

import numpy as np

from summarizer.errors import ModelError
from summarizer.model import named_weights
from summarizer.storage import load_arrays, save_arrays
from summarizer.training.state import TrainingState, state_from
from summarizer.training.step import TrainStep

FILE = "checkpoint.npz"


def save_checkpoint(folder: Path, step: TrainStep, state: TrainingState) -> None:
    """Write the weights, the optimizer's variables and the state of a run.

    Raises:
        ModelError: the file cannot be written; the last checkpoint stays.
    """
    weights = named_weights.weight_arrays(step.model)
    arrays = {f"model.{name}": array for name, array in weights.items()}
    for i, variable in enumerate(step.optimizer.variables):
        arrays[f"optimizer.{i:03d}"] = np.asarray(variable.value)
    save_arrays(folder / FILE, arrays, state._asdict())


def restore_checkpoint(folder: Path, step: TrainStep) -> TrainingState:
    """Give model and optimizer the values of the checkpoint, and return its state.

    Raises:
        ModelError: the file cannot be read, or is of another model or another optimizer.
    """
    path = folder / FILE
    arrays, fields = load_arrays(path)
    prefix = "model."
    weights = {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}
    named_weights.assign_weights(step.model, weights, path)
    for i, variable in enumerate(step.optimizer.variables):
        value = arrays.get(f"optimizer.{i:03d}")
        if value is None or value.shape != tuple(variable.shape):
            raise ModelError(
                f"{path}: the optimizer's state does not fit: it is of another model, of another "
                "train.ema_decay (on or off), or of an older version"
            )
        variable.assign(value)
    try:
        return state_from(fields)
    except TypeError as error:
        raise ModelError(f"{path}: the state of the run cannot be read ({error})") from None
