"""Plots of an evaluation report as SVG inside its page, drawn by matplotlib.

The same data gives the same SVG. Colors are CSS variables of the page, so that plots follow its
light or dark scheme; systems differ by the shape of their marks, too.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, ROW_HEIGHT, HEIGHT = 6.4, 0.24, 3.0  # inches
BINS = 20  # of a histogram, at most

# Matplotlib accepts no CSS variables. Each of these colors stands for one of the style sheet.
_NAMES = ("ink", "rule", "model", "other", "bound", "paper")
_COLORS = {name: f"#00000{i}" for i, name in enumerate(_NAMES, 1)}
_VARIABLES = {color: f"var(--{name})" for name, color in _COLORS.items()}

SVG_STYLE = {
    "svg.hashsalt": "summarizer",  # the same data gives the same ids
    "svg.fonttype": "none",
    "text.parse_math": False,
    "legend.frameon": False,
}
"""Settings of matplotlib for SVG files that are the same byte for byte."""

_FONT = "DejaVu Sans"  # comes with matplotlib
_TEXT_COLORS = ("text.color", "axes.labelcolor", "xtick.color", "ytick.color")
_STYLE = {
    **SVG_STYLE,
    "font.size": 9,
    "font.family": "sans-serif",
    "font.sans-serif": [_FONT],  # decides how wide matplotlib takes texts to be
    "axes.axisbelow": True,
    "grid.color": _COLORS["rule"],
    **dict.fromkeys(("xtick.major.size", "ytick.major.size"), 0),
    **{f"axes.spines.{side}": False for side in ("top", "right", "bottom", "left")},
    **dict.fromkeys(_TEXT_COLORS, _COLORS["ink"]),
}

_MARKS: dict[str, dict[str, Any]] = {
    "model": {"marker": "o", "markersize": 7},
    "other": {"marker": "s", "markersize": 6},
    "bound": {"marker": "s", "markersize": 6, "markerfacecolor": _COLORS["paper"]},
}


class Interval(NamedTuple):
    """A mean with its interval.

    Attributes:
        name: what was measured.
        mean: the mean.
        low: lower end of the interval.
        high: upper end of the interval.
        kind: "model", "other" or "bound"; it decides color and shape.
    """

    name: str
    mean: float
    low: float
    high: float
    kind: str = "other"


class Plot(NamedTuple):
    """A plot for the page.

    Attributes:
        title: the caption.
        view_box: the `viewBox` of the SVG element.
        body: what stands inside the SVG element.
    """

    title: str
    view_box: str
    body: Markup


def available() -> bool:
    """Tell whether matplotlib is installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        return False
    return True


def interval_rows(title: str, rows: Sequence[Interval]) -> Plot:
    """Plot each interval in a row of its own, on one axis from 0, with its mean at the right."""
    with _figure(ROW_HEIGHT * len(rows) + 0.4) as (figure, axes):
        draw_interval_rows(axes, rows)
        return _plot(title, figure)


def draw_interval_rows(axes: "Axes", rows: Sequence[Interval]) -> None:
    """Draw what `interval_rows` describes."""
    for y, row in enumerate(rows):
        style: dict[str, Any] = {"color": _COLORS[row.kind], "clip_on": False}
        line = ":" if row.kind == "bound" else "-"
        axes.plot([row.low, row.high], [y, y], marker="|", linestyle=line, **style)
        axes.plot([row.mean], [y], **_MARKS[row.kind], **style)
        text: dict[str, Any] = {
            "xycoords": ("axes fraction", "data"),
            "verticalalignment": "center",
            "weight": "bold" if row.kind == "model" else "normal",
        }
        axes.annotate(row.name, (-0.02, y), horizontalalignment="right", **text)
        axes.annotate(f"{row.mean:.1f}", (1.02, y), **text)
    axes.set(xlim=(0, _largest([row.high for row in rows])), ylim=(len(rows) - 0.5, -0.5))
    axes.set_yticks([])
    axes.grid(axis="x")


def histogram(title: str, unit: str, samples: Mapping[str, Sequence[float]]) -> Plot:
    """Plot how often values occur, as shares of each sample, with bars side by side.

    Args:
        title: the caption.
        unit: the unit of the values.
        samples: name → values, none of them negative; the first has the model's color.
    """
    with _figure(HEIGHT) as (figure, axes):
        draw_histogram(axes, samples)
        axes.set_xlabel(unit)
        return _plot(title, figure)


def draw_histogram(axes: "Axes", samples: Mapping[str, Sequence[float]]) -> None:
    """Draw what `histogram` describes."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    largest = _largest([value for values in samples.values() for value in values])
    # A little more, as the upper edge of a bin is outside of it.
    edges = MaxNLocator(BINS, steps=[1, 2, 5, 10]).tick_values(0, largest * (1 + 1e-9))
    axes.hist(
        list(samples.values()),
        bins=edges,
        weights=[[1 / len(values)] * len(values) for values in samples.values()],
        color=[_COLORS[_kind(i)] for i in range(len(samples))],
        label=list(samples),
        rwidth=0.9,
    )
    axes.set_xlim(edges[0], edges[-1])
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.grid(axis="y")
    _add_legend(axes)


def interval_lines(
    title: str, unit: str, places: Sequence[str], rows: Mapping[str, Sequence[Interval]]
) -> Plot:
    """Plot intervals side by side, with a line through the means of each row.

    Args:
        title: the caption.
        unit: the unit of `places`.
        places: the label of each position.
        rows: name → an interval for each position; the first has the model's color.
    """
    with _figure(HEIGHT) as (figure, axes):
        draw_interval_lines(axes, rows)
        axes.set_xticks(range(len(places)), places)
        axes.set_xlabel(unit)
        return _plot(title, figure)


def draw_interval_lines(axes: "Axes", rows: Mapping[str, Sequence[Interval]]) -> None:
    """Draw what `interval_lines` describes."""
    for i, (name, row) in enumerate(rows.items()):
        kind = _kind(i)
        x = [position + 0.06 * i for position in range(len(row))]
        line = {"label": name, "linestyle": "--" if i else "-", **_MARKS[kind]}
        axes.plot(x, [interval.mean for interval in row], color=_COLORS[kind], **line)
        lows, highs = [interval.low for interval in row], [interval.high for interval in row]
        axes.vlines(x, lows, highs, color=_COLORS[kind])
    highest = _largest([interval.high for row in rows.values() for interval in row])
    axes.set_ylim(0, 1.05 * highest)
    axes.grid(axis="y")
    _add_legend(axes)


def _kind(position: int) -> str:
    """Return how a series is drawn; the first one is the model's."""
    return "other" if position else "model"


def _largest(values: Sequence[float]) -> float:
    """Return the largest value; 1 if all are about 0, so that an axis has a length."""
    largest = max(values, default=0.0)
    return largest if largest > 1e-6 else 1.0


def _add_legend(axes: "Axes") -> None:
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0)


@contextmanager
def _figure(height: float) -> Iterator[tuple["Figure", "Axes"]]:
    """Give a figure and its axes in the style of the page."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        yield figure, figure.subplots()


def _plot(title: str, figure: "Figure") -> Plot:
    """Return a figure as SVG that can stand in a page with others."""
    file = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(file, format="svg", transparent=True, metadata=nothing)
    text = file.getvalue()
    (view_box,) = re.findall(r'<svg [^>]*?viewBox="([\d. ]+)"', text)
    body = text[text.index(">", text.index("<svg ")) + 1 : text.rindex("</svg>")]
    # A style element would apply to the whole page, and the ids of groups repeat in other plots.
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", body, flags=re.S)
    body = re.sub(r'<g id="[^"]*"', "<g", body).replace(f"'{_FONT}'", "system-ui")
    body = re.sub("|".join(_VARIABLES), lambda match: _VARIABLES[match[0]], body)
    return Plot(title, view_box, Markup(body.strip()))
