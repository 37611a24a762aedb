"""Where a run stands, and how steps and validations move it: pure, so that resuming is exact."""

import math
from typing import NamedTuple

from summarizer.config import TrainConfig
from summarizer.training import schedules

PLATEAU_GAIN = (
    0.01  # the loss has flattened where it falls by a smaller share between two validations
)
GROWTH_INTERVAL = 2000  # steps without an overflow after which the scale of the loss is doubled
MAX_LOSS_SCALE = 2.0**24  # scale of the loss


class TrainingState(NamedTuple):
    """Where a run stands.

    Attributes:
        step: done so far.
        epoch: of the next batch.
        batch: the next in the epoch.
        best: validation score so far; more is better.
        stale: validations since the best.
        factor: what a plateau has left of the learning rate.
        total: negative log-probability since the last validation, in nats.
        pieces: that it is the sum of.
        loss: `total / pieces` at the last validation; 0: there was none.
        covering: whether the coverage loss counts.
        scale: of the loss in float16.
        calm: steps since the scale changed.
        steps: of the whole run, planned from minutes; 0: not planned, `train.steps` holds.
        due: the step of the next validation, planned likewise.
        validation: seconds that the first one took, where minutes are planned.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    best: float = -math.inf
    stale: int = 0
    factor: float = 1.0
    total: float = 0.0
    tokens: float = 0.0
    loss: float = 0.0
    covering: bool = False
    scale: float = 2.0**15
    calm: int = 0
    steps: int = 0
    due: int = 0
    validation: float = 0.0


def length(settings: TrainConfig, place: TrainingState) -> int:
    """Return the steps of the whole run as far as known."""
    return place.steps or settings.steps


def due(settings: TrainConfig, place: TrainingState) -> bool:
    """Tell whether a validation belongs here."""
    if place.step == length(settings, place):
        return True
    return place.step == place.due if place.due else place.step % settings.validation_interval == 0


def rate(settings: TrainConfig, place: TrainingState) -> float:
    """Return the learning rate of the next step."""
    return schedules.learning_rate(settings, place.step, length(settings, place), place.factor)


def numbers(settings: TrainConfig, place: TrainingState) -> dict[str, float]:
    """Return what the next step takes besides its batch, by name."""
    covering = place.covering or settings.coverage_start == "start"
    return {
        "coverage": settings.coverage_loss if covering else 0.0,
        "sampling": schedules.scheduled_sampling(settings, place.step, length(settings, place)),
        "scale": place.scale,
    }


def stepped(
    place: TrainingState, epoch: int, batch: int, total: float, pieces: float
) -> TrainingState:
    """Return the place after a step on a batch."""
    calm = place.calm + 1
    return place._replace(
        step=place.step + 1,
        epoch=epoch,
        batch=batch + 1,
        total=place.total + total,
        tokens=place.tokens + pieces,
        scale=min(place.scale * 2, MAX_LOSS_SCALE) if calm == GROWTH_INTERVAL else place.scale,
        calm=calm % GROWTH_INTERVAL,
    )


def skipped(place: TrainingState, epoch: int, batch: int) -> TrainingState:
    """Return the place after a step that overflowed float16 and changed nothing.

    The scale is halved, and doubled again after `CALM` good steps: Micikevicius et al. (2018),
    arXiv:1710.03740, section 3.2.
    """
    halved = place._replace(scale=place.scale / 2, calm=-1)
    return stepped(halved, epoch, batch, 0.0, 0.0)


def validated(settings: TrainConfig, place: TrainingState, score: float) -> TrainingState:
    """Return the place after a validation; `best` and `stale` say how it went."""
    loss = place.total / max(place.tokens, 1.0)
    flat = place.loss > 0 and place.loss - loss < PLATEAU_GAIN * place.loss
    better = score > place.best
    halve = settings.schedule == "plateau" and not better and place.step > settings.warmup_steps
    return place._replace(
        best=max(score, place.best),
        stale=0 if better else place.stale + 1,
        factor=place.factor * (0.5 if halve else 1.0),
        total=0.0,
        tokens=0.0,
        loss=loss,
        covering=place.covering or (flat and settings.coverage_loss > 0),
    )


def exhausted(place: TrainingState) -> bool:
    """Tell whether the scale of the loss has been halved away: it is not the scale's fault."""
    return place.scale < 1
