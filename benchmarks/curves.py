"""Seconds and memory of a training step against lengths and sizes, compared with straight lines.

Every point is measured in a process of its own, so that its peak memory is that of the point. The
fastest of the timed steps counts, because a disturbance can only make a step longer.
"""

import argparse
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
    "document": "tokens of a document",
    "batch": "examples in a batch",
    "vocabulary": "tokens in the vocabulary",
    "width": "width of each direction",
}
STRAIGHT_FROM = {"document": 256, "batch": 0, "vocabulary": 0}  # curves that must be straight
MAX_DEVIATION = 15  # percent from the line
QUICK = Shape(4, 16, 4, 320, 16, 16, 32)
QUICK_CURVES = {"document": (16, 24, 32)}
# The way to train on long documents that the documentation names.
LONG = Shape(document=2048, summary=128, vocabulary=16000)
LONG_PARTS, LONG_MEMORY = 4, 8.0  # gradient accumulation; target in GB
HERE = Path(__file__).parent
Point = tuple[float, float]  # seconds of a step, peak memory in GB


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--curves", nargs="+", choices=CURVES, default=list(CURVES))
    parser.add_argument("--plots", type=Path, help="folder to draw the curves into")
    options = parser.parse_args()
    report = Report("curves")
    measure_curves(options, report)
    if not options.quick and "document" in options.curves:
        _, memory = measure_point(LONG, LONG_PARTS, "pointer")
        name = f"peak memory, {LONG.document:,} tokens, batch {LONG.batch} in {LONG_PARTS} parts"
        report.add(name, memory, "GB", target=LONG_MEMORY)
    if options.plots:
        plot(report.detail, options.plots / "curves.svg")
    print(report.write(options.results))


def measure_curves(options: argparse.Namespace, report: Report) -> None:
    """Measure the points of all curves, each shape once, and add the rows."""
    base, curves = (QUICK, QUICK_CURVES) if options.quick else (BASE, CURVES)
    measured: dict[Shape, Point] = {}
    for name in curves if options.quick else options.curves:
        points = []
        for value in curves[name]:
            shape = with_size(base, name, value)
            if shape not in measured:
                measured[shape] = measure_point(shape)
            points.append(measured[shape])
            seconds, memory = points[-1]
            print(f"  {LABELS[name]} {value}: {seconds:.3f} s, {memory:.2f} GB", flush=True)
        report.detail[name] = {"values": curves[name], "points": points}
        add_rows(report, name, curves[name], points)


def with_size(base: Shape, name: str, value: int) -> Shape:
    """Return a shape with one size changed; the decoder is as wide as both directions together."""
    if name == "width":
        return replace(base, encoder=value, decoder=2 * value)
    return replace(base, **{name: value})


def measure_point(shape: Shape, parts: int = 1, pointer: str = "") -> Point:
    """Return the seconds of a step and the peak memory in GB, from a process of their own.

    Args:
        shape: shape of batch and model.
        parts: number of parts of a batch that are computed one after another.
        pointer: "pointer" for a model that can copy.
    """
    paths = os.pathsep.join([str(HERE), str(HERE.parent)])
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, "PYTHONPATH": paths}
    command = [sys.executable, "-m", "step.point", json.dumps(asdict(shape)), str(parts), pointer]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{shape}: {done.stderr[-1000:]}")
    seconds, memory = json.loads(done.stdout.splitlines()[-1])
    return seconds, memory


def max_deviation(x: Sequence[float], y: Sequence[float]) -> float:
    """Return the largest deviation of the values from a straight line, in percent of the line.

    The line minimizes the squares of the relative deviations.
    """
    slope, start = np.polyfit(x, y, 1, w=1 / np.asarray(y))
    line = slope * np.asarray(x) + start
    return float(100 * np.max(np.abs(np.asarray(y) / line - 1)))


def add_rows(report: Report, name: str, sizes: Sequence[int], points: Sequence[Point]) -> None:
    """Add the rows of a curve: how straight it is, or how much more the largest size takes."""
    straight_from = STRAIGHT_FROM.get(name)
    for i, (measure, unit) in enumerate((("seconds a step", "s"), ("peak memory", "GB"))):
        values = [point[i] for point in points]
        note = f"{values[0]:.3g} to {values[-1]:.3g} {unit}, {sizes[0]:,} to {sizes[-1]:,}"
        if straight_from is None:
            report.add(f"{measure} by {name}", values[-1] / values[0], "x", note=note)
            continue
        first = next((row for row, size in enumerate(sizes) if size >= straight_from), 0)
        deviation = max_deviation(sizes[first:], values[first:])
        what = f"{measure} by {name}, off a straight line"
        report.add(what, deviation, "%", target=MAX_DEVIATION, note=note)


def plot(detail: dict[str, Any], path: Path) -> None:
    """Draw seconds above and memory below, a column for each curve."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "curves"  # the same numbers give the same file
    mpl.rcParams["svg.fonttype"] = "none"
    figure = Figure(figsize=(11, 5), layout="constrained")
    axes = figure.subplots(2, len(detail), squeeze=False)
    for column, (name, curve) in zip(axes.T, detail.items(), strict=True):
        for i, (axis, label) in enumerate(zip(column, ("seconds a step", "peak GB"), strict=True)):
            axis.plot(curve["values"], [point[i] for point in curve["points"]], ".-")
            axis.set(xlabel=LABELS[name], ylabel=label, xlim=0, ylim=0)
            axis.grid(alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
