"""Plots of results: ROUGE against minutes and length, the gradient against distance."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from summarizer.comparison.results import VariantResult
from summarizer.comparison.table import PLOTS
from summarizer.evaluation.statistics_table import fifths
from summarizer.reports.plots import SVG_STYLE
from summarizer.storage import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(results: Sequence[VariantResult], folder: Path, prefix: str) -> list[Path]:
    """Write `PREFIX-minutes.svg`, `PREFIX-length.svg` and `PREFIX-distance.svg`, if there is data.

    The same results give the same files, byte for byte.
    """
    measured = [result for result in results if not result.failed]
    if not measured:
        return []
    curves = {"minutes": _plot_minutes, "length": _plot_length, "distance": _plot_distance}
    paths = []
    for name, title in PLOTS.items():
        path = folder / f"{prefix}-{name}.svg"
        _write_figure(measured, curves[name], title, path)
        paths.append(path)
    return paths


def length_curve(lengths: Sequence[int], scores: Sequence[float]) -> list[tuple[float, float]]:
    """Return (median length, mean score) of each fifth of the documents, the shortest first."""
    sizes, points = np.asarray(lengths), np.asarray(scores)
    parts = fifths(lengths)
    return [(float(np.median(sizes[part])), float(points[part].mean())) for part in parts]


def _plot_minutes(axes: "Axes", result: VariantResult, **style: Any) -> None:
    axes.plot(*zip(*result.curve, strict=True), **style)
    axes.set(xlabel="minutes of training", ylabel="validation ROUGE-1 (F, points)")


def _plot_length(axes: "Axes", result: VariantResult, **style: Any) -> None:
    curve = length_curve(result.lengths, result.scores["rouge1"])
    axes.plot(*zip(*curve, strict=True), **style)
    axes.set(xlabel="words in the document (median of each fifth)", ylabel="ROUGE-1 (F, points)")


def _plot_distance(axes: "Axes", result: VariantResult, **style: Any) -> None:
    axes.semilogy(result.reach, **{**style, "marker": ""})
    axes.set(xlabel="tokens before the last", ylabel="gradient norm, relative to distance 0")


def _write_figure(
    results: Sequence[VariantResult], plot: Callable[..., None], title: str, path: Path
) -> None:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(SVG_STYLE):
        figure = Figure(figsize=(8, 4.5), layout="constrained")
        axes = figure.subplots()
        colors = matplotlib.colormaps["tab10"]
        for i, result in enumerate(results):
            style = {"color": colors(i % 10), "linestyle": ("-", "--", ":")[i // 10 % 3]}
            plot(axes, result, label=result.name, marker=".", linewidth=1.2, **style)
        axes.set_title(title, fontsize="medium")
        figure.legend(loc="outside right upper", fontsize="small")
        with atomic_path(path) as aside:
            figure.savefig(aside, format="svg", metadata={"Date": None})
