"""A training step that computes nothing, for tests of what happens around it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from summarizer.training.step import StepMetrics

METRICS = StepMetrics(objective=1.0, gradient_norm=1.0, nll=10.0, weight=10.0, accuracy=0.5)


class FakeStep:
    """A `TrainStep` that calls a function instead of training."""

    input_names: tuple[str, ...] = ()

    def __init__(self, model: Any, optimizer: Any, work: Callable[[Any], None]):
        self.model, self.optimizer, self._work = model, optimizer, work

    def __call__(self, batch: Any, inputs: Any) -> StepMetrics:
        """Do the work with the model; return the same metrics each time."""
        self._work(self.model)
        return METRICS


def maker(work: Callable[[Any], None]) -> Callable[..., FakeStep]:
    """Return a stand-in for `compile_step.make_train_step`."""
    return lambda model, optimizer, *_: FakeStep(model, optimizer, work)


def add_one(model: Any) -> None:
    """Add 1 to the output bias, so that weights tell the number of steps."""
    model.output_bias.assign_add(np.ones(model.size, "float32"))
