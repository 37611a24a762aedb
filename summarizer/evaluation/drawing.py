"""Draws what a report says as SVG: scores with their intervals, distributions, scores by length.

Pure: numbers and names become markup, all text escaped. Colours are classes of the page that holds
the drawing; what belongs to whom is told by shape and place, too.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

WIDTH, LEFT, RIGHT = 640, 150, 50  # of a drawing, its names and its numbers
LINE, FOOT = 24, 40  # of a row, and of the axis below
TALL = 200  # of a plot that is no list of rows
BINS = 20


class Whisker(NamedTuple):
    """A number with its interval.

    Attributes:
        name: what it is of.
        mean: the number.
        low: lower end.
        high: upper end.
        kind: "own", "other" or "bound": how it is drawn.
    """

    name: str
    mean: float
    low: float
    high: float
    kind: str = "other"


def whiskers(title: str, rows: Sequence[Whisker]) -> str:
    """Draw a row for each number, all on one axis from 0."""
    ticks = _ticks(_most(row.high for row in rows))
    height = LINE * len(rows) + FOOT
    marks = [_across(tick, ticks, height) for tick in ticks]
    for i, row in enumerate(rows):
        y = LINE * i + LINE / 2
        low, x, high = (_x(value, ticks) for value in (row.low, row.mean, row.high))
        marks += [
            _text(LEFT - 8, y + 4, row.name, "end", row.kind),
            _line(low, y, high, y, row.kind),
            _line(low, y - 5, low, y + 5, row.kind),
            _line(high, y - 5, high, y + 5, row.kind),
            _point(x, y, row.kind),
            _text(WIDTH - RIGHT + 8, y + 4, f"{row.mean:.1f}", "start", row.kind),
        ]
    return _svg(title, height, marks)


def histogram(title: str, unit: str, series: Mapping[str, Sequence[float]]) -> str:
    """Draw how often values are how large, as shares of each series; bars side by side.

    Args:
        title: what it is.
        unit: of the values, at least 0.
        series: name → values; the first one is drawn as "own".
    """
    most = _most(value for values in series.values() for value in values)
    step = _step(most, BINS)
    edges: npt.NDArray[np.float64] = step * np.arange(math.floor(most / step) + 2.0)
    shares = [np.histogram(v, edges)[0] / max(len(v), 1) for v in series.values()]
    top, height = max(float(share.max()) for share in shares), TALL + 2 * FOOT
    places = edges / edges[-1] * (WIDTH - LEFT - RIGHT) + LEFT
    wide = (places[1] - places[0]) / len(shares)
    marks = [_legend(list(series))]
    marks += [_text(x, FOOT + TALL + 16, f"{e:g}") for x, e in _sparse(places, edges)]
    marks += _upright([0.0, top / 2, top], top, "{:.0%}")
    marks.append(_text((LEFT + WIDTH - RIGHT) / 2, height - 6, unit))
    for i, share in enumerate(shares):
        for x, part in zip(places[:-1] + i * wide, share, strict=True):
            tall = TALL * float(part) / max(top, 1e-9)
            marks.append(
                f'<rect class="{_kind(i)}" x="{x + 0.5:.1f}" y="{FOOT + TALL - tall:.2f}" '
                f'width="{max(wide - 1, 0.5):.1f}" height="{tall:.2f}"/>'
            )
    return _svg(title, height, marks)


def steps(
    title: str, unit: str, names: Sequence[str], series: Mapping[str, Sequence[Whisker]]
) -> str:
    """Draw numbers with their intervals one after the other, joined by a line in each series.

    Args:
        title: what it is.
        unit: of the axis along which they stand.
        names: where they stand.
        series: name → a number for each place; the first one is drawn as "own".
    """
    ticks = _ticks(_most(one.high for row in series.values() for one in row))
    height, apart = TALL + 2 * FOOT, (WIDTH - LEFT - RIGHT) / max(len(names), 1)
    middles = [LEFT + apart * (i + 0.5) for i in range(len(names))]
    marks = [_legend(list(series)), *_upright(ticks, ticks[-1], "{:g}")]
    marks += [_text(x, FOOT + TALL + 16, name) for x, name in zip(middles, names, strict=True)]
    marks.append(_text((LEFT + WIDTH - RIGHT) / 2, height - 6, unit))
    for i, row in enumerate(series.values()):
        kind, path = _kind(i), list[str]()
        for middle, one in zip(middles, row, strict=True):
            x = middle + 6 * i
            low, y, high = (_y(value, ticks[-1]) for value in (one.low, one.mean, one.high))
            path.append(f"{x:.1f},{y:.1f}")
            marks += [_line(x, low, x, high, kind), _point(x, y, kind)]
        marks.append(f'<polyline class="{kind}" points="{" ".join(path)}"/>')
    return _svg(title, height, marks)


def _svg(title: str, height: float, marks: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img"><title>{escape(title)}</title>'
        f"{''.join(marks)}</svg>"
    )


def _kind(i: int) -> str:
    return "other" if i else "own"


def _legend(names: Sequence[str]) -> str:
    """The names of series, above a plot, each after its mark."""
    marks, x = "", float(LEFT)
    for i, name in enumerate(names):
        marks += _point(x + 6, 14, _kind(i)) + _text(x + 16, 18, name, "start")
        x += 40 + 8 * len(name)
    return marks


def _upright(ticks: Sequence[float], top: float, form: str) -> list[str]:
    """The lines and numbers of an axis that goes up to `top`."""
    marks = []
    for tick in ticks:
        y = _y(tick, top)
        marks.append(_line(LEFT, y, WIDTH - RIGHT, y, "grid"))
        marks.append(_text(LEFT - 8, y + 4, form.format(tick), "end"))
    return marks


def _across(tick: float, ticks: Sequence[float], height: float) -> str:
    """A line of an axis that goes to the right, and its number below."""
    x = _x(tick, ticks)
    return _line(x, 0, x, height - FOOT, "grid") + _text(x, height - FOOT + 16, f"{tick:g}")


def _x(value: float, ticks: Sequence[float]) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * value / ticks[-1]


def _y(value: float, top: float) -> float:
    return FOOT + TALL * (1 - value / max(top, 1e-9))


def _most(values: Iterable[float]) -> float:
    """The largest of values; 1 where all are as good as 0."""
    most = max(values, default=0.0)
    return most if most > 1e-6 else 1.0


def _step(most: float, parts: int) -> float:
    """The least of 1, 2, 5, 10, ... (tenths too) that reaches so far in so many parts."""
    least = most / parts
    ten = 10.0 ** math.floor(math.log10(least))
    return next(ten * digit for digit in (1, 2, 5, 10) if ten * digit >= least * (1 - 1e-9))


def _ticks(most: float) -> list[float]:
    """Round numbers from 0 to at least `most`."""
    step = _step(most, 5)
    return [round(step * i, 9) for i in range(math.ceil(most / step - 1e-9) + 1)]


def _sparse(
    places: npt.NDArray[np.float64], values: npt.NDArray[np.float64]
) -> list[tuple[float, float]]:
    """Every so many of the pairs, so that their numbers have room."""
    apart = max(1, len(values) // 8)
    return [(float(x), round(float(v), 9)) for x, v in zip(places, values, strict=True)][::apart]


def _line(x: float, y: float, to_x: float, to_y: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}"/>'


def _point(x: float, y: float, kind: str) -> str:
    if kind == "own":
        return f'<circle class="own" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
    return f'<rect class="{kind}" x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"/>'


def _text(x: float, y: float, text: str, anchor: str = "middle", kind: str = "") -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
    )
