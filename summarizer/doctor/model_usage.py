"""Check how a run used its model and its time: the copy gate, truncation, waiting for data."""

import math
from collections.abc import Iterator

import numpy as np

from summarizer.doctor.finding import Finding, percent
from summarizer.doctor.run_files import RunFiles
from summarizer.doctor.truncation import truncated_documents, truncated_summaries

# With this share of the time, the model could have made a tenth more steps.
WAITING = 0.1
# A gate that is always on one side makes the other one useless, unless summaries are right.
UNUSED, RIGHT = 0.01, 90.0

_READ = 2000  # pairs of the token store that are examined
_ONLY_COPIES = {
    "source": "copied",
    "consequence": "the model only copies",
    "advice": "if summaries are extracts, --preset tagger does the same at less cost; if not, "
    "train longer",
}
_NEVER_COPIES = {
    "source": "generated",
    "consequence": "the model does not use the pointer",
    "advice": "train longer, because a model learns to copy late; if summaries share few words "
    "with their documents, --set model.pointer=false is faster",
}


def unused_gate(run: RunFiles) -> Iterator[Finding]:
    """Report a model that never copies or never generates."""
    records = [record for record in run.log if math.isfinite(record.get("gate", math.nan))]
    reported = run.report.get("diagnostics", {}).get("model", {}).get("gate", {}).get("mean")
    gate = reported if reported is not None else records[-1]["gate"] if records else None
    if gate is None or UNUSED <= gate <= 1 - UNUSED:
        return
    if max(record.get("rouge1", 0.0) for record in run.log) >= RIGHT:
        return
    last = f"step {records[-1]['step']}: gate {records[-1]['gate']:.4f}" if records else ""
    per_mille = round(1000 * max(gate, 1 - gate))
    effect = _ONLY_COPIES if gate < UNUSED else _NEVER_COPIES
    yield Finding.build("unused gate", per_mille, 1000, last, gate=gate, **effect)


def truncated_pairs(run: RunFiles) -> Iterator[Finding]:
    """Report what was cut off from the training documents and summaries."""
    if run.store is None or run.config.data.task != "summarize":
        return
    rows = np.unique(np.linspace(0, run.store.rows - 1, _READ).astype(int)).tolist()
    pairs = [run.store.pair(row) for row in rows]
    labels = [f"pair {row + 1:,} of train" for row in rows]
    yield from truncated_documents(run.config, pairs, labels)
    yield from truncated_summaries(run.config, pairs, labels)


def waiting_for_data(run: RunFiles) -> Iterator[Finding]:
    """Report time spent waiting for the next batch."""
    windows = run.windows[1:]  # the first one includes compilation and start-up
    steps = sum(window.steps for window in windows)
    waiting = sum(window.steps * window.waiting for window in windows) / max(steps, 1)
    if waiting >= WAITING:
        worst = max(windows, key=lambda window: window.waiting)
        example = f"step {worst.step}: {percent(worst.waiting, 1)} of the time"
        yield Finding.build("waiting for data", round(steps * waiting), steps, example)
