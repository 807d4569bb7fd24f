"""Values as HTML, for notebooks: tables, and curves as inline SVG. Whatever comes from outside is escaped."""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aistudio_client._metrics import Metrics, Point

_WIDTH, _HEIGHT, _MARGIN = 560, 180, 34
_FRAME = "fill='none' stroke='#ccc'"
_COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#ff7f0e", "#9467bd")


def table(title: str, fields: Sequence[tuple[str, Any]]) -> str:
    """A value, a row a field."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th><td>{escape(_text(value))}</td></tr>"
        for name, value in fields
    )
    return f"<table><caption>{escape(title)}</caption>{rows}</table>"


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def curves(metrics: "Metrics") -> str:
    """Every loss in one picture, with its last value; all curves where none is a loss."""
    losses = {name: points for name, points in metrics.curves.items() if "loss" in name}
    chosen = losses or dict(metrics.curves)
    if not chosen:
        return f"<p>{escape(metrics.tuning_id)}: no curves yet</p>"
    every = [one for points in chosen.values() for one in points]
    steps = (min(one.step for one in every), max(one.step for one in every))
    values = (min(one.value for one in every), max(one.value for one in every))
    lines = "".join(
        _line(points, steps, values, _COLOURS[index % len(_COLOURS)])
        for index, points in enumerate(chosen.values())
    )
    legend = " · ".join(
        f"<span style='color:{_COLOURS[index % len(_COLOURS)]}'>{escape(name)}</span> {points[-1].value:.4g}"
        for index, (name, points) in enumerate(chosen.items())
    )
    return (
        f"<div>{escape(metrics.tuning_id)}<br><svg viewBox='0 0 {_WIDTH} {_HEIGHT}' width='{_WIDTH}'>"
        f"<rect x='{_MARGIN}' y='4' width='{_WIDTH - _MARGIN - 4}' height='{_HEIGHT - 24}' {_FRAME}/>"
        f"{lines}{_labels(steps, values)}</svg><br>{legend}</div>"
    )


def _line(points: "Sequence[Point]", steps: tuple[int, int], values: tuple[float, float], colour: str) -> str:
    places = " ".join(
        f"{_MARGIN + _share(one.step, steps) * (_WIDTH - _MARGIN - 4):.1f},"
        f"{4 + (1 - _share(one.value, values)) * (_HEIGHT - 24):.1f}"
        for one in points
    )
    return f"<polyline points='{places}' fill='none' stroke='{colour}' stroke-width='1.5'/>"


def _labels(steps: tuple[int, int], values: tuple[float, float]) -> str:
    style = "font-size='9' fill='#666'"
    return (
        f"<text x='0' y='12' {style}>{values[1]:.3g}</text>"
        f"<text x='0' y='{_HEIGHT - 22}' {style}>{values[0]:.3g}</text>"
        f"<text x='{_MARGIN}' y='{_HEIGHT - 6}' {style}>{steps[0]}</text>"
        f"<text x='{_WIDTH - 4}' y='{_HEIGHT - 6}' text-anchor='end' {style}>{steps[1]}</text>"
    )


def _share(value: float, span: tuple[float, float]) -> float:
    width = span[1] - span[0]
    return (value - span[0]) / width if width else 0.5
