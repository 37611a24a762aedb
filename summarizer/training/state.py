"""The state of a training run and its transitions: pure functions, so that resuming is exact."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from summarizer.config import TrainConfig
from summarizer.training import schedules
from summarizer.training.step import StepMetrics

PLATEAU_GAIN = 0.01  # the loss is flat if it falls by a smaller share between two validations
GROWTH_INTERVAL = 2000  # steps without an overflow after which the loss scale is doubled
MAX_LOSS_SCALE = 2.0**24

# Names of fields in checkpoints of earlier versions: their new names.
_RENAMED = {
    "best": "best_score",
    "stale": "validations_without_gain",
    "factor": "lr_factor",
    "total": "nll",
    "pieces": "tokens",
    "covering": "coverage_active",
    "scale": "loss_scale",
    "calm": "steps_since_scale_change",
    "steps": "planned_steps",
    "due": "next_validation",
    "validation": "validation_seconds",
}


class TrainingState(NamedTuple):
    """Where a run stands.

    Attributes:
        step: number of steps done.
        epoch: epoch of the next batch.
        batch: index of the next batch in its epoch.
        best_score: highest validation score so far.
        validations_without_gain: validations since the best one.
        lr_factor: factor on the learning rate that the plateau schedule has reached.
        nll: summed negative log-probability since the last validation, in nats.
        tokens: number of tokens that `nll` sums over.
        loss: `nll / tokens` at the last validation; 0 before the first one.
        coverage_active: whether the coverage loss counts.
        loss_scale: factor on the loss in float16.
        steps_since_scale_change: steps since the loss scale last changed.
        planned_steps: steps of the run as planned from `train.budget`; 0: `train.steps` holds.
        next_validation: planned step of the next validation; 0: `train.validation_interval` holds.
        validation_seconds: duration of the first validation if `train.budget` is set.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    best_score: float = -math.inf
    validations_without_gain: int = 0
    lr_factor: float = 1.0
    nll: float = 0.0
    tokens: float = 0.0
    loss: float = 0.0
    coverage_active: bool = False
    loss_scale: float = 2.0**15
    steps_since_scale_change: int = 0
    planned_steps: int = 0
    next_validation: int = 0
    validation_seconds: float = 0.0


def state_from(fields: Mapping[str, Any]) -> TrainingState:
    """Return the state that a checkpoint holds, under today's or earlier names of the fields."""
    return TrainingState(**{_RENAMED.get(name, name): value for name, value in fields.items()})


def total_steps(settings: TrainConfig, state: TrainingState) -> int:
    """Return the length of the run in steps, as far as it is known."""
    return state.planned_steps or settings.steps


def validation_due(settings: TrainConfig, state: TrainingState) -> bool:
    """Tell whether a validation follows the step just done."""
    if state.step == total_steps(settings, state):
        return True
    if state.next_validation:
        return state.step == state.next_validation
    return state.step % settings.validation_interval == 0


def learning_rate(settings: TrainConfig, state: TrainingState) -> float:
    """Return the learning rate of the next step."""
    steps = total_steps(settings, state)
    return schedules.learning_rate(settings, state.step, steps, state.lr_factor)


def step_inputs(settings: TrainConfig, state: TrainingState) -> dict[str, float]:
    """Return the numbers that the next step takes besides its batch, by name."""
    coverage = state.coverage_active or settings.coverage_start == "start"
    steps = total_steps(settings, state)
    return {
        "coverage": settings.coverage_loss if coverage else 0.0,
        "sampling": schedules.scheduled_sampling(settings, state.step, steps),
        "scale": state.loss_scale,
    }


def after_step(state: TrainingState, epoch: int, batch: int, metrics: StepMetrics) -> TrainingState:
    """Return the state after a step on a batch, given its epoch and its index there."""
    return _advanced(state, epoch, batch)._replace(
        nll=state.nll + metrics.nll, tokens=state.tokens + metrics.weight
    )


def after_overflow(state: TrainingState, epoch: int, batch: int) -> TrainingState:
    """Return the state after a step that overflowed float16 and changed no weight.

    The loss scale is halved, and doubled again after `GROWTH_INTERVAL` good steps: Micikevicius et
    al. (2018), arXiv:1710.03740, section 3.2.
    """
    halved = state._replace(loss_scale=state.loss_scale / 2, steps_since_scale_change=-1)
    return _advanced(halved, epoch, batch)


def _advanced(state: TrainingState, epoch: int, batch: int) -> TrainingState:
    calm = state.steps_since_scale_change + 1
    doubled = min(state.loss_scale * 2, MAX_LOSS_SCALE)
    return state._replace(
        step=state.step + 1,
        epoch=int(epoch),
        batch=int(batch) + 1,
        loss_scale=doubled if calm == GROWTH_INTERVAL else state.loss_scale,
        steps_since_scale_change=calm % GROWTH_INTERVAL,
    )


def after_validation(settings: TrainConfig, state: TrainingState, score: float) -> TrainingState:
    """Return the state after a validation with a score; higher is better."""
    loss = state.nll / max(state.tokens, 1.0)
    flat = state.loss > 0 and state.loss - loss < PLATEAU_GAIN * state.loss
    better = score > state.best_score
    plateau = settings.schedule == "plateau" and state.step > settings.warmup_steps
    return state._replace(
        best_score=max(score, state.best_score),
        validations_without_gain=0 if better else state.validations_without_gain + 1,
        lr_factor=state.lr_factor * (0.5 if plateau and not better else 1.0),
        nll=0.0,
        tokens=0.0,
        loss=loss,
        coverage_active=state.coverage_active or (flat and settings.coverage_loss > 0),
    )


def loss_scale_exhausted(state: TrainingState) -> bool:
    """Tell whether the loss scale is below 1, so that it cannot be what makes steps overflow."""
    return state.loss_scale < 1
