"""What a run made of its parts: the pointer and the generator, what was read, the time."""

import math
from collections.abc import Iterator

import numpy as np

from summarizer.doctor import cutting
from summarizer.doctor.finding import Finding, share
from summarizer.doctor.folder import Run

# A tenth of the time: the model could have had a tenth more steps.
WAITING = 0.1
# Nobody needs a network that is always on one side; where summaries are right it does no harm.
NEVER, RIGHT = 0.01, 90.0

_READ = 2000  # documents that are looked at


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
