"""The training loop: steps, validations, the best weights, and resuming after a kill."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from summarizer.config import Config
from summarizer.errors import TrainingError
from summarizer.model import named_weights
from summarizer.storage import save_arrays
from summarizer.training import averaging, checkpoint, metrics_log
from summarizer.training import state as states
from summarizer.training.hardware import HardwareChoice
from summarizer.training.metric import Metric, ValidationResult
from summarizer.training.progress import Progress
from summarizer.training.state import TrainingState
from summarizer.training.step import Batch, StepMetrics, TrainStep, set_dropout_seed
from summarizer.training.time_budget import TimeBudget

WEIGHTS = "weights.npz"  # the model: the best weights at a validation, or their average
LOG_EVERY = 50  # steps

# (epoch, index in the epoch, batch) from a position of the data on.
Batches = Callable[[int, int], Iterator[tuple[int, int, Batch]]]


@dataclass(frozen=True)
class TrainingContext:
    """What a run works with; none of it changes during the run except the model in `step`.

    Attributes:
        config: the configuration of the run.
        folder: gets `checkpoint.npz`, `weights.npz` and `metrics.jsonl`.
        step: the compiled step, with model and optimizer.
        batches: gives the batches from an epoch and an index on.
        validate: measures the model on the validation examples.
        metric: the score that decides which weights are best.
        budget: tracks the time budget.
        hardware: precision and compiler, for the log.
    """

    config: Config
    folder: Path
    step: TrainStep
    batches: Batches
    validate: Callable[[], ValidationResult]
    metric: Metric
    budget: TimeBudget
    hardware: HardwareChoice


def fit(context: TrainingContext, state: TrainingState) -> TrainingState:
    """Train until all steps are done, the time is up, or the score has stopped rising.

    Args:
        context: what the run works with.
        state: where it stands; a fresh one, or that of its checkpoint.

    Raises:
        TrainingError: the loss or the gradient is not finite, or the budget is too small.
        ModelError: a file of the run cannot be read or written.
    """
    settings, budget, step = context.config.train, context.budget, context.step
    _discard_later_work(context, state)
    batches = context.batches(state.epoch, state.batch)
    with _open_progress(context, state) as progress:
        validated = state.step
        while budget.unplanned() or state.step < states.total_steps(settings, state):
            if budget.exhausted():
                break
            if state.step % LOG_EVERY == 0 and state.step > validated:
                progress.flush(state.step, budget.elapsed())
            began = budget.now()
            epoch, index, batch = next(batches)
            waited = budget.now() - began
            parts = settings.gradient_accumulation
            set_dropout_seed(step.model, context.config.seed, state.step, parts)
            progress.learning_rate = states.learning_rate(settings, state)
            step.optimizer.learning_rate = progress.learning_rate
            metrics = step(batch, states.step_inputs(settings, state))
            if metrics.finite:
                progress.step(metrics, batch, waited)
                budget.record_step(budget.now() - began)
                state = states.after_step(state, epoch, index, metrics)
            elif "scale" in step.input_names and not states.loss_scale_exhausted(state):
                state = states.after_overflow(state, epoch, index)
                progress.skip(_overflow(state))
            else:
                raise _not_finite(state, metrics, batch)
            budget.check()
            if states.validation_due(settings, state) or budget.measured():
                state, validated = _validate(context, progress, state), state.step
                if 0 < settings.patience <= state.validations_without_gain:
                    progress.say(_stopping(context, state))
                    break
        if state.step > validated:  # the time budget ended the run
            state = _validate(context, progress, state)
        state = _average(context, progress, state)
        if settings.budget:
            progress.say(metrics_log.score_table(context.folder))
    return state


def _discard_later_work(context: TrainingContext, state: TrainingState) -> None:
    """Discard log records and candidates written after the checkpoint; count the time before it."""
    averaging.delete_candidates(context.folder, state.step)
    minutes = metrics_log.truncate_log(context.folder, state.step)
    context.budget.resume(minutes, state.validation_seconds)


def _open_progress(context: TrainingContext, state: TrainingState) -> Progress:
    settings = context.config.train
    log = metrics_log.LogWriter(context.folder, settings.tensorboard)
    progress = Progress(log, states.total_steps(settings, state), state.step)
    progress.say(f"training with {context.hardware.reason}")
    return progress


def _overflow(state: TrainingState) -> str:
    return f"step {state.step}: float16 overflow: skipped; loss scale {state.loss_scale:g}"


def _stopping(context: TrainingContext, state: TrainingState) -> str:
    count = state.validations_without_gain
    return f"no better {context.metric.label} in {count} validations: stopping"


def _not_finite(state: TrainingState, metrics: StepMetrics, batch: Batch) -> TrainingError:
    rows = [int(row) for row in np.asarray(batch["row"]) if row >= 0]
    return TrainingError(
        f"step {state.step + 1}: loss {metrics.objective}, gradient norm {metrics.gradient_norm}: "
        f"stopped; the batch was rows {rows}; lower train.learning_rate or "
        "train.max_gradient_norm and resume the last checkpoint with --resume"
    )


def _validate(context: TrainingContext, progress: Progress, state: TrainingState) -> TrainingState:
    """Score the model, keep it if it is the best so far, correct the plan, write a checkpoint."""
    settings, folder, budget = context.config.train, context.folder, context.budget
    progress.stop_clock()
    began = budget.now()
    with averaging.ema_weights(context.step):
        result = context.validate()
        score = context.metric.score(result)
        scores = {**result.scores, **result.groups}
        record = progress.flush(state.step, budget.elapsed(began), scores)
        weights = named_weights.weight_arrays(context.step.model)
        if score > state.best_score:
            save_arrays(folder / WEIGHTS, weights, {"step": state.step})
        if settings.average_checkpoints > 1:
            count = settings.average_checkpoints
            averaging.keep_candidate(folder, weights, state.step, score, count)
    progress.say(_validation_text(context.metric, record, result))
    after = states.after_validation(settings, state, score)
    after = budget.record_validation(after, budget.now() - began)
    _log_changes(context, progress, state, after)
    checkpoint.save_checkpoint(folder, context.step, after)
    return after


def _validation_text(
    metric: Metric, record: metrics_log.LogRecord, result: ValidationResult
) -> str:
    """Return what is printed after a validation."""
    scores = "  ".join(f"{name} {metric.text(value)}" for name, value in result.scores.items())
    line = (
        f"step {record['step']}: loss {record['loss']:.3f}  {scores}  "
        f"padding {record['padding']:.1%}  waiting {record['waiting']:.1%}"
    )
    types = result.groups.get("by_type", {}).items()
    by_type = [f"  {name or 'no type'} {value:.2f}" for name, value in types]
    return "\n".join([line, *by_type, *result.samples])


def _log_changes(
    context: TrainingContext, progress: Progress, before: TrainingState, after: TrainingState
) -> None:
    """Print what a validation changed in the run."""
    if after.coverage_active and not before.coverage_active:
        loss = f"{after.loss:.3f}"
        progress.say(f"the loss has flattened at {loss}: the coverage loss counts from now")
    if after.lr_factor != before.lr_factor:
        label = context.metric.label
        progress.say(f"no better {label}: learning rate times {after.lr_factor:g} from now")
    if after.planned_steps:
        progress.plan(after.planned_steps)
        if not before.planned_steps:
            plan = f"{after.planned_steps} steps, the next validation at step"
            progress.say(f"planned: {plan} {after.next_validation}")


def _average(context: TrainingContext, progress: Progress, state: TrainingState) -> TrainingState:
    """Keep the mean of the candidates' weights if it validates at least as well as the best."""
    folder, metric, model = context.folder, context.metric, context.step.model
    steps, mean = averaging.average_checkpoints(folder)
    if len(steps) > 1:
        with averaging.temporary_weights(model):
            named_weights.assign_weights(model, mean, folder / averaging.CANDIDATES)
            score = metric.score(context.validate())
            better = score >= state.best_score
            progress.say(
                f"average of steps {', '.join(map(str, steps))}: {metric.name} "
                f"{metric.text(metric.sign * score)}, the best alone "
                f"{metric.text(metric.sign * state.best_score)}: {'' if better else 'not '}kept"
            )
            if better:
                weights = named_weights.weight_arrays(model)
                save_arrays(folder / WEIGHTS, weights, {"step": state.step})
        if better:
            state = state._replace(best_score=score)
            checkpoint.save_checkpoint(folder, context.step, state)
    averaging.delete_candidates(folder)
    return state
