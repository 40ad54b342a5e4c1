"""Time as Grafana computes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraiseql_observe.errors import VerifyError
from fraiseql_observe.verify.timing import (
    LADDER,
    LONGEST,
    Window,
    exact_interval,
    format_interval,
    interval_for,
    parse_interval,
    parse_moment,
    parse_window,
    rate_interval,
    round_interval,
    step_for,
)

NOW = datetime(2030, 5, 15, 13, 14, 15, 161_718, UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("15s", 15_000),
        ("500ms", 500),
        ("1m", 60_000),
        ("2h", 7_200_000),
        ("1d", 86_400_000),
        ("30", 30_000),
        ("1.5s", 1500),
    ],
)
def test_intervals_are_read(text, milliseconds):
    assert parse_interval(text) == milliseconds


@pytest.mark.parametrize("text", ["", "soon", "1x", "-1s", "1 2s"])
def test_what_is_no_interval(text):
    with pytest.raises(VerifyError, match="is not an interval"):
        parse_interval(text)


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "1ms"),
        (999, "999ms"),
        (15_000, "15s"),
        (90_000, "1m"),
        (7_200_000, "2h"),
        (259_200_000, "3d"),
        (LONGEST, "1y"),
    ],
)
def test_intervals_are_written_in_their_largest_unit(milliseconds, text):
    assert format_interval(milliseconds) == text


def test_exact_intervals_lose_nothing():
    assert exact_interval(90_000) == "90s"
    assert exact_interval(1500) == "1500ms"


def test_the_ladder_rises_and_has_no_gap():
    bounds = [bound for bound, _ in LADDER]
    assert bounds == sorted(bounds)
    for bound, width in LADDER:
        assert round_interval(bound - 0.5) == width
        assert round_interval(bound) > width
    assert round_interval(bounds[-1]) == LONGEST


@pytest.mark.parametrize(("span", "points", "interval"), [("15m", 960, "15s"), ("6h", 960, "20s"), ("7d", 960, "10m")])
def test_the_interval_follows_the_width_of_the_panel(span, points, interval):
    window = parse_window(f"now-{span}", "now", NOW)
    assert format_interval(interval_for(window, points, 15_000)) == interval


def test_a_step_is_never_so_small_that_prometheus_refuses():
    window = parse_window("now-30d", "now", NOW)
    assert interval_for(window, 10**9, 1) == 1
    assert window.milliseconds / step_for(window, 10**9, 1) <= 11_000


def test_a_rate_spans_four_scrapes_or_a_point_and_a_scrape():
    assert rate_interval(15_000, 15_000) == 60_000
    assert rate_interval(300_000, 15_000) == 315_000


@pytest.mark.parametrize(
    ("text", "edge", "moment"),
    [
        ("now", "start", NOW),
        ("now-15m", "start", NOW - timedelta(minutes=15)),
        ("now-1d+2h", "start", NOW - timedelta(hours=22)),
        ("now/s", "start", datetime(2030, 5, 15, 13, 14, 15, tzinfo=UTC)),
        ("now/m", "start", datetime(2030, 5, 15, 13, 14, tzinfo=UTC)),
        ("now/h", "start", datetime(2030, 5, 15, 13, tzinfo=UTC)),
        ("now/d", "start", datetime(2030, 5, 15, tzinfo=UTC)),
        ("now/w", "start", datetime(2030, 5, 12, tzinfo=UTC)),
        ("now/M", "start", datetime(2030, 5, 1, tzinfo=UTC)),
        ("now/y", "start", datetime(2030, 1, 1, tzinfo=UTC)),
        ("now-1d/d", "end", datetime(2030, 5, 14, 23, 59, 59, 999_000, UTC)),
        ("now/M", "end", datetime(2030, 5, 31, 23, 59, 59, 999_000, UTC)),
        ("now/y", "end", datetime(2030, 12, 31, 23, 59, 59, 999_000, UTC)),
        ("2030-05-15T10:00:00Z", "start", datetime(2030, 5, 15, 10, tzinfo=UTC)),
        ("2030-05-15T10:00:00+02:00", "start", datetime(2030, 5, 15, 8, tzinfo=UTC)),
        ("2030-05-15", "start", datetime(2030, 5, 15, tzinfo=UTC)),
    ],
)
def test_moments(text, edge, moment):
    assert parse_moment(text, NOW, edge) == moment


def test_what_is_no_moment_or_no_range():
    with pytest.raises(VerifyError, match="is not a time"):
        parse_moment("yesterday", NOW)
    with pytest.raises(VerifyError, match="is empty"):
        parse_window("now", "now-1h", NOW)


@given(st.integers(1, 10**12), st.integers(1, 5000), st.integers(1, 10**7))
def test_a_step_is_at_least_what_is_asked_and_bounds_the_points(milliseconds, points, at_least):
    window = Window(NOW, NOW + timedelta(milliseconds=milliseconds))
    step = step_for(window, points, at_least)
    assert step >= at_least
    assert window.milliseconds / step <= 22_000  # rounding may double the safe number of points, never more
