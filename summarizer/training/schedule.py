"""How the learning rate rises and falls."""

from typing import Any

import keras
from keras import ops


class WarmupCosine(keras.optimizers.schedules.LearningRateSchedule):
    """Rise linearly over the warm-up, then fall along half a cosine to a hundredth of the peak.

    Source: Loshchilov and Hutter (2017), arXiv:1608.03983, eq. 5, without restarts.
    """

    def __init__(self, peak: float, warmup: int, steps: int):
        self.peak, self.warmup, self.steps = peak, warmup, steps

    def __call__(self, step: Any) -> Any:
        """Return the rate at a step, counted from 0."""
        step = ops.cast(step, "float32")
        rising = (step + 1) / max(self.warmup, 1)
        done = ops.clip((step - self.warmup) / max(self.steps - self.warmup, 1), 0.0, 1.0)
        falling = 0.01 + 0.99 * 0.5 * (1 + ops.cos(done * 3.141592653589793))
        return self.peak * ops.where(step < self.warmup, rising, falling)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this schedule again."""
        return {"peak": self.peak, "warmup": self.warmup, "steps": self.steps}
