"""What the log of a run tells: whether it learned, too fast, too slowly, too long or too little."""

import math
import statistics
from collections.abc import Iterator, Sequence

import numpy as np

from summarizer import validating
from summarizer.doctor import cutting
from summarizer.doctor.amounts import EPOCHS
from summarizer.doctor.finding import Finding, share
from summarizer.doctor.folder import SPAN, Run, Span

# Spans of 50 steps: what is told from halves, quarters or fifths of a log needs so many.
SPANS = 10
# The most frequent pieces alone are 5 to 15% of what is written.
GUESSED = 0.2
# A loss that falls by less over half of a run stands still.
STANDS = 0.05
# Means of three spans of a run that goes well differ by 1 or 2%. Shares of a loss are shares of 1
# where it is below 1: what is all but learned goes from 0.01 to 0.02 and back.
DIVERGED = 0.3
# So much above the lowest span before, where spans of a good run differ by up to 5%; and so many.
SPIKE, SPIKES = 0.2, 2
# A gradient of so many times its usual norm: cutting it keeps the direction, which is a bad one.
JUMP = 5.0
# At the end of a schedule a fifth of a run lowers the loss by 1 to 3%.
STEEP = 0.05
# Points by which two checkpoints differ on one example (standard deviation), and how many standard
# errors of the mean are no chance. Of a loss, a share of it.
SPREAD, ERRORS, WORSE = 15.0, 2.0, 0.02
# A tenth of the time: the model could have had a tenth more steps.
WAITING = 0.1
# Nobody needs a network that is always on one side; where summaries are right it does no harm.
NEVER, RIGHT = 0.01, 90.0

_READ = 2000  # documents that are looked at


def not_learning(run: Run) -> Iterator[Finding]:
    """Name a loss that stands still while hardly a piece is guessed."""
    spans, rate = run.spans, run.config.train.learning_rate
    half, quarter = len(spans) // 2, len(spans) // 4
    if len(spans) < SPANS:
        return
    before, after = (_loss(part) for part in (spans[quarter:half], spans[-quarter:]))
    accuracy = statistics.fmean(span.accuracy for span in spans[-quarter:])
    if accuracy < GUESSED and _change(after, before) < STANDS:
        yield Finding(
            "not learning",
            spans[-1].step - spans[half - 1].step,
            spans[-1].step,
            f"steps left the loss where it was ({before:.2f}, now {after:.2f}), with "
            f"{share(accuracy, 1)} of the pieces guessed",
            f"summarizer doctor {run.config.data.spec}, as pairs that do not belong together "
            f"cannot be learned; then --set train.learning_rate={rate * 3:g}, or {rate / 3:g}",
            _at(spans[-1]),
        )


def diverged(run: Run) -> Iterator[Finding]:
    """Name a loss that ends far above where it was."""
    spans, train = run.spans, run.config.train
    means = [_loss(spans[i : i + 3]) for i in range(len(spans) - 2)]
    low = means.index(min(means)) if means else 0
    if means and _change(means[low], means[-1]) > DIVERGED and not _rises(run):
        yield Finding(
            "diverged",
            spans[-1].step - spans[low + 2].step,
            spans[-1].step,
            f"steps came after the loss was at its lowest: {means[low]:.2f}, now {means[-1]:.2f}",
            f"--set train.learning_rate={train.learning_rate / 3:g}, or --set "
            f"train.clip={train.clip / 2:g}, or --set train.warmup={2 * train.warmup}",
            f"{_at(spans[low + 1])}; {_at(spans[-1])}",
        )


def unsteady(run: Run) -> Iterator[Finding]:
    """Name a learning rate with which the loss jumps up again and again."""
    train = run.config.train
    later = [span for span in run.spans if span.step - span.steps >= train.warmup]
    if len(later) < SPANS or _rises(run):
        return
    lowest = np.minimum.accumulate([span.loss for span in later])
    usual = statistics.median(span.norm for span in later)
    jumps = [
        span
        for span, low in zip(later[1:], lowest[:-1], strict=True)
        if _change(low, span.loss) > SPIKE or span.norm > JUMP * usual
    ]
    if len(jumps) >= SPIKES and not any(diverged(run)):
        yield Finding(
            "learning rate too high",
            len(jumps),
            len(later),
            f"spans of {SPAN} steps or so after the warm-up have a loss {SPIKE:.0%} "
            f"above one before, or a gradient of {JUMP:g} times the usual norm",
            f"--set train.learning_rate={train.learning_rate / 2:g}, or --set "
            f"train.clip={train.clip / 2:g}",
            "; ".join(_at(span) for span in jumps[:3]),
        )


def still_falling(run: Run) -> Iterator[Finding]:
    """Name a loss that still falls steeply where the run ends."""
    spans, train = run.spans, run.config.train
    fifth = len(spans) // 5
    if len(spans) < SPANS or any(not_learning(run)):
        return
    before, after = _loss(spans[-2 * fifth : -fifth]), _loss(spans[-fifth:])
    if _change(after, before) > STEEP:
        longer = f"--budget {2 * train.budget:g}m" if train.budget else (
            f"--set train.steps={2 * spans[-1].step}"
        )  # fmt: skip
        yield Finding(
            "ended too early",
            spans[-1].step - spans[-fifth - 1].step,
            spans[-1].step,
            f"steps, the last ones, still lowered the loss by {share(before - after, before)}: too "
            "few steps, or too low a learning rate",
            f"{longer}, or --set train.learning_rate={2 * train.learning_rate:g}",
            f"{_at(spans[-fifth - 1])}; {_at(spans[-1])}",
        )


def overfitting(run: Run) -> Iterator[Finding]:
    """Name validations that got worse while the training loss fell."""
    metric = validating.metric(run.config)
    found = [(line["step"], line[metric.name]) for line in run.log if metric.name in line]
    if len(found) < 3:
        return
    at = max(range(len(found)), key=lambda i: metric.sign * found[i][1])
    step, best = found[at]
    last = statistics.fmean(value for _, value in found[-2:])
    margin = ERRORS * SPREAD / math.sqrt(run.config.train.validate_examples)
    margin = WORSE * abs(best) if metric.sign < 0 else margin
    then = min(run.spans, key=lambda span: abs(span.step - step))
    worse = metric.sign * (best - last) > margin and at < len(found) - 2
    if worse and run.spans[-1].loss < then.loss:
        yield Finding(
            "overfitting",
            len(found) - 1 - at,
            len(found),
            f"validations came after the best one, at step {step}, and none was as good: the "
            f"{metric.label} of the last two is {metric.text(last)}, of the best "
            f"{metric.text(best)}, while the training loss went on falling",
            "more pairs, or --set train.patience=3 to stop then, or a larger model.dropout (it is "
            f"{run.config.model.dropout:g}); the weights of the best validation are those kept",
            f"{_at(then)}; {_at(run.spans[-1])}",
        )


def starved(run: Run) -> Iterator[Finding]:
    """Name time that went by until the next batch was there."""
    spans = run.spans[1:]  # in the first one things are compiled and begun
    steps = sum(span.steps for span in spans)
    waiting = sum(span.steps * span.waiting for span in spans) / max(steps, 1)
    if waiting >= WAITING:
        worst = max(spans, key=lambda span: span.waiting)
        yield Finding(
            "waiting for data",
            round(steps * waiting),
            steps,
            "steps could have been made in the time that went by waiting for batches",
            "put the run's folder, with its store, on a disk of this machine, and leave a core "
            "free of other work",
            f"step {worst.step}: {share(worst.waiting, 1)} of the time",
        )


def epochs(run: Run) -> Iterator[Finding]:
    """Name a run that saw only part of its pairs, or all of them too often."""
    train = run.config.train
    steps = run.spans[-1].step
    pairs, seen = run.pairs, steps * train.batch
    if 0 < seen < pairs:
        yield Finding(
            "less than one epoch",
            pairs - seen,
            pairs,
            f"pairs were never seen in {steps:,} steps of {train.batch}",
            f"more steps (--set train.steps={math.ceil(pairs / train.batch)}) or minutes (--budget)"
            "; fewer pairs would have done, too",
        )
    elif pairs and seen > EPOCHS * pairs:
        yield Finding(
            "too many epochs",
            seen - EPOCHS * pairs,
            seen,
            f"examples came after each of {pairs:,} pairs was seen {EPOCHS} times: they are "
            "learned by heart",
            f"--set train.steps={max(EPOCHS * pairs // train.batch, 1)} or fewer, or more pairs; "
            "model.dropout and train.patience help",
        )


def gate(run: Run) -> Iterator[Finding]:
    """Name a pointer that never copies, or a generator that never writes."""
    lines = [line for line in run.log if math.isfinite(line.get("gate", math.nan))]
    measured = run.report.get("diagnostics", {}).get("model", {}).get("gate", {}).get("mean")
    value = measured if measured is not None else lines[-1]["gate"] if lines else None
    if value is None or NEVER <= value <= 1 - NEVER:
        return
    if max(line.get("rouge1", 0.0) for line in run.log) >= RIGHT:
        return
    copies = value < NEVER
    yield Finding(
        "unused gate",
        round(1000 * (value if copies else 1 - value)),
        1000,
        f"pieces of summaries are {'generated' if copies else 'copied'}, by the mean gate of "
        f"{value:.4f}: " + ("the model only copies" if copies else "the pointer does nothing"),
        "if summaries are extracts, --preset tagger does it at less cost; if not, train longer"
        if copies
        else "train longer, as copying is learned late; if summaries share few words with their "
        "documents, --set model.pointer=false is faster",
        f"step {lines[-1]['step']}: gate {lines[-1]['gate']:.4f}" if lines else "",
    )


def truncated(run: Run) -> Iterator[Finding]:
    """Name what was cut from the documents and summaries that were trained on."""
    if run.store is None or run.config.data.task != "summarize":
        return
    rows = np.unique(np.linspace(0, run.store.rows - 1, _READ).astype(int))
    ids = [run.store.pair(int(row)) for row in rows]
    names = [f"pair {row + 1:,} of train" for row in rows]
    yield from cutting.documents(run.config, ids, names)
    yield from cutting.summaries(run.config, ids, names)


def _loss(spans: Sequence[Span]) -> float:
    return sum(span.steps * span.loss for span in spans) / sum(span.steps for span in spans)


def _change(low: float, high: float) -> float:
    """By what share of itself, or of 1 where it is less, a loss rises."""
    return (high - low) / max(low, 1.0)


def _at(span: Span) -> str:
    return f"step {span.step}: loss {span.loss:.2f}"


def _rises(run: Run) -> bool:
    """Tell whether the loss may rise as the run was asked to make things harder."""
    return run.config.train.sampling > 0 or run.config.data.curriculum > 0
