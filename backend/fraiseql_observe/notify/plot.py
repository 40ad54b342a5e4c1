"""Where everything of a metric's picture goes: points, ticks and breaches in a square from 0 to 1. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from fraiseql_observe.incident.message import COMPARISONS
from fraiseql_observe.notify.units import readable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fraiseql_observe.incident.message import Trend

Point = tuple[float, float]

LARGEST, SMALLEST = 1e15, 1e-12  # numbers beyond are drawn at the edge, or as 0
CURRENT = 60  # seconds for which a value is still that of now
GAP = 3.5  # usual distances between points that make a hole in the line
Y_TICKS, X_TICKS = 4, 6
MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360)


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    """All places from 0 to 1, left to right and bottom to top; `runs` are lines without holes.

    `breaches` are the parts of them on the wrong side of the threshold; `base` is where 0 is, or the lower edge;
    `current` says whether the newest point is of now.
    """

    runs: tuple[tuple[Point, ...], ...]
    breaches: tuple[tuple[Point, ...], ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    newest: Point
    current: bool
    breached: bool
    threshold: float | None
    started: float | None
    base: float


def plot(trend: Trend, *, started: float | None, now: float) -> Plot:
    """Lay the trend out; times in seconds since the epoch."""
    points = [(at, _clamped(value)) for at, value in trend.points]
    threshold = None if trend.threshold is None else _clamped(trend.threshold)
    low, high, ticks = _scale([value for _, value in points], threshold, trend.unit)
    first, last = points[0][0], max(now, points[-1][0])

    def x(at: float) -> float:
        return (at - first) / (last - first) if last > first else 1.0

    def y(value: float) -> float:
        return (value - low) / (high - low)

    level = None if threshold is None else y(threshold)
    runs = tuple(tuple((x(at), y(value)) for at, value in run) for run in _runs(points))
    breach = COMPARISONS.get(trend.operator)
    return Plot(
        runs=runs,
        breaches=tuple(_breaches(runs, level, trend.operator)) if level is not None else (),
        x_ticks=tuple(Tick(x(at), label) for at, label in _times(first, last)),
        y_ticks=tuple(Tick(y(value), readable(value, trend.unit)) for value in ticks),
        newest=runs[-1][-1],
        current=now - points[-1][0] <= max(CURRENT, GAP * _usual(points)),
        breached=bool(breach and threshold is not None and breach(points[-1][1], threshold)),
        threshold=level,
        started=x(started) if started is not None and first < started < last else None,
        base=min(max(y(0), 0), 1),
    )


def _clamped(value: float) -> float:
    return 0.0 if abs(value) < SMALLEST else min(max(value, -LARGEST), LARGEST)


def _scale(values: Sequence[float], threshold: float | None, unit: str) -> tuple[float, float, list[float]]:
    """Lowest and highest value shown, with room at the top, and the round values between."""
    shown = [*values, *([] if threshold is None else [threshold])]
    low, high = min(shown), max(shown)
    if 0 <= low <= high * 0.7 or (high - low <= abs(high) * 1e-6 and low > 0):
        low = 0.0
    elif low < 0 <= high and -low < high * 0.05:
        low = -high * 0.05
    if high - low <= abs(high) * 1e-9:
        low, high = low - (abs(low) or 1) * 0.5, high + (abs(high) or 1) * 0.5
    step = _round_step((high - low) / Y_TICKS, unit)
    lowest = math.floor(low / step + 1e-9) * step if low >= 0 else low
    highest = max(high + (high - low) * 0.06, lowest + step)
    first = math.ceil(lowest / step - 1e-9)
    last = math.floor(highest / step + 1e-9)
    return lowest, highest, [index * step for index in range(first, last + 1)]


def _round_step(step: float, unit: str) -> float:
    """The next of 1, 2, 5, 10, ... in the unit's own counting."""
    base = 1.0
    if unit.startswith("bytes"):
        base = 1024.0 ** max(0, math.floor(math.log(step, 1024)))
    elif unit == "seconds" and step > 30:  # noqa: PLR2004  minutes from here on
        base = next(size for size in (86400.0, 3600.0, 60.0) if step > size / 2)
    magnitude = 10.0 ** math.floor(math.log10(step / base))
    return next(base * magnitude * each for each in (1, 2, 5, 10, 20) if base * magnitude * each >= step * 0.999)


def _runs(points: Sequence[Point]) -> Iterator[list[Point]]:
    """The points, cut where many are missing."""
    usual = _usual(points)
    run = [points[0]]
    for before, after in pairwise(points):
        if after[0] - before[0] > GAP * usual:
            yield run
            run = []
        run.append(after)
    yield run


def _usual(points: Sequence[Point]) -> float:
    """Seconds between two points."""
    return median([after[0] - before[0] for before, after in pairwise(points)]) if len(points) > 1 else 0


def _breaches(runs: Sequence[Sequence[Point]], level: float, compared: str) -> Iterator[tuple[Point, ...]]:
    """The parts of the lines where the comparison is true, cut where they cross the threshold."""
    breach = COMPARISONS.get(compared)
    if breach is None:
        return
    for run in runs:
        part: list[Point] = []
        for point in _with_crossings(run, level):
            if breach(point[1], level) or (part and point[1] == level):
                part.append(point)
                continue
            if len(part) > 1:
                yield tuple(part)
            part = [point] if point[1] == level else []
        if len(part) > 1:
            yield tuple(part)


def _with_crossings(run: Sequence[Point], level: float) -> Iterator[Point]:
    yield run[0]
    for (x, y), (to_x, to_y) in pairwise(run):
        if (y - level) * (to_y - level) < 0:
            yield x + (to_x - x) * (level - y) / (to_y - y), level
        yield to_x, to_y


def _times(first: float, last: float) -> Iterator[tuple[float, str]]:
    """Round times, and how they are written; none near the edges."""
    minutes = next((each for each in MINUTES if (last - first) / 60 / each <= X_TICKS), MINUTES[-1])
    step = minutes * 60
    at = math.ceil(first / step) * step
    while at <= last:
        if 0.02 <= (at - first) / max(last - first, 1) <= 0.93:  # noqa: PLR2004  "UTC" is at the right edge
            yield at, f"{datetime.fromtimestamp(at, UTC):%H:%M}"
        at += step
