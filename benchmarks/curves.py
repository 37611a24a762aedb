"""Seconds and memory of a training step against lengths and sizes, beside straight lines.

Every point is a process of its own: its peak memory is the point's. Of the steps that are timed
the fastest counts, as what disturbs a step only ever makes it longer.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from measure import Report, arguments
from step.shape import Shape

BASE = Shape(document=256)
CURVES: dict[str, tuple[int, ...]] = {
    "document": (64, 128, 256, 512, 1024, 2048),
    "batch": (8, 16, 32, 64, 128),
    "vocabulary": (4000, 8000, 16000, 32000),
    "width": (128, 256, 384, 512),
}
LABELS = {
    "document": "pieces of a document",
    "batch": "examples in a batch",
    "vocabulary": "pieces in the vocabulary",
    "width": "width of each direction",
}
STRAIGHT = {"document": 256, "batch": 0, "vocabulary": 0}  # a line is asked for from here on
OFF = 15  # percent from the line
QUICK = Shape(4, 16, 4, 320, 16, 16, 32)
QUICK_CURVES = {"document": (16, 24, 32)}
# The way to train on long documents that the documentation names.
LONG = Shape(document=2048, summary=128, vocabulary=16000)
PARTS, MEMORY = 4, 8.0  # GB
HERE = Path(__file__).parent
Point = tuple[float, float]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--curves", nargs="+", choices=CURVES, default=list(CURVES))
    parser.add_argument("--plots", type=Path, help="draw the curves into this folder")
    given = parser.parse_args()
    base, curves = (QUICK, QUICK_CURVES) if given.quick else (BASE, CURVES)
    report, known = Report("curves"), {}
    for name in curves if given.quick else given.curves:
        points = []
        for value in curves[name]:
            shape = sized(base, name, value)
            if shape not in known:
                known[shape] = point(shape)
            points.append(known[shape])
            seconds, memory = points[-1]
            print(f"  {LABELS[name]} {value}: {seconds:.3f} s, {memory:.2f} GB", flush=True)
        report.detail[name] = {"values": curves[name], "points": points}
        add(report, name, curves[name], points)
    if not given.quick and "document" in given.curves:
        _, memory = point(LONG, PARTS, "pointer")
        what = f"peak memory, {LONG.document:,} pieces, batch {LONG.batch} in {PARTS} parts"
        report.add(what, memory, "GB", target=MEMORY)
    if given.plots:
        plot(report.detail, given.plots / "curves.svg")
    print(report.write(given.results))


def sized(base: Shape, name: str, value: int) -> Shape:
    """A shape with one size changed; the decoder is as wide as both directions."""
    if name == "width":
        return replace(base, encoder=value, decoder=2 * value)
    return replace(base, **{name: value})


def point(shape: Shape, parts: int = 1, pointer: str = "") -> Point:
    """Seconds of a step and peak memory in GB, from a process of its own.

    Args:
        shape: of batch and model.
        parts: of a batch, computed one after another.
        pointer: "pointer" for a model that may copy.
    """
    paths = os.pathsep.join([str(HERE), str(HERE.parent)])
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, "PYTHONPATH": paths}
    command = [sys.executable, "-m", "step.point", json.dumps(asdict(shape)), str(parts)]
    command.append(pointer)
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{shape}: {done.stderr[-1000:]}")
    seconds, memory = json.loads(done.stdout.splitlines()[-1])
    return seconds, memory


def off(x: Sequence[float], y: Sequence[float]) -> float:
    """How far the values are from a straight line at most, percent of the line.

    The line is that of least squares of the relative deviations.
    """
    slope, start = np.polyfit(x, y, 1, w=1 / np.asarray(y))
    line = slope * np.asarray(x) + start
    return float(100 * np.max(np.abs(np.asarray(y) / line - 1)))


def add(report: Report, name: str, values: Sequence[int], points: Sequence[Point]) -> None:
    """Rows of a curve: how straight it is, or how much more the largest takes than the smallest."""
    low = STRAIGHT.get(name)
    for i, (what, unit) in enumerate((("seconds a step", "s"), ("peak memory", "GB"))):
        found = [p[i] for p in points]
        note = f"{found[0]:.3g} to {found[-1]:.3g} {unit}, {values[0]:,} to {values[-1]:,}"
        if low is None:
            report.add(f"{what} by {name}", found[-1] / found[0], "x", note=note)
            continue
        first = next((i for i, v in enumerate(values) if v >= low), 0)
        most = off(values[first:], found[first:])
        report.add(f"{what} by {name}, off a straight line", most, "%", target=OFF, note=note)


def plot(detail: dict[str, Any], path: Path) -> None:
    """Draw seconds above and memory below, a column for each curve."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "curves"  # the same file from the same numbers
    mpl.rcParams["svg.fonttype"] = "none"
    figure = Figure(figsize=(11, 5), layout="constrained")
    axes = figure.subplots(2, len(detail), squeeze=False)
    for column, (name, curve) in zip(axes.T, detail.items(), strict=True):
        for i, (axis, label) in enumerate(zip(column, ("seconds a step", "peak GB"), strict=True)):
            axis.plot(curve["values"], [p[i] for p in curve["points"]], ".-")
            axis.set(xlabel=LABELS[name], ylabel=label, xlim=0, ylim=0)
            axis.grid(alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
