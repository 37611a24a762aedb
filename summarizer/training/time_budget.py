"""Time budget: `--budget 30m` plans steps and validations from the speed that it measures.

The whole command counts: data and vocabulary before training, validations, and the export after it.
The first steps are timed, without the very first one, which compiles; then one validation. The
length of the run and the steps between validations follow from these times, and each further
validation corrects both. Before every step the budget checks that a validation and the export still
fit after it.

When systems are compared, only the training itself counts: the clock stands still during the
validations, and every system gets the same number of them.
"""

import math
import statistics
import time
from collections import deque
from collections.abc import Callable

from summarizer.errors import TrainingError
from summarizer.training.state import TrainingState

STEPS = 20  # timed before the first plan
SHARE = 0.1  # share of the time that validations may take
MAX_VALIDATIONS = 20
UNTIMED_VALIDATIONS = 8  # validations of a run whose validations do not count
RECENT = 500  # steps whose mean duration is the speed
EXPORT = 4  # duration of the export's searches at most, in first validations
CONVERT = 25.0  # seconds that converting the graph takes
PLOT = 5.0  # seconds at most for drawing the curves and leaving
SLOWER = 1.2  # duration of a validation at most, relative to the one before it


class TimeBudget:
    """The minutes of a command, and how many of them are left.

    Attributes:
        minutes: for the whole command; 0: no limit.
        now: the clock, in seconds.
    """

    def __init__(
        self,
        minutes: float,
        began: float | None = None,
        validations: int = 1,
        exports: bool = True,
        training_only: bool = False,
        now: Callable[[], float] = time.perf_counter,
    ):
        """Start counting.

        Args:
            minutes: for the whole command; 0: no limit.
            began: when the command began, by the same clock; None: now.
            validations: number of validations after the last step.
            exports: whether an export follows the training.
            training_only: count neither validations nor what follows the last step.
            now: the clock, in seconds.
        """
        self.minutes, self.now, self._training_only = minutes, now, training_only
        self._began = now() if began is None else began
        self._last_validations, self._exports = validations, exports
        self._steps, self._durations = 0, deque[float](maxlen=RECENT)
        self._step_seconds = 1e-6
        self._validations_left = 0
        self._validation = self._first_validation = 0.0  # seconds
        self._planned = not minutes

    def resume(self, minutes: float, validation: float) -> None:
        """Count the minutes of earlier commands of this run; set the seconds of a validation."""
        self._began -= 60 * minutes
        self._first_validation = self._validation = validation

    def elapsed(self, validating_since: float = math.inf) -> float:
        """Return the minutes since the command began, without those that do not count.

        Args:
            validating_since: when the validation in progress began, if there is one.
        """
        now = self.now()
        return ((min(now, validating_since) if self._training_only else now) - self._began) / 60

    def record_step(self, seconds: float) -> None:
        """Record the duration of a step."""
        self._steps += 1
        if not self.minutes or self._steps == 1:  # the first one compiled
            return
        self._durations.append(seconds)
        if self._steps % STEPS == 0 or self.unplanned():
            longest = 5 * statistics.median(self._durations)  # a new shape compiles again
            mean = statistics.fmean(min(duration, longest) for duration in self._durations)
            self._step_seconds = max(mean, 1e-6)

    def record_validation(self, state: TrainingState, seconds: float) -> TrainingState:
        """Record the duration of a validation; return the state with the plan made or corrected.

        Raises:
            TrainingError: no more steps fit at the first plan.
        """
        self._began += seconds if self._training_only else 0.0
        if not self.minutes:
            return state
        self._first_validation = self._first_validation or seconds
        self._validation = seconds
        first, self._planned = not self._planned, True
        free = self._seconds_left() - self._seconds_after()
        if first and free < self._step_seconds and not state.planned_steps:
            needed = 60 * self.elapsed() + self._seconds_after() + STEPS * self._step_seconds
            raise self._too_short(needed)
        if self._training_only:
            count, seconds = UNTIMED_VALIDATIONS, 0.0
        else:
            count = min(max(int(SHARE * free / max(seconds, 1e-6)), 1), MAX_VALIDATIONS)
        count = count if first else max(self._validations_left - 1, 1)
        self._validations_left = count
        steps = max(int((free - (count - 1) * seconds) / self._step_seconds), 0)
        return state._replace(
            planned_steps=max(state.step + steps, 1),
            next_validation=state.step + max(math.ceil(steps / count), 1),
            validation_seconds=self._first_validation,
        )

    def unplanned(self) -> bool:
        """Tell whether the length of the run is still unknown."""
        return not self._planned

    def measured(self) -> bool:
        """Tell whether enough steps were timed to run a validation and then plan."""
        late = self._steps > 1 and self.elapsed() > self.minutes / 4
        return not self._planned and (self._steps > STEPS or late)

    def check(self) -> None:
        """Stop a command whose time is up before it has learned anything.

        Raises:
            TrainingError: names the minutes that are needed at least.
        """
        if self.minutes and not self._validation and self._seconds_left() <= 0:
            raise self._too_short(120 * self.elapsed())

    def exhausted(self) -> bool:
        """Tell whether another step would leave too little time for what follows the last one."""
        if not self.minutes or not self._validation:
            return False
        return self._seconds_left() < 2 * self._step_seconds + self._seconds_after()

    def _too_short(self, seconds: float) -> TrainingError:
        return TrainingError(
            f"train.budget={self.minutes:g}: too few minutes: {self.elapsed():.1f} had passed "
            f"when training had hardly begun; allow at least {math.ceil(seconds / 6) / 10:g}"
        )

    def _seconds_left(self) -> float:
        return 60 * (self.minutes - self.elapsed())

    def _seconds_after(self) -> float:
        """Return the seconds needed after the last step, as far as they count."""
        if self._training_only:
            return 0.0
        export = CONVERT + EXPORT * self._first_validation if self._exports else 0.0
        return self._last_validations * SLOWER * self._validation + export + PLOT
