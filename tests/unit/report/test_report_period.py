"""Intervals and ticks of a period."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraiseql_observe.report import period

START = datetime(2026, 3, 1, 10, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(minutes=15), "1m"),
        (timedelta(hours=6), "5m"),
        (timedelta(hours=7), "1h"),
        (timedelta(days=7), "1h"),
        (timedelta(days=31), "1d"),
        (timedelta(days=366), "1d"),
        (timedelta(days=367), "7d"),
        (timedelta(days=3660), "28d"),
    ],
)
def test_the_interval_fits_the_period(length, expected):
    assert period.bucket(START, START + length) == expected


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=15), "15 minutes"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=7), "7 days"),
        (timedelta(hours=36), "36 hours"),
        (timedelta(seconds=90), "2 minutes"),
    ],
)
def test_an_interval_in_words(length, said):
    assert period.named(length) == said


def test_an_interval_is_as_long_as_the_answer_says():
    hour, day = timedelta(hours=1), timedelta(days=1)
    assert period.step([], hour) == hour
    assert period.step([START], hour) == hour
    assert period.step([START, START + hour, START + 9 * hour, START + 10 * hour], hour) == hour
    assert period.step([START, START, START + day, START + 2 * day], hour) == day
    assert period.step([START, START + timedelta(minutes=1)], hour) == hour


def labels(length):
    return [text for _, text in period.ticks(START, START + length)]


def test_ticks_are_round_times_with_as_much_date_as_they_need():
    assert labels(timedelta(minutes=30)) == ["10:10", "10:15", "10:20", "10:25", "10:30", "10:35"]
    assert labels(timedelta(hours=24))[:2] == ["12:00", "15:00"]
    assert labels(timedelta(days=3))[:2] == ["01 Mar 12:00", "02 Mar 00:00"]
    assert labels(timedelta(days=31))[0] == "03 Mar"
    assert labels(timedelta(days=150)) == ["Apr 2026", "May 2026", "Jun 2026", "Jul 2026"]
    assert labels(timedelta(days=3660))[:2] == ["Jan 2028", "Jan 2030"]


@given(st.timedeltas(timedelta(minutes=1), timedelta(days=4000)), st.integers(0, 10**6))
def test_ticks_lie_in_the_period_and_are_few(length, minutes):
    start = START + timedelta(minutes=minutes)
    ticks = [at for at, _ in period.ticks(start, start + length)]
    assert len(ticks) <= 10
    assert all(start <= at <= start + length for at in ticks)
    assert ticks == sorted(set(ticks))


def test_whether_a_period_is_read_in_larger_steps_than_its_own():
    hour, day = timedelta(hours=1), timedelta(days=1)
    midnight = START.replace(hour=0, minute=0)
    assert period.grain(START, START + 6 * hour) is None
    assert period.grain(START, START + 7 * hour) == hour
    assert period.grain(midnight, midnight + 7 * hour) is None
    assert period.grain(midnight + hour, midnight + 8 * day) == day
    assert period.grain(midnight, midnight + 8 * day + timedelta(seconds=1)) == day
    assert period.grain(midnight, midnight + 31 * day) is None
