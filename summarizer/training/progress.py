"""The progress of a run: a bar on stderr, and the records of its log."""

import sys
from types import TracebackType

from tqdm import tqdm

from summarizer.training.metrics_log import LogRecord, LogWriter, StepAverages, batch_size
from summarizer.training.step import Batch, StepMetrics

SHOWN_EVERY = 10  # steps between two updates of the numbers beside the bar


class Progress:
    """Shows a progress bar, averages what the steps report, and writes the log.

    Attributes:
        learning_rate: of the last step.
    """

    def __init__(self, log: LogWriter, steps: int, done: int):
        """Show the bar.

        Args:
            log: gets the averages; closed with the bar.
            steps: length of the run.
            done: steps done by an earlier command.
        """
        terminal = sys.stderr.isatty()
        self.learning_rate = 0.0
        self._log, self._averages = log, StepAverages()
        self._bar = tqdm(
            total=steps,
            initial=done,
            unit="step",
            file=sys.stderr,
            dynamic_ncols=True,
            mininterval=0.2 if terminal else 30,
            maxinterval=10 if terminal else 60,
        )

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()
        self._log.close()

    def step(self, metrics: StepMetrics, batch: Batch, waited: float) -> None:
        """Count a step on a batch that took `waited` seconds to arrive."""
        self._averages.add(metrics, batch_size(batch), waited)
        self._bar.update()
        if self._averages.steps % SHOWN_EVERY == 0:
            self._bar.set_postfix(self._numbers(), refresh=False)

    def skip(self, message: str) -> None:
        """Count a step that changed nothing, and print why."""
        self._bar.update()
        self.say(message)

    def _numbers(self) -> dict[str, str]:
        averages = self._averages.averages(self.learning_rate)
        return {
            "loss": f"{averages['loss']:.3f}",
            "ppl": f"{averages['perplexity']:.1f}",
            "acc": f"{averages['accuracy']:.3f}",
            "lr": f"{self.learning_rate:.1e}",
            "ex/s": f"{averages['examples_per_second']:.0f}",
            "tokens/s": f"{averages['pieces_per_second']:.0f}",
        }

    def stop_clock(self) -> None:
        """Exclude the time from now on, until the next flush, from the speeds."""
        self._averages.stop_clock()

    def flush(self, step: int, minutes: float, scores: LogRecord | None = None) -> LogRecord:
        """Write the averages since the last call, with the scores of a validation if there are any.

        Returns:
            The record written.
        """
        averages = self._averages.averages(self.learning_rate)
        record: LogRecord = {"step": step, **averages, "minutes": minutes, **(scores or {})}
        self._log.write(record)
        self._averages = StepAverages()
        return record

    def say(self, text: str) -> None:
        """Print a line above the bar, on stderr."""
        self._bar.write(text, file=sys.stderr)

    def plan(self, steps: int) -> None:
        """Change the length of the run that the bar shows."""
        self._bar.total = steps
        self._bar.refresh()
