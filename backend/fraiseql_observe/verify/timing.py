"""Grafana's arithmetic of time: `now-15m`, intervals, and how wide one point of a panel is.

All intervals are whole milliseconds. The ladder of round intervals, the safe number of points and the definition of
`$__rate_interval` are those of Grafana 10 to 13 and its Prometheus data source.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from fraiseql_observe.errors import VerifyError

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
UNITS = {
    "ms": 1,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
    "d": DAY,
    "w": 7 * DAY,
    "M": 30 * DAY,
    "y": 365 * DAY,
}
# (upper bound of the raw width, round width): below the bound, the round width is taken.
LADDER = (
    (10, 1), (15, 10), (35, 20), (75, 50), (150, 100), (350, 200), (750, 500),
    (1500, SECOND), (3500, 2 * SECOND), (7500, 5 * SECOND), (12_500, 10 * SECOND), (17_500, 15 * SECOND),
    (25_000, 20 * SECOND), (45_000, 30 * SECOND),
    (90_000, MINUTE), (210_000, 2 * MINUTE), (450_000, 5 * MINUTE), (750_000, 10 * MINUTE), (1_050_000, 15 * MINUTE),
    (1_500_000, 20 * MINUTE), (2_700_000, 30 * MINUTE),
    (5_400_000, HOUR), (9_000_000, 2 * HOUR), (16_200_000, 3 * HOUR), (32_400_000, 6 * HOUR), (DAY, 12 * HOUR),
    (7 * DAY, DAY), (21 * DAY, 7 * DAY), (42 * DAY, 30 * DAY),
)  # fmt: skip
LONGEST = 365 * DAY
SAFE_POINTS = 11_000  # Prometheus refuses a range query of more points

_INTERVAL = re.compile(r"^(\d+(?:\.\d+)?)(ms|[smhdwMy])?$")
_MOMENT = re.compile(r"^now((?:[+-]\d+[smhdwMy])*)(?:/([smhdwMy]))?$")
_OFFSET = re.compile(r"([+-]\d+)([smhdwMy])")


@dataclass(frozen=True, slots=True)
class Window:
    """A range of time, both ends in UTC and aware."""

    start: datetime
    end: datetime

    @property
    def milliseconds(self) -> int:
        return round((self.end - self.start).total_seconds() * 1000)

    def shifted(self, milliseconds: int) -> Window:
        """The same range, so much earlier."""
        by = timedelta(milliseconds=milliseconds)
        return Window(self.start - by, self.end - by)


def parse_interval(text: str) -> int:
    """Milliseconds of `15s`, `1m`, `500ms`; a bare number is seconds.

    Raises:
        VerifyError: it is none of these.
    """
    match = _INTERVAL.match(text.strip())
    if not match:
        raise VerifyError(f"`{text}` is not an interval.", hint="write a number and a unit, such as 15s, 1m or 2h")
    return round(float(match[1]) * UNITS[match[2] or "s"])


def format_interval(milliseconds: int) -> str:
    """`1m`, `2h`, `3d`: the largest unit that fits, rounded down, as Grafana writes `$__interval`."""
    for unit, size in (("y", UNITS["y"]), ("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND)):
        if milliseconds >= size:
            return f"{milliseconds // size}{unit}"
    return f"{max(milliseconds, 1)}ms"


def exact_interval(milliseconds: int) -> str:
    """A PromQL duration of exactly so many milliseconds."""
    return f"{milliseconds // SECOND}s" if milliseconds % SECOND == 0 else f"{milliseconds}ms"


def round_interval(milliseconds: float) -> int:
    """The round width nearest to a raw one."""
    place = bisect_right([bound for bound, _ in LADDER], milliseconds)
    return LADDER[place][1] if place < len(LADDER) else LONGEST


def interval_for(window: Window, points: int, at_least: int) -> int:
    """How many milliseconds one point covers when a panel of so many points shows the window."""
    return max(round_interval(window.milliseconds / max(points, 1)), at_least)


def step_for(window: Window, points: int, at_least: int) -> int:
    """The step of a range query: as `interval_for`, but never so small that Prometheus refuses."""
    return max(interval_for(window, points, at_least), round_interval(window.milliseconds / SAFE_POINTS))


def rate_interval(interval: int, scrape: int) -> int:
    """`$__rate_interval`: long enough that a rate always finds two samples."""
    return max(interval + scrape, 4 * scrape)


def parse_moment(text: str, now: datetime, edge: Literal["start", "end"] = "start") -> datetime:
    """`now`, `now-15m`, `now-1d/d`, or an ISO 8601 time; `/d` rounds down for a start and up for an end.

    Raises:
        VerifyError: it is none of these.
    """
    match = _MOMENT.match(text.strip())
    if not match:
        return _absolute(text)
    moment = now
    for amount, unit in _OFFSET.findall(match[1]):
        moment += timedelta(milliseconds=int(amount) * UNITS[unit])
    return _rounded(moment, match[2], edge) if match[2] else moment


def parse_window(start: str, end: str, now: datetime) -> Window:
    """The window between two moments.

    Raises:
        VerifyError: one of them is malformed, or the end is not after the start.
    """
    window = Window(parse_moment(start, now, "start"), parse_moment(end, now, "end"))
    if window.end <= window.start:
        raise VerifyError(f"The range from `{start}` to `{end}` is empty.", hint="give the earlier end first")
    return window


def _absolute(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise VerifyError(
            f"`{text}` is not a time.", hint="write now-15m, now-6h, now/d or 2030-01-31T08:00:00Z"
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _rounded(moment: datetime, unit: str, edge: Literal["start", "end"]) -> datetime:
    start = _floor(moment, unit)
    return start if edge == "start" else _next(start, unit) - timedelta(milliseconds=1)


def _floor(moment: datetime, unit: str) -> datetime:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    floors = {
        "s": moment.replace(microsecond=0),
        "m": moment.replace(second=0, microsecond=0),
        "h": moment.replace(minute=0, second=0, microsecond=0),
        "d": midnight,
        "w": midnight - timedelta(days=midnight.isoweekday() % 7),  # Grafana's weeks begin on Sunday by default
        "M": midnight.replace(day=1),
        "y": midnight.replace(month=1, day=1),
    }
    return floors[unit]


def _next(start: datetime, unit: str) -> datetime:
    if unit == "y":
        return start.replace(year=start.year + 1)
    if unit == "M":
        return (start + timedelta(days=32)).replace(day=1)
    return start + timedelta(milliseconds=UNITS[unit])
