"""Business hours, also where the clock leaps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraiseql_observe.errors import ConfigError
from fraiseql_observe.incident.hours import parse

PARIS = ZoneInfo("Europe/Paris")


def paris(text):
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


OFFICE = parse(["mon-fri 09:00-18:00"], "Europe/Paris")


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-03-02T09:00", "2026-03-02T09:00"),  # a Monday
        ("2026-03-02T17:59", "2026-03-02T17:59"),
        ("2026-03-02T18:00", "2026-03-03T09:00"),
        ("2026-03-02T08:59", "2026-03-02T09:00"),
        ("2026-03-06T18:00", "2026-03-09T09:00"),  # over the weekend
        ("2026-03-28T12:00", "2026-03-30T09:00"),  # and the clock leaps forward on the 29th
        ("2026-10-24T12:00", "2026-10-26T09:00"),  # and falls back on the 25th
    ],
)
def test_they_open_on_local_time(at, opens):
    assert OFFICE.next_open(paris(at)) == paris(opens)
    assert OFFICE.is_open(paris(at)) is (at == opens)


def test_a_span_over_midnight_and_one_over_the_weekend():
    night = parse(["fri-mon 22:00-06:00"], "UTC")
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    assert night.is_open(monday + timedelta(hours=5, minutes=59))
    assert not night.is_open(monday + timedelta(hours=6))
    assert night.next_open(monday + timedelta(hours=6)) == monday + timedelta(hours=22)
    assert night.is_open(monday + timedelta(days=1, hours=5))
    assert night.next_open(monday + timedelta(days=1, hours=6)) == monday + timedelta(days=4, hours=22)


def test_a_whole_day():
    sunday = parse(["sun 00:00-24:00"])
    assert sunday.is_open(datetime(2026, 3, 1, tzinfo=UTC))
    assert sunday.is_open(datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC))
    assert not sunday.is_open(datetime(2026, 3, 2, tzinfo=UTC))


def test_closed_dates_however_many():
    days = [(datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=day)).date().isoformat() for day in range(30)]
    closed = parse(["mon 09:00-10:00"], "UTC", days)
    assert closed.next_open(datetime(2026, 3, 1, tzinfo=UTC)) == datetime(2026, 4, 6, 9, tzinfo=UTC)


def test_a_time_that_the_clock_leaps_over_and_one_that_comes_twice():
    leapt = parse(["sun 02:30-04:00"], "Europe/Paris")
    assert leapt.next_open(paris("2026-03-29T00:00")) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 03:30 there
    twice = parse(["sun 02:30-04:00"], "Europe/Paris")
    assert twice.next_open(paris("2026-10-25T00:00")) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - made aware below
    st.sampled_from(["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "UTC"]),
)
def test_what_opens_is_open_and_not_before(moment, zone):
    hours = parse(["mon-fri 09:00-18:00", "sat 10:00-14:00", "sun 23:00-01:00"], zone, ["2026-12-25"])
    at = moment.replace(tzinfo=UTC)
    opens = hours.next_open(at)
    assert at <= opens <= at + timedelta(days=5)
    assert hours.is_open(opens)
    assert opens == at or not hours.is_open(opens - timedelta(minutes=1))


@pytest.mark.parametrize(
    ("spans", "zone", "closed", "why"),
    [
        ([], "UTC", [], "never open"),
        (["monday 9-18"], "UTC", [], "no span"),
        (["mon-xyz 09:00-18:00"], "UTC", [], "no span"),
        (["mon 09:00-25:00"], "UTC", [], "no day has"),
        (["mon 09:60-10:00"], "UTC", [], "no day has"),
        (["mon 09:00-18:00"], "Mars/Olympus", [], "no time zone"),
        (["mon 09:00-18:00"], "../etc/passwd", [], "no time zone"),
        (["mon 09:00-18:00"], "UTC", ["25.12.2026"], "no date"),
    ],
)
def test_what_is_malformed_is_refused(spans, zone, closed, why):
    with pytest.raises(ConfigError, match=why):
        parse(spans, zone, closed)
