"""Ending in time: `--budget 30m` plans steps and validations from the speed it measures.

All of the command counts: data and vocabulary before, validations between, the export after. The
first steps are timed (without the first of all, which compiles), then one validation. From these
come the length of the run and the steps between validations; each further validation corrects
both. Before every step it is asked whether a validation and the export would still fit after it.

Where systems are compared, the minutes are of training alone: the clock stands still during the
validations, of which there are as many for each.
"""

import math
import statistics
import time
from collections import deque
from collections.abc import Callable

from summarizer.errors import TrainingError
from summarizer.training.state import TrainingState

STEPS = 20  # timed before the first plan
SHARE = 0.1  # of the time may go into validations
MOST = 20  # validations
ALONE = 8  # validations to come where they do not count
RECENT = 500  # steps that the speed is the mean of
EXPORT = 4  # first validations that an export's searches take at most,
CONVERT = 25.0  # and seconds that converting the graph takes
PLOT = 5.0  # seconds that drawing the curves and leaving take at most
SLOWER = 1.2  # a later validation than the one before it, at most


class TimeBudget:
    """The minutes of a command, and what is left of them.

    Attributes:
        minutes: of the whole command; 0: no limit.
        now: the clock, in seconds.
    """

    def __init__(
        self,
        minutes: float,
        began: float | None = None,
        validations: int = 1,
        exports: bool = True,
        now: Callable[[], float] = time.perf_counter,
        alone: bool = False,
    ):
        """Begin to count.

        Args:
            minutes: for everything; 0: without limit.
            began: when the command began, by the same clock; None: now.
            validations: that follow the last step.
            exports: whether an export follows the training.
            now: the clock, in seconds.
            alone: training alone counts, not the validations and what follows the last step.
        """
        self.minutes, self.now, self._alone = minutes, now, alone
        self._began = now() if began is None else began
        self._last, self._exports = validations, exports
        self._steps, self._took = 0, deque[float](maxlen=RECENT)
        self._speed = 1e-6  # seconds a step
        self._count = 0  # validations still to come
        self._validation = self._first = 0.0
        self._planned = not minutes

    def resume(self, minutes: float, validation: float) -> None:
        """Count what earlier commands of this run took, and know how long a validation takes."""
        self._began -= 60 * minutes
        self._first = self._validation = validation

    def elapsed(self, validating: float = math.inf) -> float:
        """Return the minutes since the command began, less those that do not count.

        Args:
            validating: when the validation began that is going on, if one is.
        """
        now = self.now()
        return ((min(now, validating) if self._alone else now) - self._began) / 60

    def stepped(self, seconds: float) -> None:
        """Take in how long a step took."""
        self._steps += 1
        if not self.minutes or self._steps == 1:  # the first one compiled
            return
        self._took.append(seconds)
        if self._steps % STEPS == 0 or self.unplanned():
            most = 5 * statistics.median(self._took)  # what compiles a new shape is cut short
            self._speed = max(statistics.fmean(min(t, most) for t in self._took), 1e-6)

    def validated(self, place: TrainingState, seconds: float) -> TrainingState:
        """Take in how long a validation took; return the place with the plan, made or corrected.

        Raises:
            TrainingError: at the first plan, where nothing more fits into the minutes.
        """
        self._began += seconds if self._alone else 0.0
        if not self.minutes:
            return place
        self._first, self._validation = self._first or seconds, seconds
        first, self._planned = not self._planned, True
        speed = self._speed
        free = self._left() - self._after()
        if first and free < speed and not place.steps:
            raise self._short(60 * self.elapsed() + self._after() + STEPS * speed)
        if self._alone:
            most, seconds = ALONE, 0.0
        else:
            most = min(max(int(SHARE * free / max(seconds, 1e-6)), 1), MOST)
        self._count = count = most if first else max(self._count - 1, 1)
        more = max(int((free - (count - 1) * seconds) / speed), 0)
        due = place.step + max(math.ceil(more / count), 1)
        steps = max(place.step + more, 1)
        return place._replace(steps=steps, due=due, validation=self._first)

    def unplanned(self) -> bool:
        """Tell whether the length of the run is still to be found out."""
        return not self._planned

    def measured(self) -> bool:
        """Tell whether enough is known of the steps to try a validation, and then plan."""
        late = self._steps > 1 and self.elapsed() > self.minutes / 4
        return not self._planned and (self._steps > STEPS or late)

    def check(self) -> None:
        """Stop a command whose minutes are over before it has learned anything.

        Raises:
            TrainingError: says how many minutes are needed at least.
        """
        if self.minutes and not self._validation and self._left() <= 0:
            raise self._short(120 * self.elapsed())

    def over(self) -> bool:
        """Tell whether another step would leave too little for what follows the last one."""
        if not self.minutes or not self._validation:
            return False
        return self._left() < 2 * self._speed + self._after()

    def _short(self, seconds: float) -> TrainingError:
        return TrainingError(
            f"train.budget={self.minutes:g}: too few minutes: {self.elapsed():.1f} were gone "
            f"when training had hardly begun; allow at least {math.ceil(seconds / 6) / 10:g}"
        )

    def _left(self) -> float:
        return 60 * (self.minutes - self.elapsed())

    def _after(self) -> float:
        """Seconds for what follows the last step, as far as it counts."""
        if self._alone:
            return 0.0
        export = CONVERT + EXPORT * self._first if self._exports else 0.0
        return self._last * SLOWER * self._validation + export + PLOT
