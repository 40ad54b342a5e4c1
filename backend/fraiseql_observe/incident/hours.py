"""Business hours: spans of local time on days of the week, with holidays, across changes of the clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fraiseql_observe.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"\s*([a-z]{3})(?:\s*-\s*([a-z]{3}))?\s+(\d\d?:\d\d)\s*-\s*(\d\d?:\d\d)\s*")
_DAY = timedelta(days=1)
_MIDNIGHT = 24 * 60


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to `end` (exclusive) in minutes of the day, on each of `days` (Monday is 0).

    An end at or before its start is on the next day.
    """

    days: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hours:
    """`timezone` is an IANA name; a span that begins on a `closed` date is closed."""

    spans: tuple[Span, ...]
    timezone: str = "UTC"
    closed: tuple[date, ...] = ()

    def is_open(self, at: datetime) -> bool:
        return self.next_open(at) == at

    def next_open(self, at: datetime) -> datetime:
        """Return `at` when it is within the hours, else when they begin next (UTC)."""
        today = at.astimezone(ZoneInfo(self.timezone)).date()
        # A span that began yesterday may still be open; only closed dates can put off the next one by over a week.
        days = (today + _DAY * ahead for ahead in range(-1, len(DAYS) + 1 + len(self.closed)))
        beginnings = [max(start, at) for day in days for start, end in self._on(day) if end > at]
        return min(beginnings)

    def _on(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        if day in self.closed:
            return
        for span in self.spans:
            if day.weekday() in span.days:
                last = day + _DAY if span.end <= span.start else day
                yield self._moment(day, span.start), self._moment(last, span.end)

    def _moment(self, day: date, minutes: int) -> datetime:
        """A time that the clock leaps over is as late as if it had not leapt; one that comes twice is the first."""
        if minutes == _MIDNIGHT:
            day, minutes = day + _DAY, 0
        local = datetime.combine(day, time(minutes // 60, minutes % 60), ZoneInfo(self.timezone))
        return local.astimezone(UTC)


def parse(spans: Iterable[str], timezone: str = "UTC", closed: Iterable[str] = ()) -> Hours:
    """Read hours as the configuration has them: `mon-fri 09:00-18:00`.

    Raises:
        ConfigError: a span, the time zone or a date is malformed, or they would never open.
    """
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(f"{timezone!r} is no time zone.", hint="Use an IANA name, as Europe/Paris.") from error
    read = tuple(_span(text) for text in spans)
    if not read:
        raise ConfigError("Business hours without a span would never open.", hint="open: ['mon-fri 09:00-18:00']")
    return Hours(read, timezone, tuple(_date(text) for text in closed))


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text.lower())
    first, last = (found[1], found[2] or found[1]) if found else ("", "")
    if not found or first not in DAYS or last not in DAYS:
        raise ConfigError(f"{text!r} is no span of business hours.", hint="Write it as 'mon-fri 09:00-18:00'.")
    begin, count = DAYS.index(first), (DAYS.index(last) - DAYS.index(first)) % len(DAYS) + 1
    days = tuple((begin + ahead) % len(DAYS) for ahead in range(count))
    return Span(days, _minutes(found[3], text), _minutes(found[4], text))


def _minutes(text: str, span: str) -> int:
    hours, minutes = map(int, text.split(":"))
    if hours * 60 + minutes > _MIDNIGHT or minutes >= 60:  # noqa: PLR2004 - minutes of an hour
        raise ConfigError(f"{span!r} has a time that no day has: {text}.", hint="Times go from 00:00 to 24:00.")
    return hours * 60 + minutes


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no date.", hint="Write it as 2026-12-25.") from error
