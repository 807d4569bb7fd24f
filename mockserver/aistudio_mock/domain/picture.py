"""A picture of the curves, as SVG, for those who have no TensorBoard at hand."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from math import isfinite

from msgspec import Struct

_WIDTH, _LEFT, _RIGHT = 720, 70, 20
_HEIGHT, _GAP, _TOP = 220, 60, 50
_MOST_POINTS = 400
"""More would not be seen."""

_COLOURS = ("#4e79a7", "#e15759", "#59a14f", "#b07aa1", "#f28e2b", "#76b7b2")
_TICKS = 5


class Curve(Struct, frozen=True):
    """A named series of values by step."""

    name: str
    steps: Sequence[int]
    values: Sequence[float]


class Chart(Struct, frozen=True):
    """Curves over the same axes."""

    title: str
    curves: Sequence[Curve]


def svg(title: str, charts: Sequence[Chart], last_step: int) -> str:
    """The charts, one below the other, from step 0 to `last_step`; a run that goes on leaves room."""
    height = _TOP + len(charts) * (_HEIGHT + _GAP)
    drawn = "".join(
        _chart(chart, last_step, _TOP + number * (_HEIGHT + _GAP)) for number, chart in enumerate(charts)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="12" fill="#333">\n'
        f'<rect width="100%" height="100%" fill="white"/>\n{_text(_LEFT, 24, title, size=15)}{drawn}</svg>\n'
    )


def _chart(chart: Chart, last_step: int, top: int) -> str:
    finite = [value for curve in chart.curves for value in curve.values if isfinite(value)]
    highest = max(finite, default=0.0) or 1.0
    parts = [_text(_LEFT, top - 8, chart.title), *_grid(highest, last_step, top)]
    for number, curve in enumerate(chart.curves):
        colour = _COLOURS[number % len(_COLOURS)]
        points = " ".join(
            f"{_across(step, last_step):.1f},{_down(value, highest, top):.1f}"
            for step, value in _thinned(curve)
            if isfinite(value)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>\n')
        label_x = _WIDTH - _RIGHT - 110 * (len(chart.curves) - number)
        parts.append(_text(label_x, top - 8, f"— {curve.name}", colour=colour))
    return "".join(parts)


def _grid(highest: float, last_step: int, top: int) -> list[str]:
    """Lines at even values, their numbers on the left; the steps below."""
    parts = []
    for tick in range(_TICKS):
        value = highest * tick / (_TICKS - 1)
        y = _down(value, highest, top)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>\n')
        parts.append(_text(_LEFT - 8, y + 4, f"{value:.3g}", anchor="end"))
        step = last_step * tick // (_TICKS - 1)
        parts.append(_text(_across(step, last_step), top + _HEIGHT + 18, str(step), anchor="middle"))
    return parts


def _across(step: int, last_step: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * step / last_step


def _down(value: float, highest: float, top: int) -> float:
    return top + _HEIGHT * (1 - value / highest)


def _thinned(curve: Curve) -> list[tuple[int, float]]:
    """Evenly spread points of the curve, the last of them included."""
    points = list(zip(curve.steps, curve.values, strict=True))
    bounds = [len(points) * number // _MOST_POINTS for number in range(_MOST_POINTS + 1)]
    return [points[end - 1] for begin, end in pairwise(bounds) if begin < end]


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", colour: str = "#333", size: int = 12
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">'
        f"{escape(text)}</text>\n"
    )
