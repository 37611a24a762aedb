"""The learning rate and the share of scheduled sampling as functions of the step.

They are plain arithmetic on the number of the step, so that a resumed run, another backend and the
log have the same numbers.
"""

import math

from summarizer.config import TrainConfig


def learning_rate(settings: TrainConfig, step: int, steps: int, factor: float = 1.0) -> float:
    """Return the learning rate of a step; all schedules rise linearly during the warm-up.

    - cosine: then falls along half a cosine to a hundredth of the peak. Loshchilov and Hutter
      (2017), arXiv:1608.03983, eq. 5, without restarts.
    - inverse_sqrt: then falls with the root of the step. Vaswani et al. (2017), arXiv:1706.03762,
      eq. 3, scaled so that the peak is `train.learning_rate`.
    - constant: then stays.
    - plateau: then stays at the peak times `factor`.

    Args:
        settings: peak, warm-up and schedule.
        step: counted from 0.
        steps: length of the run.
        factor: product of the reductions at plateaus; 1: none so far.
    """
    warmup = _warmup_steps(settings, steps)
    if step < warmup:
        return settings.learning_rate * (step + 1) / warmup
    if settings.schedule == "cosine":
        done = min((step - warmup) / max(steps - warmup, 1), 1.0)
        factor = 0.01 + 0.99 * 0.5 * (1 + math.cos(done * math.pi))
    elif settings.schedule == "inverse_sqrt":
        factor = math.sqrt(max(warmup, 1) / (step + 1))
    return settings.learning_rate * factor


def _warmup_steps(settings: TrainConfig, steps: int) -> int:
    """Return the length of the warm-up; at most a fifth of a run planned from `train.budget`."""
    return min(settings.warmup_steps, steps // 5) if settings.budget else settings.warmup_steps


def scheduled_sampling(settings: TrainConfig, step: int, steps: int) -> float:
    """Return the share of the model's own tokens among its inputs at a step.

    It grows linearly from 0 to `train.scheduled_sampling`, which it reaches at the last step.
    Bengio et al. (2015), arXiv:1506.03099, section 2.4 (linear decay).
    """
    return settings.scheduled_sampling * min(step / max(steps - 1, 1), 1.0)
