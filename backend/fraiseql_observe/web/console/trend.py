"""The metric behind an incident as a line: from points to the path of an SVG, and to a sentence. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fraiseql_observe.notify.units import readable
from fraiseql_observe.web.console.words import span

if TYPE_CHECKING:
    from fraiseql_observe.incident.message import Trend

WIDTH, HEIGHT, MARGIN = 600, 80, 3


@dataclass(frozen=True, slots=True)
class Line:
    """`path` is an SVG path within WIDTH x HEIGHT; `threshold` the height of its line, None without one.

    `said` is the line in words, for those who do not see it.
    """

    path: str
    threshold: float | None
    said: str


def line(trend: Trend | None) -> Line | None:
    """The line of a trend; None when there are too few points to draw one."""
    if trend is None or len(trend.points) < 2:  # noqa: PLR2004
        return None
    times = [at for at, _ in trend.points]
    values = [value for _, value in trend.points]
    shown = values if trend.threshold is None else [*values, trend.threshold]
    low, high = min(shown), max(shown)

    def x(at: float) -> float:
        return (at - times[0]) / ((times[-1] - times[0]) or 1) * WIDTH

    def y(value: float) -> float:
        return HEIGHT - MARGIN - (value - low) / ((high - low) or 1) * (HEIGHT - 2 * MARGIN)

    path = "L".join(f"{x(at):.1f} {y(value):.1f}" for at, value in trend.points)
    return Line("M" + path, None if trend.threshold is None else round(y(trend.threshold), 1), _said(trend))


def _said(trend: Trend) -> str:
    (began, first), (ended, last) = trend.points[0], trend.points[-1]
    words = f"From {readable(first, trend.unit)} to {readable(last, trend.unit)} within {span(ended - began)}"
    return words if trend.threshold is None else f"{words}; the threshold is {readable(trend.threshold, trend.unit)}"
