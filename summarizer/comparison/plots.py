"""Draws results: ROUGE against minutes and length, the gradient against distance."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from summarizer.comparison.results import VariantResult
from summarizer.comparison.table import PLOTS
from summarizer.evaluation.statistics_table import fifths
from summarizer.storage import atomic_path


def draw(results: Sequence[VariantResult], folder: Path, prefix: str) -> list[Path]:
    """Write `PREFIX-minutes.svg`, `PREFIX-length.svg` and `PREFIX-distance.svg`, if there is data.

    The same results give the same files, byte for byte.
    """
    measured = [result for result in results if not result.failed]
    if not measured:
        return []
    drawers = {"minutes": _minutes, "length": _length, "distance": _distance}
    return [_figure(measured, drawers[p], PLOTS[p], folder / f"{prefix}-{p}.svg") for p in PLOTS]


def buckets(lengths: Sequence[int], scores: Sequence[float]) -> list[tuple[float, float]]:
    """Return (median length, mean score) of each fifth of the documents, the shortest first."""
    sizes, points = np.asarray(lengths), np.asarray(scores)
    parts = fifths(lengths)
    return [(float(np.median(sizes[part])), float(points[part].mean())) for part in parts]


def _minutes(axes: Any, result: VariantResult, **style: Any) -> None:
    axes.plot(*zip(*result.curve, strict=True), **style)
    axes.set(xlabel="minutes of training", ylabel="validation ROUGE-1 (F, points)")


def _length(axes: Any, result: VariantResult, **style: Any) -> None:
    axes.plot(*zip(*buckets(result.lengths, result.scores["rouge1"]), strict=True), **style)
    axes.set(xlabel="words of the document, median of a fifth", ylabel="ROUGE-1 (F, points)")


def _distance(axes: Any, result: VariantResult, **style: Any) -> None:
    axes.semilogy(result.reach, **{**style, "marker": ""})
    axes.set(xlabel="pieces before the last", ylabel="norm of the gradient, over that at 0")


def _figure(results: Sequence[VariantResult], drawer: Any, title: str, path: Path) -> Path:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "family", "svg.fonttype": "none"}):
        figure = Figure(figsize=(8, 4.5), layout="constrained")
        axes = figure.subplots()
        colors = matplotlib.colormaps["tab10"]
        for i, result in enumerate(results):
            style = {"color": colors(i % 10), "linestyle": ("-", "--", ":")[i // 10 % 3]}
            drawer(axes, result, label=result.name, marker=".", linewidth=1.2, **style)
        axes.set_title(title, fontsize="medium")
        figure.legend(loc="outside right upper", fontsize="small", frameon=False)
        with atomic_path(path) as aside:
            figure.savefig(aside, format="svg", metadata={"Date": None})
    return path
