"""The length of an interval for a period, and where its axis is labelled: round times, in UTC. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median_low
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Longer periods are read from roll-ups, in whole hours; still longer ones in whole days.
ROWS_UP_TO, HOURS_UP_TO = timedelta(hours=6), timedelta(days=7)
# The interval for periods up to a length: such that each column can be told from its neighbour on paper.
_BUCKETS = (("1m", 2), ("2m", 4), ("5m", 6), ("1h", 7 * 24), ("1d", 366 * 24), ("7d", 5 * 366 * 24))  # hours
_LONGEST = "28d"
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_NAMES = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))
_TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200, 10080)  # minutes
_LABELS = 8  # at most
_SHORT = timedelta(hours=36)
_LONG = timedelta(days=58)


def length(bucket: str) -> timedelta:
    """How long an interval such as `15m` is."""
    return int(bucket[:-1]) * _UNITS[bucket[-1]]


def bucket(start: datetime, end: datetime) -> str:
    """The interval that fits a period."""
    hours = (end - start) / timedelta(hours=1)
    return next((each for each, most in _BUCKETS if hours <= most), _LONGEST)


def grain(start: datetime, end: datetime) -> timedelta | None:
    """The steps in which roll-ups are read for a period, when it does not begin and end at such a step."""
    if end - start <= ROWS_UP_TO:
        return None
    step = timedelta(hours=1) if end - start <= HOURS_UP_TO else timedelta(days=1)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return step if (start - epoch) % step or (end - epoch) % step else None


def step(times: Sequence[datetime], asked: timedelta) -> timedelta:
    """How long an interval of an answer really is: as far as its moments are apart, or as was asked."""
    apart = [after - before for before, after in pairwise(sorted(set(times)))]
    return max(median_low(apart), asked) if apart else asked


def named(length: timedelta) -> str:
    """An interval in words: `1 hour`, `15 minutes`."""
    unit, size = next(((unit, size) for unit, size in _NAMES if length % size == timedelta(0)), _NAMES[-1])
    count = round(length / size)
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def ticks(start: datetime, end: datetime) -> list[tuple[datetime, str]]:
    """Round times of the period with their labels, at most about `_LABELS`."""
    if end - start > _LONG:
        return _months(start, end)
    minutes = next((each for each in _TICKS if (end - start) / timedelta(minutes=each) <= _LABELS), _TICKS[-1])
    step = timedelta(minutes=minutes)
    shape = "%H:%M" if end - start <= _SHORT and step < timedelta(days=1) else "%d %b"
    shape = "%d %b %H:%M" if shape == "%d %b" and step < timedelta(days=1) else shape
    return [(at, at.strftime(shape)) for at in _stepped(start, end, step)]


def _stepped(start: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    at = epoch + -((epoch - start) // step) * step
    while at <= end:
        yield at
        at += step


def _months(start: datetime, end: datetime) -> list[tuple[datetime, str]]:
    months = (end.year - start.year) * 12 + end.month - start.month
    step = next((each for each in (1, 2, 3, 6, 12) if months / each <= _LABELS), 24)
    first = start.year * 12 + start.month  # the month after the one in which the period begins
    found = []
    for month in range(first, end.year * 12 + end.month):
        at = datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
        if month % step == 0 and at <= end:
            found.append((at, at.strftime("%b %Y")))
    return found
