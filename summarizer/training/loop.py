"""The training loop: steps, validation, the best model kept, and going on after a kill."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from summarizer.config import Config
from summarizer.datasets.batching import pad_fraction
from summarizer.errors import TrainingError
from summarizer.model import named_weights
from summarizer.training import averaging, checkpoint, hardware, progress, state, tensorboard
from summarizer.training import step as stepping
from summarizer.training.metric import ROUGE1, Metric, ValidationResult
from summarizer.training.state import TrainingState
from summarizer.training.time_budget import TimeBudget

Batches = Callable[[int, int], Iterator[tuple[int, int, dict[str, Any]]]]
LOG_EVERY = 50  # steps


class TrainingContext(NamedTuple):
    """What a run works with."""

    config: Config
    model: Any
    optimizer: Any
    run: stepping.Run
    validate: Callable[[], ValidationResult]
    folder: Path
    shown: progress.Progress
    budget: TimeBudget
    metric: Metric


def fit(
    config: Config,
    model: Any,
    batches: Batches,
    validate: Callable[[], ValidationResult],
    folder: Path,
    choice: hardware.HardwareChoice,
    resume: bool = False,
    budget: TimeBudget | None = None,
    metric: Metric = ROUGE1,
) -> TrainingState:
    """Train until the steps or the minutes are done or the score has stopped rising.

    Args:
        config: of the run.
        model: a `Seq2Seq`, changed in place.
        batches: gives (epoch, index, batch) from a position on.
        validate: measures the model as it is on the validation examples.
        folder: gets `checkpoint.npz` (the last), `weights.npz` (the best), `metrics.jsonl`.
        choice: precision and compiler.
        resume: go on from `checkpoint.npz`.
        budget: counts the minutes; None: from now on.
        metric: the one of the scores that decides.

    Raises:
        TrainingError: the loss or the gradient is not finite, or the minutes are too few.
        ModelError: the checkpoint cannot be read or written.
    """
    settings = config.train
    budget = budget or TimeBudget(settings.budget)
    optimizer = keras.optimizers.Adam(
        settings.learning_rate, use_ema=settings.ema_decay > 0, ema_momentum=settings.ema_decay
    )
    optimizer.build(model.trainable_variables)
    here = averaging.restore_checkpoint(folder, model, optimizer) if resume else TrainingState()
    averaging.delete_candidates(folder, here.step if resume else -1)
    budget.resume(progress.truncate_log(folder, here.step if resume else -1), here.validation)
    run = stepping.make_train_step(model, optimizer, settings, choice.compile)
    shown = progress.Progress(
        folder,
        state.length(settings, here),
        here.step,
        tensorboard.open_log(folder, settings.tensorboard),
    )
    shown.say(f"training with {choice.reason}")
    parts = TrainingContext(config, model, optimizer, run, validate, folder, shown, budget, metric)
    try:
        here = _average(parts, _train_until_done(parts, batches(here.epoch, here.batch), here))
        if settings.budget:
            shown.say(progress.table(folder))
    finally:
        shown.close()
    return here


def _train_until_done(parts: TrainingContext, source: Any, here: TrainingState) -> TrainingState:
    settings, shown, budget = parts.config.train, parts.shown, parts.budget
    validated = here.step
    while here.step < state.length(settings, here) or budget.unplanned():
        if budget.over():
            break
        if here.step % LOG_EVERY == 0 and here.step > validated:
            shown.flush(here.step, minutes=budget.elapsed())
        here = _train_step(parts, source, here)
        budget.check()
        if state.due(settings, here) or budget.measured():
            here, validated = _validate(parts, here), here.step
            averaging.save_checkpoint(parts.folder, parts.model, parts.optimizer, here)
            if settings.patience and here.stale >= settings.patience:
                shown.say(f"no better {parts.metric.label} in {here.stale} validations: stopping")
                return here
    if here.step > validated:  # the minutes ended it
        here = _validate(parts, here)
        averaging.save_checkpoint(parts.folder, parts.model, parts.optimizer, here)
    return here


def _train_step(parts: TrainingContext, source: Any, here: TrainingState) -> TrainingState:
    settings, model, shown = parts.config.train, parts.model, parts.shown
    now = parts.budget.now
    began = now()
    epoch, index, batch = next(source)
    waited = now() - began
    stepping.set_dropout_seed(model, parts.config.seed, here.step, settings.gradient_accumulation)
    shown.rate = state.rate(settings, here)
    parts.optimizer.learning_rate = shown.rate
    values = np.asarray(parts.run(batch, state.numbers(settings, here)))
    if not np.isfinite(values[:2]).all():
        if "scale" not in stepping.dynamic_inputs(model, settings) or state.exhausted(here):
            raise _not_finite(here, values, batch)
        shown.skip()
        here = state.skipped(here, int(epoch), int(index))
        shown.say(f"step {here.step}: beyond float16: skipped; loss scale {here.scale:g}")
        return here
    arrays = {name: np.asarray(value) for name, value in batch.items()}
    positions = arrays["document"].size + arrays["weight"].size
    examples = int((arrays["row"] >= 0).sum())
    shown.step(values, examples, positions, pad_fraction(arrays), waited)
    parts.budget.stepped(now() - began)
    return state.stepped(here, int(epoch), int(index), float(values[2]), float(values[3]))


def _not_finite(here: TrainingState, values: Any, batch: Any) -> TrainingError:
    rows = [int(r) for r in np.asarray(batch["row"]) if r >= 0]
    return TrainingError(
        f"step {here.step + 1}: loss {values[0]}, gradient norm {values[1]}: stopped; the "
        f"batch was rows {rows}; the last checkpoint is good: lower train.learning_rate or "
        "train.max_gradient_norm and go on from it with --resume"
    )


def _validate(parts: TrainingContext, here: TrainingState) -> TrainingState:
    """Score the model, keep it if it is the best so far, and correct the plan."""
    settings, shown, folder, model = parts.config.train, parts.shown, parts.folder, parts.model
    shown.stop_clock()
    began = parts.budget.now()
    with averaging.ema_weights(model, parts.optimizer):
        found = parts.validate()
        score = _score(parts, found)
        minutes = parts.budget.elapsed(began)
        record = shown.flush(here.step, minutes=minutes, **found.scores, **found.parts)
        if score > here.best:
            checkpoint.save_arrays(
                folder / "weights.npz", named_weights.weight_arrays(model), {"step": here.step}
            )
        if settings.average_checkpoints > 1:
            averaging.keep_candidate(folder, model, here.step, score, settings.average_checkpoints)
    scores = "  ".join(f"{n} {parts.metric.text(value)}" for n, value in found.scores.items())
    told = (
        f"step {here.step}: loss {record['loss']:.3f}  {scores}  "
        f"padding {record['padding']:.1%}  waiting {record['waiting']:.1%}"
    )
    kinds = [f"  {name or 'no type'} {value:.2f}" for name, value in _types(found)]
    shown.say("\n".join([told, *kinds, *found.samples]))
    after = state.validated(settings, here, score)
    after = parts.budget.validated(after, parts.budget.now() - began)
    _log_changes(parts, here, after)
    return after


def _types(found: ValidationResult) -> list[tuple[str, float]]:
    """The scores by type, where there are several."""
    return list(found.parts.get("by_type", {}).items())


def _score(parts: TrainingContext, found: ValidationResult) -> float:
    """What decides, as a number of which more is better."""
    return parts.metric.sign * found.scores[parts.metric.name]


def _log_changes(parts: TrainingContext, before: TrainingState, after: TrainingState) -> None:
    shown = parts.shown
    if after.covering and not before.covering:
        shown.say(f"the loss has flattened at {after.loss:.3f}: the coverage loss counts from now")
    if after.factor != before.factor:
        shown.say(f"no better {parts.metric.label}: learning rate times {after.factor:g} from now")
    if after.steps:
        shown.plan(after.steps)
        if not before.steps:
            shown.say(f"planned: {after.steps} steps, the next validation at step {after.due}")


def _average(parts: TrainingContext, here: TrainingState) -> TrainingState:
    """Keep the mean of the best checkpoints' weights if it validates at least as well as the best.

    Where it does not, the best stays: nobody who asked for an average is served by less.
    """
    metric = parts.metric
    steps, mean = averaging.average_checkpoints(parts.folder)
    if len(steps) > 1:
        with averaging.temporary_weights(parts.model):
            named_weights.assign_weights(parts.model, mean, parts.folder / "candidates")
            score = _score(parts, parts.validate())
            kept = score >= here.best
            parts.shown.say(
                f"average of steps {', '.join(map(str, steps))}: {metric.name} "
                f"{metric.text(metric.sign * score)}, the best alone "
                f"{metric.text(metric.sign * here.best)}: {'kept' if kept else 'not kept'}"
            )
            if kept:
                path = parts.folder / "weights.npz"
                checkpoint.save_arrays(
                    path, named_weights.weight_arrays(parts.model), {"step": here.step}
                )
        if kept:
            here = here._replace(best=score)
            averaging.save_checkpoint(parts.folder, parts.model, parts.optimizer, here)
    averaging.delete_candidates(parts.folder)
    return here
